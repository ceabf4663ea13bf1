-- The form of the seal, for the report and for people: SHA-1 is accepted in the older era and told as weak.
ALTER TABLE envelope
    ADD COLUMN profile text NOT NULL DEFAULT 'xmldsig',             -- xmldsig or xades
    ADD COLUMN algorithm text NOT NULL DEFAULT 'ECDSA-SHA256',
    ADD COLUMN weak boolean NOT NULL DEFAULT false;
