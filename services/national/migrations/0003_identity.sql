-- The nation's sign-in (OpenID Connect). Times are the machine's. The key that signs identity tokens is made once.
CREATE TABLE identity_key (
    id text PRIMARY KEY,
    private text NOT NULL
);

-- Who may have people sent back, and where to; entered by the systems themselves, whom the LGSP vouches for.
CREATE TABLE identity_client (
    client text PRIMARY KEY,
    redirect_uri text NOT NULL
);

-- Codes handed to browsers: used once, within a minute. `id` is the SHA-256 of the code.
CREATE TABLE identity_code (
    id bytea PRIMARY KEY,
    account text NOT NULL,
    client text NOT NULL,
    redirect_uri text NOT NULL,
    challenge text NOT NULL,
    nonce text NOT NULL,
    assurance smallint NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

-- Second steps that wait: the one-time code that the simulated telephone got.
CREATE TABLE identity_step (
    id text PRIMARY KEY,
    account text NOT NULL,
    code text NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT now()
);
