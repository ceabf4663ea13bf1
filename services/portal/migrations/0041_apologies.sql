-- What agencies have promised again in their apologies; the paper itself stays with the one-stop.
CREATE TABLE apology (
    code text NOT NULL REFERENCES dossier,
    at timestamptz NOT NULL,
    again_at timestamptz NOT NULL,
    PRIMARY KEY (code, at)
);
