-- Papers on their way from a post office to an agency (SYS-POST); what was handed in with them stands in `submission`.
CREATE TABLE intake (
    parcel text PRIMARY KEY REFERENCES submission,
    office text NOT NULL,
    handed_over text NOT NULL,              -- JSON: what the agency's province is told on delivery
    accepted_at timestamptz NOT NULL,
    delivered_at timestamptz
);
