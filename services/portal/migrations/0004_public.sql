-- Asking people before a service goes online (SYS-CONSULT); `level` is what it would be raised to.
CREATE TABLE consultation (
    procedure text NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 2 AND 4),
    question text NOT NULL,
    opened_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (procedure, level)
);
CREATE TABLE opinion (
    procedure text NOT NULL,
    level smallint NOT NULL,
    account text NOT NULL,
    wants boolean NOT NULL,
    comment text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (procedure, level, account),
    FOREIGN KEY (procedure, level) REFERENCES consultation
);

-- Levels that were changed since the catalogue was given, by a consultation or by taking a hollow service back.
CREATE TABLE published_level (
    procedure text PRIMARY KEY,
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 4),
    at timestamptz NOT NULL
);

-- What people say about the services, on the portal and elsewhere.
CREATE TABLE feedback (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('portal', 'facebook', 'zalo', 'phone', 'email')),
    agency text NOT NULL DEFAULT '',
    text text NOT NULL,
    at timestamptz NOT NULL,
    answer text,
    answered_at timestamptz,
    request_key text NOT NULL
);

-- Money given back: one refund an order (SYS-PAY).
CREATE TABLE refund (
    "order" text PRIMARY KEY REFERENCES payment,
    code text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL,
    at timestamptz NOT NULL
);

-- Holding the payment platform's book against our own, order by order.
CREATE TABLE reconciliation (
    at timestamptz PRIMARY KEY,
    orders integer NOT NULL,
    paid_here bigint NOT NULL,
    paid_there bigint NOT NULL,
    refunded_here bigint NOT NULL,
    refunded_there bigint NOT NULL,
    differences jsonb NOT NULL
);

ALTER TABLE drift DROP CONSTRAINT drift_what_check,
    ADD CHECK (what IN ('code', 'level', 'fee', 'deadline', 'steps'));
