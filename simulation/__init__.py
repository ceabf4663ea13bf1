"""The province that does not exist: people, arrivals, journeys, plan and virtual time; pure and seeded."""
