"""The numbers that citizens, companies and vehicles go by: what each is made of, and what is wrong with one.

Every module has `problems(text) -> list[Text]` (all that is wrong, in both languages; empty when nothing is),
`validate(text)` (raises IdentifierError), and most have `parse(text)` (raises IdentifierError) and a vectorised maker.
Codes of agencies, in both forms, are in `simulation.agency_code`.
"""

from __future__ import annotations

from simulation.identifiers.errors import IdentifierError

__all__ = ["IdentifierError"]
