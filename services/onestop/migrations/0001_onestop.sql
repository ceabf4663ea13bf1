-- A moment as the books write it: RFC 3339 in Việt Nam's time, whatever the database's own time zone is.
CREATE FUNCTION moment(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
RETURN to_char(at AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS.US"+07:00"');

-- Dossiers numbered by an agency on a day at its counter.
CREATE TABLE counter (
    agency text NOT NULL,
    day date NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (agency, day)
) WITH (fillfactor = 50);

-- One application under a procedure, as its receiving agency handles it (SYS-ONESTOP). `open` follows `state` and
-- changes only once, so that most updates need not touch the desk's index.
CREATE TABLE dossier (
    code text PRIMARY KEY,
    procedure text NOT NULL,
    agency text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('online', 'counter')),
    delivery text NOT NULL CHECK (delivery IN ('counter', 'online', 'post')),
    applicant_number text NOT NULL,
    applicant_name text NOT NULL,
    company text,
    fee bigint NOT NULL CHECK (fee >= 0),
    paid bigint NOT NULL DEFAULT 0,
    state text NOT NULL CHECK (state IN
        ('submitted', 'received', 'awaiting_supplement', 'examined', 'approved', 'rejected', 'posted', 'returned')),
    seq integer NOT NULL,
    open boolean NOT NULL DEFAULT true,
    submitted_at timestamptz,
    received_at timestamptz,
    due_at timestamptz,
    paused_at timestamptz,
    proposal text,
    result text,
    digest text
) WITH (fillfactor = 70);
CREATE INDEX dossier_desk ON dossier (agency) WHERE open;

-- Every act on a dossier and the state it led to. `request_key` is the client's Idempotency-Key.
CREATE TABLE event (
    code text NOT NULL REFERENCES dossier,
    seq integer NOT NULL,
    event text NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    request_key text,
    note text,
    PRIMARY KEY (code, seq)
);

-- Fees taken at the counter, and those that the payment platform took.
CREATE TABLE payment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL REFERENCES dossier,
    kind text NOT NULL CHECK (kind IN ('online', 'cash')),
    amount bigint NOT NULL CHECK (amount > 0),
    "order" text UNIQUE,
    request_key text,
    at timestamptz NOT NULL
);
CREATE INDEX payment_of ON payment (code);

-- What applicants have handed in: the form, and supplements.
CREATE TABLE paper (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL REFERENCES dossier,
    kind text NOT NULL CHECK (kind IN ('form', 'supplement')),
    content bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX paper_of ON paper (code);

-- Results handed to the post.
CREATE TABLE parcel (
    parcel text PRIMARY KEY,
    code text NOT NULL REFERENCES dossier,
    sent_at timestamptz NOT NULL,
    delivered_at timestamptz
);
CREATE INDEX parcel_of ON parcel (code);
