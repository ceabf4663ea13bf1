"""Bids: an offer as a file, run against its own promises, judged with reasons, packed so that nobody can change it."""
