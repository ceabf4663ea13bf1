"""What a blueprint costs a month: its sizes times a price list, line by line. Đồng are whole numbers, before VAT."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from infra.blueprint import Blueprint, Workload
from infra.rented import BASTION, balanced
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text

_FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "prices"
#: What a price list must price, each a month.
UNITS: Mapping[str, Text] = {
    "vcpu": Text("vCPU", "vCPU"),
    "memory_gb": Text("GB bộ nhớ", "GB of memory"),
    "disk_gb": Text("GB ổ đĩa", "GB of disk"),
    "object_gb": Text("GB kho đối tượng", "GB of object storage"),
    "load_balancer": Text("bộ cân bằng tải", "load balancer"),
    "floating_ip": Text("địa chỉ công khai", "public address"),
}
_FLOATING_IPS = 2  # the portal's and the administrators'


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit costs."""

    value: int  #: đồng a month, before VAT
    source: str  #: a source, or "assumed: why"


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """Unit prices of one provider, or of nobody in particular."""

    name: Text
    vat_percent: int
    vat_source: str
    prices: Mapping[str, Price]  #: every key of UNITS


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """So much of one thing for one purpose."""

    what: str  #: workload, or what is there once: "gateway-dmz", "addresses", "backups"
    unit: str  #: a key of UNITS
    quantity: int
    amount: int  #: đồng a month, before VAT


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of a data centre."""

    lines: tuple[Line, ...]
    vat_percent: int

    @property
    def total(self) -> int:
        """Đồng a month before VAT."""
        return sum(line.amount for line in self.lines)

    @property
    def total_with_vat(self) -> int:
        """Đồng a month, VAT included, rounded down to the đồng."""
        return self.total * (100 + self.vat_percent) // 100

    def of(self, what: str) -> int:
        """Đồng a month of one workload or thing, before VAT."""
        return sum(line.amount for line in self.lines if line.what == what)


def load(path: Path | str = "vietnam_2026") -> PriceList:
    """Read a price list by the name of a shipped one, or by path. Raises BadInputError with every mistake."""
    file = Path(path) if isinstance(path, Path) or str(path).endswith(".toml") else _FOLDER / f"{path}.toml"
    if not file.is_file():
        known = sorted(found.stem for found in _FOLDER.glob("*.toml"))
        found = Text(f"không có bảng giá “{path}”.", f"there is no price list “{path}”.")
        raise BadInputError(
            [Mistake(file=str(path), key="--prices", found=found, way_out=did_you_mean(file.stem, known))]
        )
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = Text(f"không đọc được TOML: {error}.", f"is not readable TOML: {error}.")
        way_out = Text("Sửa dòng được nêu.", "Correct the line that is named.")
        raise BadInputError([Mistake(file=file.name, key="-", found=found, way_out=way_out)]) from error
    mistakes = tuple(_mistakes(file.name, content))
    if mistakes:
        raise BadInputError(mistakes)
    return PriceList(
        name=Text(content["name"]["vi"], content["name"]["en"]),
        vat_percent=content["vat_percent"],
        vat_source=content["vat_source"],
        prices={unit: Price(**content["prices"][unit]) for unit in UNITS},
    )


def _mistakes(file: str, content: Mapping[str, Any]) -> Iterator[Mistake]:
    found = (*_head_mistakes(content), *_price_mistakes(content.get("prices")))
    for key, what, way_out in found:
        yield Mistake(file=file, key=key, found=what, way_out=way_out)


_Finding = tuple[str, Text, Text]  # key, what was found, the way out


def _head_mistakes(content: Mapping[str, Any]) -> Iterator[_Finding]:
    name, vat = content.get("name"), content.get("vat_percent")
    if not isinstance(name, dict) or not all(isinstance(name.get(language), str) for language in ("vi", "en")):
        way_out = Text('Viết name = { vi = "…", en = "…" }.', 'Write name = { vi = "…", en = "…" }.')
        yield "name", Text("thiếu tên hai thứ tiếng.", "lacks a name in both languages."), way_out
    if not _whole(vat, at_most=_ALL):
        yield "vat_percent", _is(vat), Text("Ghi số nguyên từ 0 đến 100.", "Write a whole number from 0 to 100.")
    if not isinstance(content.get("vat_source"), str):
        yield "vat_source", _MISSING, _SOURCE


def _price_mistakes(prices: Any) -> Iterator[_Finding]:
    prices = prices if isinstance(prices, dict) else {}
    for key in prices:
        if key not in UNITS:
            yield f"prices.{key}", _UNKNOWN, did_you_mean(key, UNITS)
    for unit in UNITS:
        price = prices.get(unit)
        if not isinstance(price, dict):
            yield f"prices.{unit}", _MISSING, Text("Thêm value và source.", "Add value and source.")
            continue
        if not _whole(price.get("value")):
            way_out = Text("Viết số đồng nguyên, từ 0.", "Write whole đồng, 0 or more.")
            yield f"prices.{unit}.value", _is(price.get("value")), way_out
        if not isinstance(price.get("source"), str) or not price["source"]:
            yield f"prices.{unit}.source", _MISSING, _SOURCE
        for extra in sorted(set(price) - {"value", "source"}):
            yield f"prices.{unit}.{extra}", _UNKNOWN, did_you_mean(extra, ("value", "source"))


def _whole(value: Any, *, at_most: int | None = None) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return whole and (at_most is None or value <= at_most)


def _is(value: Any) -> Text:
    return Text(f"là {value!r}.", f"is {value!r}.")


_ALL = 100
_MISSING = Text("chưa có.", "is missing.")
_UNKNOWN = Text("không có mục này.", "is no known key.")
_SOURCE = Text("Nêu nguồn, hoặc “assumed: vì sao”.", "Name the source, or “assumed: why”.")


def bill(blueprint: Blueprint, prices: PriceList, *, with_object_storage: bool = True) -> Bill:
    """Price what is rented (infra/rented.py); counterparts cost their owners, not the province."""
    lines: list[Line] = []

    def add(what: str, unit: str, quantity: int) -> None:
        lines.append(Line(what=what, unit=unit, quantity=quantity, amount=quantity * prices.prices[unit].value))

    def servers(workload: Workload) -> None:
        replicas = workload.replicas.value
        add(workload.name, "vcpu", replicas * workload.vcpu.value)
        add(workload.name, "memory_gb", replicas * -(-workload.memory_mb.value // 1024))
        add(workload.name, "disk_gb", replicas * disks_gb(workload))

    for workload in blueprint.workloads:
        if workload.kind != "counterpart":
            servers(workload)
    servers(BASTION)
    for zone in balanced(blueprint):
        add(f"gateway-{zone}", "load_balancer", 1)
    add("addresses", "floating_ip", _FLOATING_IPS)
    if with_object_storage:
        kept = sum(workload.disk_gb.value for workload in blueprint.workloads if workload.kind == "database")
        add("backups", "object_gb", kept)
    return Bill(lines=tuple(lines), vat_percent=prices.vat_percent)


#: System disk of a database server, besides its data.
SYSTEM_DISK_GB = 20


def disks_gb(workload: Workload) -> int:
    """All disks of one replica: a database server has a system disk, its data, and as much again for backups."""
    return workload.disk_gb.value if workload.kind != "database" else SYSTEM_DISK_GB + 2 * workload.disk_gb.value
