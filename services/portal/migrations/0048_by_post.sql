-- What was handed in at a post office (SYS-POST).
ALTER TABLE dossier DROP CONSTRAINT dossier_channel_check;
ALTER TABLE dossier ADD CONSTRAINT dossier_channel_check CHECK (channel IN ('online', 'counter', 'post'));
