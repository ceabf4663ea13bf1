-- The way of a dossier through other agencies (một cửa liên thông): one row for each agency that was asked, with a
-- deadline of its own, who asked it and who answered.
CREATE TABLE referral (
    code text NOT NULL REFERENCES dossier,
    step integer NOT NULL, -- place in the procedure's route, from 1
    agency text NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    due_at timestamptz NOT NULL,
    chosen text, -- the agency that was named where a tier has several
    answered_at timestamptz,
    answered_by text,
    opinion text CHECK (opinion IN ('agree', 'disagree')),
    note text,
    PRIMARY KEY (code, step)
);
CREATE INDEX referral_desk ON referral (agency) WHERE answered_at IS NULL;
