-- What a message does to earlier documents, and how urgent it is.
ALTER TABLE envelope
    ADD COLUMN doc_type text NOT NULL DEFAULT 'new',        -- new, recall, update or replace
    ADD COLUMN about text[] NOT NULL DEFAULT '{}',          -- DocumentIds that it recalls, updates or replaces
    ADD COLUMN tolerated text[] NOT NULL DEFAULT '{}';      -- how it departs from the schema (lenient reading)

-- `work` is the last status of the work itself; `status` may be a request's (13, 15, 16). A document given back is
-- withdrawn: nothing more is reported of it.
ALTER TABLE delivery
    ADD COLUMN priority smallint NOT NULL DEFAULT 0,
    ADD COLUMN work text NOT NULL DEFAULT '',
    ADD COLUMN withdrawn boolean NOT NULL DEFAULT false;
DROP INDEX delivery_waiting;
CREATE INDEX delivery_waiting ON delivery (installation, priority DESC, accepted_at) WHERE received_at IS NULL;

-- A recall, update or replacement asks each addressee of the document it is about; the answer is 15 or 16.
CREATE TABLE change_request (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document text NOT NULL,
    addressee text NOT NULL,
    message text NOT NULL REFERENCES envelope,
    doc_type text NOT NULL,
    answer text NOT NULL DEFAULT '',
    UNIQUE (document, addressee, message)
);
