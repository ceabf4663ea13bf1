"""The swift worker: walks the same plan as Locust's own workers, on uvloop, under Locust's own master."""
