-- Papers of other systems that were sealed with an agency's certificate: for whom, in which call, what came out.
CREATE TABLE sealing (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    subject text NOT NULL,
    consumer text NOT NULL,
    call text NOT NULL,
    digest text NOT NULL,
    at timestamptz NOT NULL
);
