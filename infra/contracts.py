"""Who may call what over the LGSP: the table of docs/wire.md as data. A test holds the two against each other."""

from __future__ import annotations

from typing import Literal

import msgspec

#: How a call leaves its caller: at once while somebody waits (POST or GET), or from the outbox in batches.
Manner = Literal["post", "get", "outbox"]


class Contract(msgspec.Struct, frozen=True):
    """One operation of one provider, open to one consumer (hợp đồng dịch vụ dữ liệu)."""

    consumer: str
    provider: str
    operation: str
    manner: Manner


CONTRACTS = (
    Contract("portal", "national", "population.verify", "post"),
    Contract("portal", "national", "business.lookup", "get"),
    Contract("portal", "national", "payment.create", "post"),
    Contract("portal", "national", "procedures.list", "get"),
    Contract("portal", "national", "procedures.get", "get"),
    Contract("portal", "national", "payment.list", "get"),
    Contract("portal", "national", "payment.refund", "outbox"),
    Contract("portal", "national", "dvcqg.offer", "post"),
    Contract("portal", "national", "dvcqg.lookup", "get"),
    Contract("portal", "national", "dvcqg.numbered", "outbox"),
    Contract("portal", "national", "land.lookup", "get"),
    Contract("portal", "national", "insurance.check", "get"),
    Contract("portal", "national", "identity.register", "post"),
    Contract("portal", "national", "identity.token", "post"),
    Contract("portal", "national", "identity.keys", "get"),
    Contract("portal", "onestop", "dossiers.submit", "outbox"),
    Contract("portal", "onestop", "supplements.add", "outbox"),
    Contract("portal", "onestop", "payments.add", "outbox"),
    Contract("portal", "onestop", "dossiers.withdraw", "outbox"),
    Contract("onestop", "portal", "dossiers.progress", "outbox"),
    Contract("onestop", "national", "dvcqg.dossiers", "outbox"),
    Contract("onestop", "national", "dvcqg.progress", "outbox"),
    Contract("onestop", "national", "post.parcels", "outbox"),
    Contract("national", "onestop", "parcels.status", "outbox"),
    Contract("national", "portal", "payments.notify", "outbox"),
    Contract("national", "portal", "dossiers.receive", "outbox"),
    Contract("office", "dochub", "envelopes.send", "outbox"),
    Contract("office", "dochub", "envelopes.list", "get"),
    Contract("office", "dochub", "envelopes.get", "get"),
    Contract("office", "dochub", "envelopes.received", "outbox"),
    Contract("office", "dochub", "statuses.send", "outbox"),
    Contract("office", "dochub", "statuses.list", "get"),
    Contract("dochub", "national", "signing.revocations", "get"),
    Contract("sector", "national", "population.verify", "post"),
    Contract("sector", "national", "insurance.check", "get"),
)
