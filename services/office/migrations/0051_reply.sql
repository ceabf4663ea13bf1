-- DocumentId of the incoming document that a draft answers; '' for none.
ALTER TABLE document ADD COLUMN answers text NOT NULL DEFAULT '';
CREATE INDEX document_answers ON document (agency, answers) WHERE answers <> '';
