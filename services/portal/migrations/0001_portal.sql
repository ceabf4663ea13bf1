-- A moment as the books write it: RFC 3339 in Việt Nam's time, whatever the database's own time zone is.
CREATE FUNCTION moment(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
RETURN to_char(at AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD"T"HH24:MI:SS.US"+07:00"');

-- Dossiers numbered online for an agency on a day; from 5001, so that they never meet the one-stop's own.
CREATE TABLE counter (
    agency text NOT NULL,
    day date NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (agency, day)
) WITH (fillfactor = 50);

-- Every dossier that can be tracked. Those from a counter become known by their one-stop's news and have no applicant
-- here. `supplemented_seq` is the request for a supplement that has been answered last.
CREATE TABLE dossier (
    code text PRIMARY KEY,
    procedure text NOT NULL,
    agency text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('online', 'counter')),
    state text NOT NULL,
    seq integer NOT NULL,
    fee bigint NOT NULL,
    delivery text,
    applicant text,
    company text,
    submitted_at timestamptz,
    due_at timestamptz,
    result text,
    digest text,
    supplemented_seq integer,
    request_key text
) WITH (fillfactor = 70);

-- The states a dossier has gone through, for tracking.
CREATE TABLE step (
    code text NOT NULL,
    seq integer NOT NULL,
    state text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (code, seq)
);

-- What citizens did. `request_key` is their Idempotency-Key.
CREATE TABLE event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL REFERENCES dossier,
    event text NOT NULL CHECK (event IN ('submitted', 'supplemented', 'payment_started')),
    at timestamptz NOT NULL,
    request_key text NOT NULL
);

-- What applicants filled in: the form, and supplements.
CREATE TABLE form (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL REFERENCES dossier,
    content bytea NOT NULL,
    at timestamptz NOT NULL
);

-- Orders at the payment platform, one a dossier (SYS-PAY).
CREATE TABLE payment (
    "order" text PRIMARY KEY,
    code text NOT NULL UNIQUE REFERENCES dossier,
    amount bigint NOT NULL CHECK (amount > 0),
    status text NOT NULL CHECK (status IN ('pending', 'paid')),
    request_key text NOT NULL,
    created_at timestamptz NOT NULL,
    paid_at timestamptz
);

-- What applicants thought of the service, once a dossier.
CREATE TABLE rating (
    code text PRIMARY KEY REFERENCES dossier,
    score smallint NOT NULL CHECK (score BETWEEN 1 AND 5),
    request_key text NOT NULL,
    at timestamptz NOT NULL
);

-- Where the province's catalogue differs from the national one (SYS-TTHC-DB, TRB-UNBOUND-CATALOGUE), and when the two
-- were last held against each other.
CREATE TABLE drift (
    procedure text NOT NULL,
    what text NOT NULL CHECK (what IN ('code', 'level', 'fee')),
    here text NOT NULL,
    there text NOT NULL,
    PRIMARY KEY (procedure, what)
);
CREATE TABLE comparison (
    at timestamptz NOT NULL,
    procedures integer NOT NULL,
    drifted integer NOT NULL
);
