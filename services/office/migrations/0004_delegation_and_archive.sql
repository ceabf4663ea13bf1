-- A leader who is away lets a colleague act in his stead for a while (official time).
CREATE TABLE delegation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    leader text NOT NULL,
    deputy text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    given_at timestamptz NOT NULL
);
CREATE INDEX delegation_deputy ON delegation (deputy, until);

ALTER TABLE document ADD COLUMN in_stead_of text NOT NULL DEFAULT '';   -- the leader for whom a deputy signed

-- Documents in the agency's archive. `paper`: also as paper, though the electronic document is the original.
CREATE TABLE filing (
    agency text NOT NULL,
    document text NOT NULL,
    direction text NOT NULL,                -- 'outgoing' or 'incoming'
    paper boolean NOT NULL,
    signed text NOT NULL,                   -- how it was signed: 'digital' or 'paper'
    pages integer NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    request_key text NOT NULL,
    PRIMARY KEY (agency, document)
);
