-- Money returned to payers, one refund an order.
CREATE TABLE payment_refund (
    "order" text PRIMARY KEY REFERENCES payment_order,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL,
    at timestamptz NOT NULL
);

-- What the nation has changed in its catalogue since it was given (TRB-UNBOUND-CATALOGUE): null takes a procedure out.
CREATE TABLE catalogue_change (
    procedure text PRIMARY KEY,
    change jsonb
);
