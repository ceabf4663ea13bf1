-- Which request gave a delegation (law 5 looks for it).
ALTER TABLE delegation ADD COLUMN request_key text NOT NULL DEFAULT '';
