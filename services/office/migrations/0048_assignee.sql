-- Account of the specialist whom an incoming document was assigned to; '' for nobody in particular.
ALTER TABLE incoming ADD COLUMN assignee text NOT NULL DEFAULT '';
