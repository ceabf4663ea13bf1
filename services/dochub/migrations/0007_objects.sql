-- Large texts are objects beside the database, named by `digest`; their row has no text, but says how long it is.
ALTER TABLE envelope
    ALTER COLUMN xml DROP NOT NULL,
    ADD COLUMN bytes integer,
    ADD CONSTRAINT envelope_text_somewhere CHECK ((xml IS NULL) = (bytes IS NOT NULL));
