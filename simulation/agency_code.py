"""Codes of agencies in both forms that are in use, and the way from one to the other.

Old form (QCVN 102:2016/BTTTT): `V1V2V3.Z1Z2.Y1Y2.MX1X2`, the highest level at the right; `000.00.00.H07` is the
province itself, `000.00.12.H07` one of its departments or districts, `000.05.31.H07` a commune of district 31.
New form (QĐ 20/2020/QĐ-TTg, amended by QĐ 09/2025/QĐ-TTg): the highest level at the left, `H37.02.02`, and no padding.
The exact grammar of the new form is not verified: `NEW_PART` is a setting, drawn from codes seen in public samples
(`H37.02.02`, `H37.DN.001`, `G22.99.08`).

The mapping works on the shape alone. Whether a ministry or province renumbered an agency when it moved to the new form
is not known to it.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from simulation.text import Text

Form = Literal["old", "new"]

#: Digits that the old form gives to levels 4, 3 and 2, from the left.
OLD_WIDTHS = (3, 2, 2)
#: Level 1: a letter for the kind of body (G ministry, H province) and two digits.
ROOT = re.compile(r"[A-Z][0-9]{2}")
#: What a part below level 1 may look like in the new form. Unverified (from samples): letters or digits, one to three.
NEW_PART = re.compile(r"[A-Z0-9]{1,3}")

_OLD = re.compile(r"([0-9]{3})\.([0-9]{2})\.([0-9]{2})\.([A-Z][0-9]{2})")


class BadAgencyCodeError(ValueError):
    """The text is no agency code, or the code has no equivalent in the wanted form; `found` says why."""

    def __init__(self, found: Text) -> None:
        """Keep the sentence in both languages."""
        self.found = found
        super().__init__(found.en)


class AgencyCode(msgspec.Struct, frozen=True):
    """An agency's place in the state, free of either spelling."""

    parts: tuple[str, ...]  #: from level 1 down, e.g. ("H07", "31", "05")

    @property
    def level(self) -> int:
        """1 for a ministry or province, 2 for its departments and districts, and so on."""
        return len(self.parts)

    @property
    def root(self) -> str:
        """The ministry or province, e.g. "H07"."""
        return self.parts[0]

    @property
    def parent(self) -> AgencyCode | None:
        """The agency one level up; None for a ministry or province."""
        return AgencyCode(self.parts[:-1]) if self.level > 1 else None

    def spell(self, form: Form) -> str:
        """Write the code in the wanted form. Raises BadAgencyCodeError where that form cannot hold it."""
        return self._old() if form == "old" else ".".join(self.parts)

    def _old(self) -> str:
        below = self.parts[1:]
        widths = tuple(reversed(OLD_WIDTHS))[: len(below)]
        fits = len(below) <= len(OLD_WIDTHS) and all(
            part.isdecimal() and len(part) == width for part, width in zip(below, widths, strict=True)
        )
        if not fits:
            new = ".".join(self.parts)
            raise BadAgencyCodeError(
                Text(
                    f"mã “{new}” không viết được theo dạng cũ (dạng cũ chỉ có số, gồm 2, 2 và 3 chữ số).",
                    f"the code “{new}” cannot be written in the old form (digits only, 2, 2 and 3 of them).",
                )
            )
        padding = tuple("0" * width for width in OLD_WIDTHS[: len(OLD_WIDTHS) - len(below)])
        return ".".join((*padding, *reversed(below), self.root))


def form_of(text: str) -> Form:
    """Which form the text is written in. Raises BadAgencyCodeError where it is neither."""
    if _OLD.fullmatch(text):
        return "old"
    root, *below = text.split(".")
    if ROOT.fullmatch(root) and all(NEW_PART.fullmatch(part) for part in below):
        return "new"
    raise BadAgencyCodeError(
        Text(
            f"“{text}” không phải mã định danh cơ quan; mã có dạng “000.00.12.H07” (cũ) hoặc “H07.12” (mới).",
            f"“{text}” is no agency code; a code looks like “000.00.12.H07” (old) or “H07.12” (new).",
        )
    )


def problems(text: str) -> list[Text]:
    """All that is wrong with the text as a code in either form."""
    try:
        parse(text)
    except BadAgencyCodeError as error:
        return [error.found]
    return []


def parse(text: str) -> AgencyCode:
    """Read a code in either form. Raises BadAgencyCodeError."""
    if form_of(text) == "new":
        return AgencyCode(tuple(text.split(".")))
    *upwards, root = text.split(".")
    below = [part for part in reversed(upwards) if part.strip("0")]
    code = AgencyCode((root, *below))
    # A gap ("000.05.00.H07": a level 3 without its level 2) would come back as another code.
    if any(len(part) != width for part, width in zip(below, reversed(OLD_WIDTHS), strict=False)) or (
        code.spell("old") != text
    ):
        raise BadAgencyCodeError(
            Text(
                f"“{text}” bỏ trống một cấp ở giữa; cấp dưới phải ghi cả mã của cấp trên.",
                f"“{text}” leaves out a level in between; a lower level has to name the one above.",
            )
        )
    return code


def convert(text: str, form: Form) -> str:
    """Spell a code in the wanted form, whichever form it came in. Raises BadAgencyCodeError."""
    return parse(text).spell(form)
