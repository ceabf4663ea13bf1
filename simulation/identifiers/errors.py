"""What all identifiers share: the error, and the first look at a text."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.text import Text


class IdentifierError(ValueError):
    """The text is no valid identifier; `problems` lists all that is wrong, each with the way out."""

    def __init__(self, text: str, problems: Sequence[Text]) -> None:
        """Keep the text that was given and every problem found in it."""
        self.text = text
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.en for problem in problems))


def raise_if(text: str, problems: Sequence[Text]) -> None:
    """Raise IdentifierError when there is a problem."""
    if problems:
        raise IdentifierError(text, problems)


def digits_problem(text: str, length: int, what: Text) -> list[Text]:
    """Say so where the text is not exactly `length` ASCII digits."""
    if text.isascii() and text.isdigit() and len(text) == length:
        return []
    found = f"“{text}”"
    return [
        Text(
            f"{what.vi} phải gồm đúng {length} chữ số, không có dấu cách hay dấu chấm; đang là {found}.",
            f"A {what.en} is exactly {length} digits, without spaces or dots; found {found}.",
        )
    ]
