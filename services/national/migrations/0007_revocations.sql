-- Signing certificates that were revoked; `at` is official time.
CREATE TABLE revocation (
    serial text PRIMARY KEY,                -- hexadecimal
    holder text NOT NULL,                   -- agency code or account
    reason text NOT NULL,
    at timestamptz NOT NULL
);
