"""An offer as its vendor writes it down: where it runs, what it costs, what it promises. No key stands in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from simulation.province_files.reading import Findings, Row, read_toml
from simulation.text import Text
from verification.conformance import agreement, dialects

#: Worst first, so that a grade can be compared by its place.
GRADES = ("D", "C", "B", "A")
#: What a product needs to be reached, by the fields of `verification.conformance.access.Access`.
KEYS = ("passcode_key", "passcodes", "integration_key", "audit_token", "clock_url", "clock_file")
#: A bid is its vendor's text, and what it refers to is sent to the vendor's product: only what was put there for it.
_REFERENCE = re.compile(r"(env:BID_[A-Z0-9_]+|file:[^/\\].*)")
_ON_THE_WIRE = re.compile(r"[!-~]+")  # other letters are percent-encoded in an address
_HIGH = 10**15
#: So many dossiers a second would be the whole nation's: 200 million a year in working hours is about 28. Assumed.
_MOST_A_SECOND = 1000.0
#: Nobody waits longer: a search by many criteria has 30 s in the tender of Hải Phòng 2026, any other operation 5 s; and
#: so long does a trial wait for an answer. A promise beyond is none, and would make any load a carried one.
_LONGEST_MS = 30_000
#: One request in twenty. Assumed: with more, of a hundred dossiers less than three quarters get through.
_MOST_ERRORS = 0.05
#: Prices are in đồng. Nothing is leased or set up for less: a smaller number was meant in thousands or millions.
_LEAST_PRICE = 100_000
#: Months. Assumed, twice the usual five years: spread over fifty years, any setup is next to nothing a month.
_LONGEST_LEASE = 120


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is reached."""

    url: str
    dialect: str
    upgrade: str = ""  #: `GET` names the version, `POST` replaces it; empty: nobody but the vendor can start one
    handover: str = ""  #: `GET …/ho-so.jsonl`, `GET …/manifest.json`, `POST …/xoa`; empty: not offered
    listen: int = 0  #: port of 127.0.0.1 on which its news are heard


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor promises, and is held to."""

    dossiers_per_second: float  #: whole counter and online dossiers, from reception to result
    p95_ms: float  #: 95 of 100 requests are answered within, at that load
    error_share: float  #: at most so many of them fail, 0 to 1
    grade: str  #: of conformance, at least
    rework_minutes: int  #: an official's extra work for a dossier that every mismatch hits, at most
    upgrade_seconds: float  #: longest interruption by an upgrade


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What it costs, in đồng with tax."""

    setup: int  #: once
    month: int
    months: int  #: length of the lease

    @property
    def all_in_month(self) -> float:
        """Đồng a month with the setup spread over the lease."""
        return self.month + self.setup / self.months


class Double(msgspec.Struct, frozen=True, kw_only=True):
    """Instead of endpoints, in examples: a double that comes with the testbed."""

    product: str
    planted: tuple[str, ...] = ()


class Bid(msgspec.Struct, frozen=True, kw_only=True):
    """One offer."""

    file: str
    id: str
    name: str
    vendor: str
    era: str
    endpoints: Endpoints | None
    double: Double | None
    credentials: Mapping[str, str]  #: key -> reference, `env:BID_NAME` or `file:PATH` beside the bid
    price: Price
    promise: Promise


def load(path: Path) -> Bid:
    """Read a bid. Raises BadInputError with every mistake in it."""
    findings = Findings()
    row = read_toml(path, file=path.name, findings=findings)
    if row is None:
        findings.raise_if_any()
        raise AssertionError  # a file that cannot be read leaves a finding
    endpoints, double = _table(row, "endpoints"), _table(row, "double")
    if (endpoints is None) == (double is None):
        row.wrong(
            "endpoints",
            Text(
                "cần đúng một trong hai bảng [endpoints], [double].", "exactly one of [endpoints], [double] is needed."
            ),
            Text("Viết [endpoints] với url và dialect.", "Write [endpoints] with url and dialect."),
        )
    bid = Bid(
        file=path.name,
        id=_id(row),
        name=row.text("name"),
        vendor=row.text("vendor"),
        era=row.choice("era", agreement.eras()),
        endpoints=_endpoints(endpoints) if endpoints else None,
        double=_double(double) if double else None,
        credentials=_credentials(_table(row, "credentials")),
        price=_price(row.row("price")),
        promise=_promise(row.row("promise")),
    )
    row.no_more()
    findings.raise_if_any()
    return bid


def _table(row: Row, name: str) -> Row | None:
    return row.row(name) if row.has(name) else None


