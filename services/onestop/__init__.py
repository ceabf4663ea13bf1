"""Một cửa: reception, examination, decision and return of dossiers, with deadlines in working time."""
