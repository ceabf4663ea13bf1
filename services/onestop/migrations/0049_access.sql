-- Who looked at what of a dossier, which holds personal data; looks that were refused as well.
CREATE TABLE access (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    account text NOT NULL,
    what text NOT NULL,                     -- dossier, receipt, apology, result, files, file or archive
    allowed boolean NOT NULL,
    at timestamptz NOT NULL
);
