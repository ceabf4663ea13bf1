"""Who may call what over the LGSP: the table of docs/wire.md as data. A test holds the two against each other."""

from __future__ import annotations

from typing import Literal

import msgspec

#: How a call leaves its caller: at once while somebody waits (POST or GET; "ask" is a POST that only reads), or from
#: the outbox in batches.
Manner = Literal["post", "ask", "get", "outbox"]


class Contract(msgspec.Struct, frozen=True):
    """One operation of one provider, open to one consumer (hợp đồng dịch vụ dữ liệu)."""

    consumer: str
    provider: str
    operation: str
    manner: Manner
    purposes: tuple[str, ...] = ()  #: what a caller may say it calls for; empty: anything

    def terms(self) -> dict[str, object]:
        """The contract as the LGSP is given it (docs/reference-data.md)."""
        named = {"consumer": self.consumer, "provider": self.provider, "operation": self.operation}
        if self.manner == "outbox":
            # Items carry keys, so delivering twice does no harm; a batch may hold many documents.
            return {**named, "purposes": self.purposes or ("deliver",), "repeatable": True}
        # A question: one that only reads may be asked again. 1 MiB is far more than any of them needs (assumed).
        return {**named, "purposes": self.purposes, "max_body_bytes": 1 << 20, "repeatable": self.manner != "post"}


CONTRACTS = (
    Contract("portal", "national", "population.verify", "ask", ("sign-in", "check-form", "grant-mandate")),
    Contract("portal", "national", "business.lookup", "get", ("fill-in-form", "submit-dossier", "grant-mandate")),
    Contract("portal", "national", "payment.create", "post", ("pay-fee",)),
    Contract("portal", "national", "procedures.list", "get", ("synchronise-catalogue",)),
    Contract("portal", "national", "procedures.get", "get"),
    Contract("portal", "national", "payment.list", "get", ("reconcile-payments",)),
    Contract("portal", "national", "payment.refund", "outbox"),
    Contract("portal", "national", "dvcqg.offer", "post", ("offer-forms",)),
    Contract("portal", "national", "dvcqg.lookup", "get"),
    Contract("portal", "national", "dvcqg.numbered", "outbox"),
    Contract("portal", "national", "dvcqg.questions", "outbox"),
    Contract("portal", "national", "land.lookup", "get", ("fill-in-form",)),
    Contract("portal", "national", "insurance.check", "get", ("fill-in-form",)),
    Contract("portal", "national", "identity.register", "post", ("sign-in",)),
    Contract("portal", "national", "identity.token", "post", ("sign-in",)),
    Contract("portal", "national", "identity.keys", "get", ("sign-in",)),
    Contract("portal", "onestop", "dossiers.submit", "outbox"),
    Contract("portal", "onestop", "supplements.add", "outbox"),
    Contract("portal", "onestop", "payments.add", "outbox"),
    Contract("portal", "onestop", "dossiers.withdraw", "outbox"),
    Contract("portal", "onestop", "results.paper", "get", ("give-result",)),
    Contract("portal", "onestop", "apologies.paper", "get", ("give-apology",)),
    Contract("onestop", "portal", "attachments.list", "get", ("examine-dossier",)),
    Contract("onestop", "portal", "attachments.get", "get", ("examine-dossier",)),
    Contract("onestop", "office", "papers.seal", "post", ("seal-result", "seal-apology")),
    Contract("onestop", "portal", "dossiers.progress", "outbox"),
    Contract("onestop", "portal", "dossiers.apology", "outbox"),
    Contract("onestop", "national", "dvcqg.dossiers", "outbox"),
    Contract("onestop", "national", "dvcqg.progress", "outbox"),
    Contract("onestop", "national", "post.parcels", "outbox"),
    Contract("national", "onestop", "parcels.status", "outbox"),
    Contract("national", "portal", "payments.notify", "outbox"),
    Contract("national", "portal", "dossiers.receive", "outbox"),
    Contract("office", "dochub", "envelopes.send", "outbox"),
    Contract("office", "dochub", "envelopes.list", "get", ("poll",)),
    Contract("office", "dochub", "envelopes.get", "get", ("poll",)),
    Contract("office", "dochub", "envelopes.received", "outbox"),
    Contract("office", "dochub", "statuses.send", "outbox"),
    Contract("office", "dochub", "statuses.list", "get", ("poll",)),
    Contract("office", "national", "signing.timestamp", "ask", ("time-stamp",)),
    Contract("office", "national", "signing.revocations", "get", ("revocations",)),
    Contract("dochub", "office", "envelopes.push", "outbox"),
    Contract("dochub", "national", "signing.revocations", "get", ("revocations",)),
    Contract("dochub", "national", "signing.ocsp", "ask", ("ocsp",)),
    Contract("sector", "national", "population.verify", "ask", ("enrolment", "appointment")),
    Contract("sector", "national", "insurance.check", "get", ("treatment",)),
    Contract("sector", "national", "insurance.declare", "outbox"),
)
