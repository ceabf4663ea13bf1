-- Results as papers with the agency's signature (PAdES), each made when it was first asked for and then kept.
CREATE TABLE result_paper (
    code text PRIMARY KEY REFERENCES dossier,
    content bytea NOT NULL,
    digest text NOT NULL,
    at timestamptz NOT NULL
);

-- Closed dossiers in the archive: who handed over, and a digest over all that the dossier consists of.
CREATE TABLE archived (
    code text PRIMARY KEY REFERENCES dossier,
    agency text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    request_key text NOT NULL,
    records integer NOT NULL,
    digest text NOT NULL
);
