-- What an outgoing document does to an earlier one of ours: nothing ('new'), recall, update or replace.
ALTER TABLE document
    ADD COLUMN doc_type text NOT NULL DEFAULT 'new',
    ADD COLUMN amends text NOT NULL DEFAULT '',             -- DocumentId of the earlier one
    ADD COLUMN reason text NOT NULL DEFAULT '';

ALTER TABLE received
    ADD COLUMN doc_type text NOT NULL DEFAULT 'new',
    ADD COLUMN about text[] NOT NULL DEFAULT '{}';          -- DocumentIds that it recalls, updates or replaces
CREATE INDEX received_about ON received USING gin (about) WHERE about <> '{}';

-- `pending` is the message whose request waits for our answer; until then nothing else happens to the document.
ALTER TABLE incoming ADD COLUMN pending text NOT NULL DEFAULT '';

-- Requests to give a document back or to take a change, as they reached one of our agencies.
CREATE TABLE change_request (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    document text NOT NULL,
    message text NOT NULL,
    doc_type text NOT NULL,
    answer text NOT NULL DEFAULT '',                        -- status that answered it; '-' when there was nothing to ask
    UNIQUE (agency, document, message)
);
