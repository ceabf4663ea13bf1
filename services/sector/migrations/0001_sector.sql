-- Pupils enrolled through school management (SYS-VNEDU).
CREATE TABLE enrolment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school text NOT NULL,
    pupil text NOT NULL,
    parent text NOT NULL,
    parent_known boolean NOT NULL,
    at timestamptz NOT NULL,
    request_key text NOT NULL
);

-- Visits to health facilities, with the insurance check that decides who pays (SYS-HIS).
CREATE TABLE visit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    facility text NOT NULL,
    patient text NOT NULL,
    insured boolean NOT NULL,
    at timestamptz NOT NULL,
    request_key text NOT NULL
);
