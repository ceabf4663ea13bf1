-- Every cross-system call, written down before it is passed on: who, whom, what, why, when.
CREATE TABLE call_begun (
    call uuid PRIMARY KEY,
    consumer text NOT NULL,
    provider text NOT NULL,
    operation text NOT NULL,
    purpose text NOT NULL,
    request_digest text NOT NULL,
    trace text NOT NULL,
    started_at timestamptz NOT NULL
);

-- How it ended, written before the caller is answered. A call without this row was cut off by the LGSP's own death.
CREATE TABLE call_ended (
    call uuid PRIMARY KEY REFERENCES call_begun,
    outcome text NOT NULL CHECK (outcome IN ('answered', 'refused', 'unreachable', 'interrupted')),
    status smallint NOT NULL,
    duration_ms real NOT NULL
);
