"""Load: Locust walks the plan's journeys against a Stack and keeps the journal; ledgers, faults and sabotages."""
