-- What the insurance was declared by the provinces' schools, health facilities and agencies, the newest for each month.
CREATE TABLE declaration (
    system text NOT NULL,
    site text NOT NULL,
    month date NOT NULL,
    people integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (system, site, month)
);
