-- Somebody signed in with a browser. `id` is the SHA-256 of the cookie, so that who reads this table has no session.
-- Times are the machine's: a session ages in real time, whatever day the province has.
CREATE TABLE session (
    id bytea PRIMARY KEY,
    account text NOT NULL,
    name text NOT NULL,
    assurance smallint NOT NULL,
    token text NOT NULL,
    person jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX session_age ON session (used_at);

-- A form that somebody has begun to fill in. `code` is the dossier it became.
CREATE TABLE draft (
    id text PRIMARY KEY,
    applicant text NOT NULL,
    procedure text NOT NULL,
    agency text NOT NULL DEFAULT '',
    company text NOT NULL DEFAULT '',
    delivery text NOT NULL DEFAULT '',
    answers jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL,
    code text REFERENCES dossier
);
CREATE INDEX draft_of ON draft (applicant) WHERE code IS NULL;

-- Files handed in. `owner` is a draft's id, then the dossier's code.
CREATE TABLE attachment (
    id text PRIMARY KEY,
    owner text NOT NULL,
    paper text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    size integer NOT NULL,
    digest text NOT NULL,
    content bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX attachment_of ON attachment (owner);
ALTER TABLE attachment ALTER COLUMN content SET STORAGE EXTERNAL;

-- How many fields of a form the registers filled in, and how many the applicant did (TRB-NO-SHARING: nothing typed twice).
ALTER TABLE dossier ADD COLUMN fields_saved smallint, ADD COLUMN fields_typed smallint, ADD COLUMN mandate text,
    ADD COLUMN wanted text;  -- what the one-stop has asked its applicant for
-- Where an order can be paid, for who comes back later.
ALTER TABLE payment ADD COLUMN pay_url text;
CREATE INDEX dossier_of ON dossier (applicant) WHERE applicant IS NOT NULL;

ALTER TABLE event DROP CONSTRAINT event_event_check,
    ADD CHECK (event IN ('submitted', 'supplemented', 'payment_started', 'withdrawn'));
