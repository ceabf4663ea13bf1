-- Whether the signatures of a filed document held when it was filed: 'valid', 'invalid', 'unknown'; '' for none, and ours.
ALTER TABLE filing ADD COLUMN held text NOT NULL DEFAULT '';
