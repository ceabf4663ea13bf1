-- Outgoing documents, from draft to issue. `draft` numbers are the office's own; `document` is given on issue.
CREATE TABLE document (
    draft bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,                     -- the document as people read it; what a leader signs
    addressees text[] NOT NULL,
    priority smallint NOT NULL,
    author text NOT NULL,                   -- account of the specialist
    state text NOT NULL DEFAULT 'draft',
    signed text NOT NULL DEFAULT '',        -- '', 'digital' or 'paper'
    signer text NOT NULL DEFAULT '',        -- account, where signed digitally
    signature bytea,                        -- ContentSignature as JSON, where signed digitally
    pages integer NOT NULL DEFAULT 1,
    document text UNIQUE,
    issued_at timestamptz,
    xml text                                -- the signed envelope, exactly as it was sent
);
CREATE INDEX document_desk ON document (agency, state);

-- Envelopes taken over from the hub, once each, however many of our agencies they are addressed to.
CREATE TABLE received (
    document text PRIMARY KEY,
    sender text NOT NULL,
    sender_name text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    xml text NOT NULL
);

-- The incoming document of one agency. `seq` counts the statuses it has reported, 01 being the first.
CREATE TABLE incoming (
    agency text NOT NULL,
    document text NOT NULL REFERENCES received,
    arrived_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'arrived',
    status text NOT NULL DEFAULT '01',
    seq integer NOT NULL DEFAULT 1,
    number integer,                         -- in the incoming register, once registered
    PRIMARY KEY (agency, document)
);
CREATE INDEX incoming_desk ON incoming (agency, state);

-- Every act of a person on a document, outgoing (with draft) or incoming (without).
CREATE TABLE event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    draft bigint,
    document text NOT NULL DEFAULT '',
    agency text NOT NULL,
    event text NOT NULL,
    actor text NOT NULL,
    detail text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    request_key text NOT NULL
);
CREATE INDEX event_draft ON event (draft);
CREATE INDEX event_document ON event (document) WHERE draft IS NULL;

-- Last number given in a book ('outgoing' or 'incoming') of an agency in a year.
CREATE TABLE register (
    agency text NOT NULL,
    book text NOT NULL,
    year integer NOT NULL,
    number integer NOT NULL,
    PRIMARY KEY (agency, book, year)
);

-- Latest status that each addressee of our documents has reported, as the hub tells it.
CREATE TABLE outgoing_status (
    document text NOT NULL,
    addressee text NOT NULL,
    status text NOT NULL,
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (document, addressee)
);

-- How far the statuses for an installation have been read from the hub.
CREATE TABLE status_cursor (
    installation text PRIMARY KEY,
    number bigint NOT NULL
);

CREATE TABLE poll (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    installation text NOT NULL,
    at timestamptz NOT NULL,
    fetched integer NOT NULL,
    request_key text NOT NULL
);
