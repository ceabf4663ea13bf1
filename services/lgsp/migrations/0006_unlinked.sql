-- When an administrator unlinked a system: its row stays, so that what the LGSP is placed with does not link it again.
ALTER TABLE system ADD COLUMN unlinked_at timestamptz;
