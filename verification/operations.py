"""The clients' operations (docs/wire.md, "Client operations") and the books that must hold their writes."""

from __future__ import annotations

from collections.abc import Mapping

from verification import records

#: Write -> the book in which its Idempotency-Key must stand, exactly once.
BOOK_OF: Mapping[str, type[records.Keyed]] = {
    "portal.submit": records.PortalDossier,
    "portal.pay": records.PortalPayment,
    "portal.supplement": records.PortalEvent,
    "portal.rate": records.PortalRating,
    "national.pay": records.NationalOrder,
    "national.deliver": records.NationalParcel,
    "onestop.receive": records.OnestopEvent,
    "onestop.accept": records.OnestopEvent,
    "onestop.ask_supplement": records.OnestopEvent,
    "onestop.refer": records.OnestopEvent,
    "onestop.give_opinion": records.OnestopEvent,
    "onestop.examine": records.OnestopEvent,
    "onestop.decide": records.OnestopEvent,
    "onestop.hand_back": records.OnestopEvent,
    "office.draft": records.OfficeEvent,
    "office.sign": records.OfficeEvent,
    "office.print": records.OfficeEvent,
    "office.scan": records.OfficeEvent,
    "office.issue": records.OfficeEvent,
    "office.seal_again": records.OfficeEvent,
    "office.file": records.Filing,
    "office.delegate": records.Delegation,
    "office.poll": records.Poll,
    "office.register": records.OfficeEvent,
    "office.assign": records.OfficeEvent,
    "office.finish": records.OfficeEvent,
    "office.refuse": records.OfficeEvent,
    "sector.enrol": records.Enrolment,
    "sector.visit": records.Visit,
    "sector.appoint": records.Appointment,
    "sector.declare": records.Declaration,
}

READS = (
    "portal.home",
    "portal.search",
    "portal.procedure",
    "portal.form",
    "portal.sign_in",
    "portal.track",
    "portal.result",
    "onestop.sign_in",
    "onestop.desk",
    "office.sign_in",
)

#: Every operation by name.
OPERATIONS = (*READS, *BOOK_OF)

#: Act at the one-stop -> states a dossier may have right after it; from there it may only go on.
STATES_AFTER: Mapping[str, frozenset[str]] = {
    "onestop.receive": frozenset({"received"}),
    "onestop.accept": frozenset({"received"}),
    "onestop.ask_supplement": frozenset({"awaiting_supplement"}),
    "onestop.refer": frozenset({"referred"}),
    "onestop.give_opinion": frozenset({"referred", "received"}),
    "onestop.examine": frozenset({"examined"}),
    "onestop.decide": frozenset({"approved", "rejected"}),
    "onestop.hand_back": frozenset({"posted", "returned"}),
}

#: Act on an incoming document -> statuses its register may show afterwards.
STATUSES_AFTER: Mapping[str, frozenset[str]] = {
    "office.register": frozenset({"03", "04", "05", "06"}),
    "office.assign": frozenset({"04", "05", "06"}),
    "office.finish": frozenset({"06"}),
    "office.refuse": frozenset({"02"}),
}
