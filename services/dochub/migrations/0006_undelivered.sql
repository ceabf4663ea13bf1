-- Envelopes that the hub has refused, for people to look at and to take after all once the cause is gone. Only the
-- newest are kept, and no text longer than the code says: what nobody vouches for must not fill the disk.
CREATE TABLE refused_envelope (
    digest text PRIMARY KEY,                -- SHA-256 of the text, hexadecimal
    xml text,                               -- NULL: too long to be kept; its sender has it
    bytes integer NOT NULL,
    reason text NOT NULL,
    times integer NOT NULL DEFAULT 1,
    refused_at timestamptz NOT NULL         -- the last time
);
ALTER TABLE refused_envelope ALTER COLUMN xml SET STORAGE EXTERNAL;
CREATE INDEX refused_envelope_newest ON refused_envelope (refused_at);

-- Installations that envelopes are pushed to as soon as they are accepted; all others ask for theirs.
CREATE TABLE push_installation (
    installation text PRIMARY KEY
);
