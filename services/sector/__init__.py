"""Neighbours that call through the LGSP: VnEdu (schools) and HIS (health facilities)."""
