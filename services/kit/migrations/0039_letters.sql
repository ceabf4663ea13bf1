-- What is on its way is read once and deleted: compressing a long body costs more than the space is worth.
ALTER TABLE outbox ALTER COLUMN body SET STORAGE EXTERNAL;
