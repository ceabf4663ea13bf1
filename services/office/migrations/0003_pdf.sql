-- Issued documents as signed PDFs, each made when it was first asked for.
CREATE TABLE pdf (
    draft bigint PRIMARY KEY REFERENCES document,
    content bytea NOT NULL
);
