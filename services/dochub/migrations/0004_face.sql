-- Numbers by which the provincial document face speaks of documents; given when one is first spoken of.
CREATE TABLE edoc_number (
    doc_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    document text NOT NULL UNIQUE REFERENCES envelope
);

-- Agencies to which nothing more is sent for now.
CREATE TABLE agency_lock (
    agency text PRIMARY KEY,
    reason text NOT NULL
);
