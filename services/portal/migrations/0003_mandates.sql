-- Who may file for a company besides its director (người được ủy quyền): granted and taken back by the director.
CREATE TABLE mandate (
    company text NOT NULL,
    name text NOT NULL,
    agent text NOT NULL,
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (company, agent)
);
CREATE INDEX mandate_of ON mandate (agent);
