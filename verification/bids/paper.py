"""The paper of a pack: what was promised and found, in the six criterion groups, as PDF/A-2a in Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import typst

from verification.answer import WORDS
from verification.bids import judging
from verification.bids.bid import Bid
from verification.bids.evidence import Evidence
from verification.bids.judging import GROUPS, OLDER_FORM, Check, Verdict
from verification.wording import dong, moment, number

_TEMPLATE = Path(__file__).resolve().parent / "templates" / "ho_so.typ"
_OLDER_ERA = "2018"


class Held(msgspec.Struct, frozen=True):
    """One file of the pack."""

    path: str
    bytes: int
    sha256: str


def lay_out(
    bid: Bid,
    evidence: Evidence,
    verdict: Verdict,
    *,
    files: Sequence[Held],
    at: datetime,
    environment: Mapping[str, Any],
) -> bytes:
    """Set the paper; the same input gives the same bytes."""
    told = {
        "bid": {
            "id": bid.id,
            "name": bid.name,
            "vendor": bid.vendor,
            "era": bid.era,
            "file": bid.file,
            "double": bid.double.product if bid.double else "",
            "planted": list(bid.double.planted) if bid.double else [],
        },
        "answer": WORDS[verdict.answer].vi,
        "kept": verdict.answer == "KEPT",
        "reasons": [
            f"{one.title.vi}: {one.found.vi} (cam kết: {one.promised.vi})"
            for one in verdict.checks
            if one.answer != "KEPT"
        ],
        "groups": _groups(bid, verdict),
        "form": _form(bid),
        "proven": judging.proven_text(verdict.proven).vi,
        "price": {
            "setup": dong(bid.price.setup).vi,
            "month": dong(bid.price.month).vi,
            "months": bid.price.months,
            "all_in": dong(round(bid.price.all_in_month)).vi,
            "unit": dong(round(verdict.dong_per_dossier_second)).vi if verdict.dong_per_dossier_second else "–",
        },
        "probes": _probes(bid, evidence),
        "files": [{"path": one.path, "bytes": number(one.bytes).vi, "sha256": one.sha256} for one in files],
        "environment": {key: str(value) for key, value in environment.items()},
        "at": moment(at),
        "day": at.day,
        "month": at.month,
        "year": at.year,
    }
    made: bytes = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"told": msgspec.json.encode(told).decode()},
        pdf_standards=["a-2a"],
        ignore_system_fonts=True,  # Typst's own, on every machine alike
    )
    return made


def _groups(bid: Bid, verdict: Verdict) -> list[dict[str, Any]]:
    if bid.era == _OLDER_ERA:
        return [
            {"name": f"{letter}. {title.vi}", "checks": [_row(one) for one in verdict.checks if one.group in members]}
            for letter, (title, members) in OLDER_FORM.items()
        ]
    return [
        {"name": f"Nhóm {group}. {title.vi}", "checks": [_row(one) for one in verdict.checks if one.group == group]}
        for group, title in GROUPS.items()
    ]


def _form(bid: Bid) -> str:
    if bid.era == _OLDER_ERA:
        return "Trình bày theo Thông tư 24/2020/TT-BTTTT (ghi theo trí nhớ, cần đối chiếu bản gốc)."
    return (
        "Trình bày theo sáu nhóm tiêu chí tại khoản 1 Điều 14 Thông tư 41/2026/TT-BKHCN (theo nguồn thứ cấp, cần đối "
        "chiếu bản gốc)."
    )


def _row(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "title": check.title.vi,
        "promised": check.promised.vi,
        "found": check.found.vi,
        "answer": WORDS[check.answer].vi,
        "kept": check.answer == "KEPT",
        "reasons": [one.vi for one in check.reasons],
    }


def _probes(bid: Bid, evidence: Evidence) -> list[dict[str, str]]:
    rows = []
    for probe, calls, told in zip(evidence.probes, evidence.calls, judging.probes(bid, evidence), strict=True):
        lost = sum(judging.lost(one) for one in evidence.settled if one.probe == probe.number)
        rows.append(
            {
                "number": str(probe.number),
                "load": number(probe.load, places=2).vi,
                "rate": number(probe.per_second, places=1).vi,
                "calls": number(len(calls)).vi,
                "p95": number(judging.p95_ms(calls)).vi,
                "errors": number(100 * judging.error_share(calls), places=2).vi,
                "lost": number(lost).vi,
                "answer": WORDS[told.answer].vi,
            }
        )
    return rows
