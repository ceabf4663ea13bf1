"""What the years bring: more dossiers, more of them online, provinces that become one (63 to 34 on 1 July 2025)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import msgspec

from simulation.text import Text

_FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "admin-units"
#: Clients' requests that a dossier causes: handed in online the applicant's own come on top of the officials'.
#: Assumed: sign-in, search, form, submission, payment, following (5 to 7) beside four acts of officials.
ONLINE_WEIGHT = 2.5


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """One future."""

    name: Text
    factor: float  #: on the load of today
    reason: Text


def merged(code: str) -> Growth | None:
    """The province of 2026 that a province of 2018 went into, by people; None where it is nobody's code.

    Sources: the census of 2019 and the list of units that were merged (fixtures/admin-units).
    """
    people = {row["code"]: int(row["population"]) for row in _rows("province-populations.csv")}
    merges = [row for row in _rows("merges-2025-07-01.csv") if row["level"] == "province"]
    into = next((row["new_code"] for row in merges if row["old_code"] == code), None)
    if into is None:
        return None
    members = [row for row in merges if row["new_code"] == into]
    names = ", ".join(row["old_name"].removeprefix("Tỉnh ").removeprefix("Thành phố ") for row in members)
    factor = sum(people[row["old_code"]] for row in members) / people[code]
    return Growth(
        name=Text("Sáp nhập 63 → 34 tỉnh", "Merged, 63 to 34 provinces"),
        factor=factor,
        reason=Text(
            f"cùng {names}: dân số gấp {factor:.2f}".replace(".", ","), f"with {names}: {factor:.2f} times the people"
        ),
    )


def futures(*, yearly: float, years: int, online_now: float, online_then: float, code: str) -> Sequence[Growth]:
    """Today, growth, adoption, merger, and all of them; shares between 0 and 1, `yearly` as 0.1 for 10 %."""
    grown = (1 + yearly) ** years
    adopted = _weight(online_then) / _weight(online_now)
    merger = merged(code)
    alone = [
        Growth(
            name=Text("Hôm nay", "Today"), factor=1.0, reason=Text("khối lượng của kịch bản", "the scenario's volume")
        ),
        Growth(
            name=Text(f"Tăng trưởng {years} năm", f"{years} years of growth"),
            factor=grown,
            reason=Text(f"{100 * yearly:g} % mỗi năm", f"{100 * yearly:g} % a year"),
        ),
        Growth(
            name=Text("Người dân chuyển sang trực tuyến", "People go online"),
            factor=adopted,
            reason=Text(
                f"từ {100 * online_now:g} % lên {100 * online_then:g} %, "
                f"mỗi hồ sơ trực tuyến gấp {ONLINE_WEIGHT:g} lần yêu cầu (giả định)".replace(".", ","),
                f"from {100 * online_now:g} % to {100 * online_then:g} %, "
                f"{ONLINE_WEIGHT:g} times the requests for each dossier online (assumed)",
            ),
        ),
    ]
    if merger:
        alone.append(merger)
    whole = grown * adopted * (merger.factor if merger else 1.0)
    together = Growth(
        name=Text("Tất cả cùng lúc", "All at once"),
        factor=whole,
        reason=Text("tích các hệ số trên", "the product of all"),
    )
    return (*alone, together)


def _weight(online: float) -> float:
    return 1 + (ONLINE_WEIGHT - 1) * online


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))