def _id(row: Row) -> str:
    value = row.text("id")
    if value and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        way_out = Text("Dùng chữ không dấu, số, “.”, “_”, “-”.", "Use letters, digits, “.”, “_”, “-”.")
        row.wrong("id", Text(f"tìm thấy “{value}”.", f"found “{value}”."), way_out)
    return value


def _endpoints(row: Row) -> Endpoints:
    dialect = row.choice("dialect", sorted(dialects.DIALECTS))
    made = Endpoints(
        url=_address(row, "url", ("file",) if dialect in dialects.BY_FILES else ("http", "https")),
        dialect=dialect,
        upgrade=_address(row, "upgrade", ("http", "https")) if row.has("upgrade") else "",
        handover=_address(row, "handover", ("http", "https")) if row.has("handover") else "",
        listen=row.integer("listen", low=0, high=65535) if row.has("listen") else 0,
    )
    row.no_more()
    return made


def _address(row: Row, name: str, schemes: tuple[str, ...]) -> str:
    value = row.text(name)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        right = parts.scheme in schemes and parts.port != 0
        if parts.scheme == "file":
            right = right and not parts.netloc and len(parts.path) > 1
        else:
            right = right and bool(parts.hostname) and _ON_THE_WIRE.fullmatch(value) is not None
        secret = bool(parts.password or parts.query)
    except ValueError:
        right, secret = False, False
    if secret:
        found = Text("địa chỉ có mật khẩu hoặc tham số.", "the address holds a password or a query.")
        row.wrong(name, found, Text("Để khoá ở [credentials].", "Keys belong to [credentials], by reference."))
    elif not right:
        way_out = Text(f"Viết dạng {schemes[0]}://máy:cổng/…", f"Write it as {schemes[0]}://host:port/…")
        if schemes == ("file",):
            way_out = Text("Viết thư mục trao đổi: file:///…", "Write the folder of the exchange: file:///…")
        row.wrong(name, Text(f"tìm thấy “{value}”.", f"found “{value}”."), way_out)
    return value


def _double(row: Row) -> Double:
    made = Double(product=row.choice("product", ("sen", "truc", "dua")), planted=row.texts("planted"))
    row.no_more()
    return made


def _credentials(row: Row | None) -> Mapping[str, str]:
    if row is None:
        return {}
    found = {}
    for key in KEYS:
        if row.has(key):
            reference = row.text(key)
            if reference and not _REFERENCE.fullmatch(reference):
                row.wrong(  # the value itself is not shown: it may be a key
                    key,
                    Text("không phải là tham chiếu.", "is no reference."),
                    Text(
                        "Viết env:BID_TÊN hoặc file:tệp-cạnh-hồ-sơ; khoá không được nằm trong tệp dự thầu.",
                        "Write env:BID_NAME or file:name, of a file beside the bid; no key may stand in a bid.",
                    ),
                )
            elif key == "clock_file" and reference.startswith("file:"):
                row.wrong(  # it is written to: where, is for whoever runs the trial to say
                    key,
                    Text("chỉ nhận biến môi trường.", "comes from a variable only."),
                    Text("Viết env:BID_TÊN.", "Write env:BID_NAME."),
                )
            found[key] = reference
    row.no_more()
    return found


def _price(row: Row) -> Price:
    made = Price(
        setup=row.integer("setup", low=0, high=_HIGH),
        month=row.integer("month", low=1, high=_HIGH),
        months=row.integer("months", low=1, high=_LONGEST_LEASE) or 1,
    )
    for name, amount in (("setup", made.setup), ("month", made.month)):
        if 0 < amount < _LEAST_PRICE:
            row.wrong(
                name,
                Text(f"tìm thấy {amount}: quá nhỏ để là đồng.", f"found {amount}: too little to be đồng."),
                Text("Viết bằng đồng, không phải nghìn hay triệu.", "Write it in đồng, not thousands or millions."),
            )
    row.no_more()
    return made


def _promise(row: Row) -> Promise:
    made = Promise(
        dossiers_per_second=row.number("dossiers_per_second", low=0.01, high=_MOST_A_SECOND),
        p95_ms=row.number("p95_ms", low=1, high=_LONGEST_MS),
        error_share=row.number("error_share", low=0, high=_MOST_ERRORS),
        grade=row.choice("grade", GRADES),
        rework_minutes=row.integer("rework_minutes", low=0, high=10_000),
        upgrade_seconds=row.number("upgrade_seconds", low=0, high=86_400),
    )
    row.no_more()
    return made
