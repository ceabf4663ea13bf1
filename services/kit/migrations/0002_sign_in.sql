-- Failed attempts to sign in, by a digest of the account, in the machine's time.
CREATE TABLE sign_in_failure (
    account bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sign_in_failure_of ON sign_in_failure (account, at);
