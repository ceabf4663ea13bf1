-- What was handed in at the counter, by the names of the procedure's list of papers.
ALTER TABLE paper DROP CONSTRAINT paper_kind_check;
ALTER TABLE paper ADD CONSTRAINT paper_kind_check CHECK (kind IN ('form', 'supplement', 'counter'));
