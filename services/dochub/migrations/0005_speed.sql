-- Texts are mostly base64 of compressed files: trying to compress them again costs more than the space is worth.
ALTER TABLE envelope ALTER COLUMN xml SET STORAGE EXTERNAL;

-- A delivery is written by the statement that writes its envelope, and neither is ever deleted: looking the envelope up
-- again for every row, and locking it, buys nothing.
ALTER TABLE delivery DROP CONSTRAINT delivery_document_fkey;
