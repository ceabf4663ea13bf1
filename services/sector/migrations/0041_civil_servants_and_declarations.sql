-- Officials appointed, as the management of civil servants keeps them (SYS-CCVC).
CREATE TABLE appointment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    official text NOT NULL,
    known boolean NOT NULL,
    at timestamptz NOT NULL,
    request_key text NOT NULL
);

-- What schools, health facilities and agencies declare to the insurance once a month.
CREATE TABLE declaration (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system text NOT NULL CHECK (system IN ('vnedu', 'his', 'ccvc')),
    site text NOT NULL,
    month date NOT NULL,
    people integer NOT NULL,
    at timestamptz NOT NULL,
    request_key text NOT NULL
);
