-- Questions of the public with the provinces' answers (DongBoHoiDap), the newest answer of each.
CREATE TABLE question (
    system text NOT NULL,
    question text NOT NULL,
    channel text NOT NULL,
    agency text NOT NULL,
    said text NOT NULL,
    answer text NOT NULL,
    asked_at timestamptz NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (system, question)
);
