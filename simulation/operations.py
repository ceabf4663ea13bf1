"""The clients' operations as docs/wire.md lists them: which of them write, and what a plan has to say about each."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Operation(msgspec.Struct, frozen=True):
    """One operation."""

    write: bool  #: once acknowledged, it must be found in the systems' books (law 5)
    needed: tuple[str, ...] = ()  #: fields of a step's detail
    optional: tuple[str, ...] = ()  #: fields that a step's detail may have besides


#: By name; the rows of the table “Client operations”. Staff sign in lazily, so no plan holds their sign-ins.
OPERATIONS: Mapping[str, Operation] = {
    "portal.home": Operation(write=False),
    "portal.search": Operation(write=False, needed=("q",), optional=("level",)),
    "portal.procedure": Operation(write=False, needed=("procedure",)),
    "portal.form": Operation(write=False, needed=("procedure",)),
    "portal.sign_in": Operation(write=False),
    "portal.submit": Operation(
        write=True, needed=("procedure", "agency", "form", "delivery"), optional=("company", "prefilled")
    ),
    "portal.pay": Operation(write=True),
    "national.pay": Operation(write=True),
    "portal.track": Operation(write=False),
    "portal.supplement": Operation(write=True, needed=("form",)),
    "portal.result": Operation(write=False),
    "portal.rate": Operation(write=True, needed=("score",)),
    "onestop.sign_in": Operation(write=False),
    "office.sign_in": Operation(write=False),
    "onestop.desk": Operation(write=False),
    "onestop.receive": Operation(
        write=True, needed=("procedure", "applicant", "fee_cash", "delivery"), optional=("company",)
    ),
    "onestop.accept": Operation(write=True),
    "onestop.ask_supplement": Operation(write=True, needed=("what",)),
    "onestop.refer": Operation(write=True, optional=("to",)),
    "onestop.give_opinion": Operation(write=True, needed=("opinion", "note")),
    "onestop.examine": Operation(write=True, needed=("proposal",)),
    "onestop.decide": Operation(write=True, needed=("decision",)),
    "onestop.hand_back": Operation(write=True, needed=("by", "fee_cash")),
    "national.deliver": Operation(write=True),
    "office.draft": Operation(write=True, needed=("kind", "subject", "content", "addressees", "priority")),
    "office.sign": Operation(write=True),
    "office.print": Operation(write=True),
    "office.scan": Operation(write=True, needed=("pages",)),
    "office.issue": Operation(write=True),
    "office.seal_again": Operation(write=True),
    "office.file": Operation(write=True, needed=("paper",)),
    "office.delegate": Operation(write=True, needed=("deputy", "since", "until")),
    "office.poll": Operation(write=True, needed=("installation",)),
    "office.register": Operation(write=True, needed=("agency",)),
    "office.assign": Operation(write=True, needed=("agency",)),
    "office.finish": Operation(write=True, needed=("agency",)),
    "office.refuse": Operation(write=True, needed=("agency", "reason")),
    "sector.enrol": Operation(write=True, needed=("school", "pupil", "parent")),
    "sector.visit": Operation(write=True, needed=("facility", "patient")),
    "sector.appoint": Operation(write=True, needed=("agency", "official")),
    "sector.declare": Operation(write=True, needed=("system", "site", "month")),
}
