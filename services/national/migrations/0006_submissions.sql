-- Dossiers handed in at the national portal itself, with the code that the province gave them.
CREATE TABLE submission (
    code text PRIMARY KEY,
    account text NOT NULL,
    procedure text NOT NULL,
    agency text NOT NULL,
    at timestamptz NOT NULL,
    request_key text NOT NULL,
    province_code text
);
