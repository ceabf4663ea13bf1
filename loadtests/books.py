"""Which books every service opens after traffic: the table "Books" of docs/wire.md, as data."""

from __future__ import annotations

from collections.abc import Mapping

#: In every service's books but the LGSP's `calls`: the LGSP keeps the audit instead.
_OF_ALL = ("dead_letters",)
_OF_CALLERS = ("calls", *_OF_ALL)

#: Service -> names of its exports.
BOOKS: Mapping[str, tuple[str, ...]] = {
    "portal": ("dossiers", "events", "payments", "ratings", "saved_fields", "drift", *_OF_CALLERS),
    "onestop": ("dossiers", "events", "payments", *_OF_CALLERS),
    "lgsp": ("audit", "audit_chain", "audit_heads", "registry_changes", *_OF_ALL),
    "dochub": ("envelopes", "deliveries", "statuses", *_OF_CALLERS),
    "office": ("documents", "events", "incoming", "polls", "filings", "delegations", *_OF_CALLERS),
    "national": ("dossiers", "orders", "parcels", *_OF_CALLERS),
    "sector": ("enrolments", "visits", "appointments", "declarations", *_OF_CALLERS),
}

#: Every service of the reference stack, by the one name it has everywhere.
SERVICES = tuple(BOOKS)
