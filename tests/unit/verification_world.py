"""A small province whose run folder is consistent in every book, for tests to spoil one thing in.

Four dossiers (online with payment, online with supplement, at the counter with cash, at the counter and by post), two
documents with two addressees each, an enrolment and a visit, and the calls they cause. Everything is a plain list of
dictionaries until `write` puts it on disk.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import audit_world
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from simulation import plan as plans
from simulation.journal import Event, Observation, Writer
from simulation.plan import Journey, Plan, Step
from simulation.timeline import Timeline

DAY = "2018-08-22"
CENTRE = "000.00.12.H07"  #: a department with a one-stop
DISTRICT = "000.00.31.H07"
COMMUNE = "000.01.31.H07"
BOOKS_TAKEN = "2026-11-22T08:01:00+07:00"  #: what it showed when the first book was taken
BEGAN = "2026-11-22T08:00:00+07:00"  #: what the machine's clock showed at run second 0
AGENCIES = (CENTRE, DISTRICT, COMMUNE)

PAID = f"{CENTRE}-180822-5001"  #: online, level 4, paid online
SUPPLEMENTED = f"{CENTRE}-180822-5002"  #: online, sent back once
COUNTER = f"{CENTRE}-180822-0001"  #: counter, fee in cash, result at the counter
POSTED = f"{DISTRICT}-180822-0001"  #: counter, result by post
CODES = (PAID, SUPPLEMENTED, COUNTER, POSTED)
ORDER, PARCEL, FEE, CASH = "H07-180822000000000001", "VN000000001", 50_000, 20_000
DOCUMENT = f"{CENTRE},2018/08/22,1/SNV"  #: finished at one addressee, refused at the other
LETTER = f"{DISTRICT},2018/08/22,1/UBND"
ENROLMENT, VISIT = 1, 1

BOOKS = (
    *("portal.dossiers", "portal.events", "portal.payments", "portal.ratings"),
    *("onestop.dossiers", "onestop.events", "onestop.payments"),
    *("national.dossiers", "national.orders", "national.parcels"),
    *("lgsp.audit", "lgsp.audit_chain", "lgsp.audit_heads", "lgsp.dead_letters"),
    *("dochub.envelopes", "dochub.deliveries", "dochub.statuses"),
    *("office.documents", "office.events", "office.incoming", "office.polls"),
    *("sector.enrolments", "sector.visits", "sector.appointments", "sector.declarations"),
)

_NS = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_DS = "http://www.w3.org/2000/09/xmldsig#"


class Holder:
    """A key and its certificate."""

    def __init__(self, code: str, issuer: Holder | None = None) -> None:
        """Make a key; `issuer` signs the certificate, or the holder itself does."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, code), x509.NameAttribute(NameOID.SERIAL_NUMBER, code)]
        )
        signer = issuer or self
        self.certificate: x509.Certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer.certificate.subject if issuer else name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2010, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .sign(signer.key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@cache
def authority() -> Holder:
    """The run's certificate authority."""
    return Holder("ca")


@cache
def stranger() -> Holder:
    """A certificate authority that nobody trusts."""
    return Holder("stranger")


@cache
def holder(code: str) -> Holder:
    """An agency's key and certificate."""
    return Holder(code, authority())


@cache
def envelope_xml(document: str, sender: str, addressees: tuple[str, ...], signer: Holder | None = None) -> str:
    """A signed edXML text, as small as it may be."""
    to = "".join(f"<To><OrganId>{code}</OrganId></To>" for code in addressees)
    sent = f"<From><OrganId>{sender}</OrganId></From>{to}<DocumentId>{document}</DocumentId>"
    unsigned = (
        f'<edXML xmlns="{_NS}"><edXMLEnvelope><edXMLHeader><MessageHeader>{sent}</MessageHeader>'
        f'<ds:Signature xmlns:ds="{_DS}" Id="placeholder"/>'
        f"</edXMLHeader><edXMLBody>Kính gửi</edXMLBody></edXMLEnvelope></edXML>"
    )
    tool = XMLSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    seal = signer or holder(sender)
    signed = tool.sign(etree.fromstring(unsigned), key=seal.key, cert=[seal.certificate])
    return etree.tostring(signed, encoding="unicode")


def digest_of(xml: str) -> str:
    """SHA-256 as the hub's book has it."""
    return hashlib.sha256(xml.encode()).hexdigest()


class World:
    """The run, to be spoilt and written."""

    def __init__(self) -> None:
        """Build everything, consistent."""
        self.books: dict[str, list[dict[str, Any]]] = {}
        self.journal: list[Observation] = []
        self.events: list[Event] = [
            Event(at=0.0, event="begin", detail=f"{BEGAN}, 2 workers"),
            Event(at=20.0, event="end"),
        ]
        self.spoil_chain: Callable[[World], object] = lambda _world: (
            None
        )  #: what happens to the audit after it is written
        self.torn: bytes = b""  #: what the journal's file ends with
        self.missing: list[dict[str, str]] = []
        self.backlog: dict[str, int] = {"portal": 0, "onestop": 0, "national": 0, "office": 0}
        self.environment: dict[str, Any] = {
            "target": "local",
            "versions": {"tinhmau": "0.1.0", "python": "3.11", "postgresql": "18.6"},
            "machine": {"processors": 2, "memory_mb": 8000.0},
            "settings": {"fsync": "on", "synchronous_commit": "on"},
            "command": "tinhmau verify",
        }
        self.requirements: tuple[str, ...] = ("capacity_hai_phong_2026", "integration", "generator")
        self.certificate_authority: bytes | None = authority().pem
        self.samples: list[dict[str, Any]] = [
            {
                "at": float(second),
                "service": service,
                "cpu_percent": 20.0,
                "memory_mb": 100.0,
                "restarts": 0,
                "state": "up",
            }
            for second in range(20)
            for service in ("portal", "onestop", "postgresql")
        ]
        self._moment = 0.0
        self._calls = count(1)
        self._steps: dict[str, list[Step]] = {}
        for service in ("portal", "onestop", "dochub", "office", "national", "sector"):
            self.books[f"{service}.calls"] = []
            self.books[f"{service}.dead_letters"] = []
        self.books |= {name: [] for name in BOOKS}
        self._people()
        self._dossiers()
        self._documents()
        self._neighbours()

    # What tests reach for.

    def row(self, book: str, **wanted: Any) -> dict[str, Any]:
        """The one record of a book that has these values."""
        (found,) = [row for row in self.books[book] if all(row[key] == value for key, value in wanted.items())]
        return found

    def drop(self, book: str, **wanted: Any) -> None:
        """Take that record out."""
        self.books[book].remove(self.row(book, **wanted))

    def double(self, book: str, **wanted: Any) -> None:
        """Put that record in once more."""
        self.books[book].append(dict(self.row(book, **wanted)))

    def seen(self, operation: str, subject: str = "") -> Observation:
        """The one acknowledged observation of an operation (on a subject)."""
        (found,) = [one for one in self.journal if one.operation == operation and subject in {"", one.subject}]
        return found

    def replace(self, old: Observation, **new: Any) -> None:
        """Change what the client saw."""
        fields = {name: getattr(old, name) for name in old.__struct_fields__}
        self.journal[self.journal.index(old)] = Observation(**{**fields, **new})

    def write(self, folder: Path) -> Path:
        """Put the run folder on disk."""
        audit_world.chain(self.books)
        self.spoil_chain(self)
        timeline = Timeline(day=DAY, points=((0.0, 0.0), (86400.0, 24.0)))
        plan = Plan(
            scenario="test",
            province="toy",
            era="2018",
            seed=1,
            timeline=timeline,
            requirements=self.requirements,
            counts={"journeys": len(self._steps), "dossiers": 4, "documents": 2},
            assumptions=("everybody is punctual",),
            journeys=tuple(Journey(id=name, kind="test", steps=tuple(steps)) for name, steps in self._steps.items()),
        )
        plans.save(plan, folder / "plan")
        for name in ("journal", "ledger", "metrics"):
            (folder / name).mkdir()
        writer = Writer(folder / "journal" / "worker-1.ndjson")
        entries: list[Event | Observation] = [*self.events, *self.journal]
        for entry in entries:
            writer.write(entry)
        writer.close()
        with (folder / "journal" / "worker-1.ndjson").open("ab") as out:
            out.write(self.torn)
        collected: dict[str, Any] = {name: {"records": len(rows)} for name, rows in self.books.items()}
        collected |= {"missing": self.missing, "backlog": self.backlog, "began": BOOKS_TAKEN}
        (folder / "ledger" / "collected.json").write_text(json.dumps(collected))
        for name, rows in self.books.items():
            (folder / "ledger" / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "metrics" / "processes.ndjson").write_text("".join(json.dumps(row) + "\n" for row in self.samples))
        (folder / "environment.json").write_text(json.dumps(self.environment))
        if self.certificate_authority:
            (folder / "certificate-authority.pem").write_bytes(self.certificate_authority)
        return folder

    # How the world comes about.

    def act(self, journey: str, operation: str, subject: str = "", *, amount: int = 0, write: bool = True) -> str:
        """One acknowledged operation in plan and journal; returns its key."""
        steps = self._steps.setdefault(journey, [])
        number = len(steps) + 1
        self._moment += 0.25
        steps.append(Step(number=number, at=self._moment * 3600, actor="person", operation=operation))
        key = f"{journey}-{number}" if write else ""
        self.journal.append(
            Observation(
                journey=journey,
                step=number,
                operation=operation,
                actor="person",
                subject=subject,
                planned=self._moment,
                intended=self._moment,
                start=self._moment + 0.001,
                end=self._moment + 0.02,
                outcome="ok",
                status=200,
                write=write,
                key=key,
                amount=amount,
            )
        )
        return key

    def call(self, consumer: str, provider: str, operation: str, status: int = 200) -> str:
        """One call that went well: two lines of the caller, one of the callee, one audit row; returns its id."""
        call = f"call-{next(self._calls):03d}"
        line = {"call": call, "peer": provider, "operation": operation, "at": "2018-08-22T01:00:00+00:00"}
        self.books[f"{consumer}.calls"] += [
            {**line, "side": "sent"},
            {**line, "side": "done", "status": status, "outcome": "answered"},
        ]
        self.books[f"{provider}.calls"].append({**line, "side": "served", "peer": consumer, "status": status})
        audit = {"consumer": consumer, "provider": provider, "operation": operation, "outcome": "answered"}
        self.books["lgsp.audit"].append({"call": call, **audit, "status": status, "duration_ms": 2.0})
        return call

    def _people(self) -> None:
        for operation in ("portal.home", "portal.search", "portal.procedure"):
            self.act("browse-1", operation, write=False)

    def _dossier(self, code: str, channel: str, fee: int, key: str, states: list[tuple[str, str]]) -> None:
        agency = code.partition("-")[0]
        online = channel == "online"
        first = 0 if online else 1
        events = [
            {
                "code": code,
                "seq": first + place,
                "event": state,
                "state": state,
                "actor": "a",
                "at": DAY,
                "request_key": by,
            }
            for place, (state, by) in enumerate(states)
        ]
        state, seq = events[-1]["state"], events[-1]["seq"]
        common = {"code": code, "procedure": "1.004873", "state": state, "seq": seq}
        place = {"agency": agency, "channel": channel}
        self.books["portal.dossiers"].append(
            {
                **common,
                **place,
                "fee": fee,
                "submitted_at": f"{DAY}T08:00:00+07:00",
                "request_key": key if online else None,
            }
        )
        self.books["onestop.dossiers"].append(
            {**common, **place, "due_at": None, "received_at": f"{DAY}T08:00:00+07:00"}
        )
        self.books["national.dossiers"].append(common)
        self.books["onestop.events"] += events
        if online:
            self.books["portal.events"].append({"code": code, "event": "submitted", "at": DAY, "request_key": key})
            self.call("portal", "onestop", "dossiers.submit")
        self.call("onestop", "portal", "dossiers.progress")
        self.call("onestop", "national", "dvcqg.dossiers", 200)

    def _dossiers(self) -> None:
        act = self.act
        self.call("portal", "national", "population.verify")
        key = act("d1", "portal.submit", PAID)
        pay = act("d1", "portal.pay", PAID)
        paid = act("d1", "national.pay", ORDER, amount=FEE)
        states = [("submitted", ""), ("received", act("d1", "onestop.accept", PAID))]
        states.append(("examined", act("d1", "onestop.examine", PAID)))
        states.append(("approved", act("d1", "onestop.decide", PAID)))
        states.append(("returned", act("d1", "onestop.hand_back", PAID)))
        self._dossier(PAID, "online", FEE, key, states)
        money = {"order": ORDER, "code": PAID, "amount": FEE}
        self.books["portal.payments"].append({**money, "status": "paid", "request_key": pay})
        self.books["national.orders"].append({**money, "status": "paid", "request_key": paid})
        self.books["onestop.payments"].append({**money, "kind": "online", "request_key": None})
        self.call("portal", "national", "payment.create")
        self.call("national", "portal", "payments.notify")
        rated = act("d1", "portal.rate", PAID)
        self.books["portal.ratings"].append({"code": PAID, "score": 5, "request_key": rated})

        key = act("d2", "portal.submit", SUPPLEMENTED)
        states = [("submitted", ""), ("received", act("d2", "onestop.accept", SUPPLEMENTED))]
        states.append(("awaiting_supplement", act("d2", "onestop.ask_supplement", SUPPLEMENTED)))
        more = act("d2", "portal.supplement", SUPPLEMENTED)
        states.append(("received", ""))
        self._dossier(SUPPLEMENTED, "online", 0, key, states)
        self.books["portal.events"].append(
            {"code": SUPPLEMENTED, "event": "supplemented", "at": DAY, "request_key": more}
        )
        self.call("portal", "onestop", "supplements.add")

        key = act("d3", "onestop.receive", COUNTER, amount=CASH)
        states = [("received", key), ("examined", act("d3", "onestop.examine", COUNTER))]
        states.append(("rejected", act("d3", "onestop.decide", COUNTER)))
        states.append(("returned", act("d3", "onestop.hand_back", COUNTER)))
        self._dossier(COUNTER, "counter", CASH, key, states)
        self.books["onestop.payments"].append(
            {"code": COUNTER, "kind": "cash", "amount": CASH, "order": None, "request_key": key}
        )

        key = act("d4", "onestop.receive", POSTED)
        states = [("received", key), ("examined", act("d4", "onestop.examine", POSTED))]
        states.append(("approved", act("d4", "onestop.decide", POSTED)))
        states += [("posted", act("d4", "onestop.hand_back", POSTED)), ("returned", "")]
        self._dossier(POSTED, "counter", 0, key, states)
        delivered = act("d4", "national.deliver", PARCEL)
        self.books["national.parcels"].append(
            {"parcel": PARCEL, "code": POSTED, "status": "delivered", "request_key": delivered}
        )
        self.call("onestop", "national", "post.parcels")
        self.call("national", "onestop", "parcels.status")

    def _documents(self) -> None:
        self._document("v1", 1, DOCUMENT, CENTRE, (DISTRICT, COMMUNE))
        self._document("v2", 1, LETTER, DISTRICT, (CENTRE, COMMUNE))
        poll = self.act("p1", "office.poll", "vnpt-1")
        self.books["office.polls"].append({"installation": "vnpt-1", "at": DAY, "fetched": 4, "request_key": poll})
        self.call("office", "dochub", "envelopes.list")
        self._incoming("v1", DOCUMENT, DISTRICT, ("register", "03"), ("assign", "04"), ("finish", "06"))
        self._incoming("v1", DOCUMENT, COMMUNE, ("refuse", "02"))
        self._incoming("v2", LETTER, CENTRE, ("register", "03"))
        self._incoming("v2", LETTER, COMMUNE)

    def _document(self, journey: str, draft: int, document: str, sender: str, addressees: tuple[str, ...]) -> None:
        line = {"draft": draft, "document": None, "agency": sender, "at": DAY}
        for operation in ("draft", "sign"):
            key = self.act(journey, f"office.{operation}", str(draft))
            self.books["office.events"].append({**line, "event": operation, "request_key": key})
        key = self.act(journey, "office.issue", document)
        self.books["office.events"].append({**line, "document": document, "event": "issue", "request_key": key})
        self.books["office.documents"].append(
            {
                **line,
                "document": document,
                "signed": "digital",
                "state": "issued",
                "addressees": addressees,
                "issued_at": DAY,
            }
        )
        xml = envelope_xml(document, sender, addressees)
        self.books["dochub.envelopes"].append(
            {"document": document, "sender": sender, "addressees": addressees, "digest": digest_of(xml), "xml": xml}
        )
        self.call("office", "dochub", "envelopes.send")

    def _incoming(self, journey: str, document: str, agency: str, *acts: tuple[str, str]) -> None:
        self.books["dochub.deliveries"].append({"document": document, "addressee": agency, "received_at": DAY})
        statuses = ["01", *(status for _, status in acts)]
        for name, _ in acts:
            key = self.act(journey, f"office.{name}", document)
            self.books["office.events"].append(
                {"draft": None, "document": document, "agency": agency, "event": name, "at": DAY, "request_key": key}
            )
        for seq, status in enumerate(statuses, start=1):
            self.books["dochub.statuses"].append(
                {"document": document, "agency": agency, "status": status, "seq": seq, "at": DAY}
            )
        self.books["office.incoming"].append(
            {"document": document, "agency": agency, "arrived_at": DAY, "state": "open", "status": statuses[-1]}
        )
        self.call("office", "dochub", "envelopes.received")

    def _neighbours(self) -> None:
        key = self.act("s1", "sector.enrol", str(ENROLMENT))
        self.books["sector.enrolments"].append({"id": ENROLMENT, "request_key": key})
        self.call("sector", "national", "population.verify")
        key = self.act("h1", "sector.visit", str(VISIT))
        self.books["sector.visits"].append({"id": VISIT, "request_key": key})
        self.call("sector", "national", "insurance.check")


def altered(xml: str) -> str:
    """The same envelope with one letter of its body changed after signing."""
    return xml.replace("Kính gửi", "Kính gừi")


def flipped(xml: str) -> str:
    """The same envelope with one bit of its signature value changed."""
    root = etree.fromstring(xml)
    value = root.find(f".//{{{_DS}}}SignatureValue")
    assert value is not None
    assert value.text
    raw = bytearray(base64.b64decode(value.text))
    raw[5] ^= 1
    value.text = base64.b64encode(bytes(raw)).decode()
    return etree.tostring(root, encoding="unicode")
