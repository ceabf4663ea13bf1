-- Contracts that an administrator has ended: what the LGSP is placed with does not bring them back at the next start.
CREATE TABLE contract_ended (
    consumer text NOT NULL,
    provider text NOT NULL,
    operation text NOT NULL,
    PRIMARY KEY (consumer, provider, operation)
);

-- Address that a system was last placed with: as long as that stays, one that an administrator has given since goes before it.
ALTER TABLE system ADD COLUMN placed_url text NOT NULL DEFAULT '';
UPDATE system SET placed_url = url WHERE placed;
