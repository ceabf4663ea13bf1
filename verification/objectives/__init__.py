"""Objectives: bounds in k6's words on what a run's journal and machine show, beside the requirement tables."""
