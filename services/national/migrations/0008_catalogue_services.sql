-- Civil status: what one-stop systems hand in for registration. `wanting` is what still has to be supplied.
CREATE TABLE civil_registration (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit text NOT NULL,
    number text NOT NULL,
    module text NOT NULL,
    received_on date NOT NULL,
    data text NOT NULL,
    wanting text[] NOT NULL,
    at timestamptz NOT NULL,
    UNIQUE (unit, number)
);

-- Criminal records: requests for a certificate. `told` is the last state that the one-stop has marked as fetched.
CREATE TABLE criminal_record_request (
    id text PRIMARY KEY,
    number text NOT NULL UNIQUE,
    unit text NOT NULL,
    asked text NOT NULL,
    at timestamptz NOT NULL,
    told integer NOT NULL DEFAULT 0,
    fetched boolean NOT NULL DEFAULT false
);

-- Records that were added to the shared code lists.
CREATE TABLE shared_list_record (
    list text NOT NULL,
    key text NOT NULL,
    record text NOT NULL,
    PRIMARY KEY (list, key)
);
