-- Texts are mostly base64 of compressed files: trying to compress them again costs more than the space is worth.
ALTER TABLE document ALTER COLUMN xml SET STORAGE EXTERNAL;
ALTER TABLE received ALTER COLUMN xml SET STORAGE EXTERNAL;
