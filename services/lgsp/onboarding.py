"""What is wrong with an onboarding, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import jsonschema_rs

from services.kit.languages import Text
from services.kit.reference import Contract
from services.lgsp.registry import Registry, schema_of
from services.lgsp.store import NewSystem, Onboarding

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_ADDRESS = re.compile(r"https?://(?P<host>[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?(/[!-~]*)?")
_LONGEST_LABEL, _LAST_PORT = 63, 65_535  # RFC 1035, and TCP's
_OPERATION = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_LONGEST_TIMEOUT_SECONDS = 28.0  # under the 30 s after which any service gives up on a request
_MOST_BYTES = 16 << 20
_ABOVE_NOTHING = Text(
    "Phải lớn hơn 0; muốn ngừng thì ghi suspended.", "It has to be above 0; to stop it, write suspended."
)


def mistakes(wanted: Onboarding, registry: Registry) -> list[dict[str, str]]:
    """Every mistake: where, what was found, and the way out."""
    named = {one.name for one in wanted.systems}
    providers = {name for name, one in registry.systems.items() if one.url} | {
        one.name for one in wanted.systems if one.url
    }
    found: list[dict[str, str]] = []

    def say(where: str, what: str, way_out: str) -> None:
        found.append({"where": where, "found": what, "way_out": way_out})

    for place, system in enumerate(wanted.systems):
        for field, what, way_out in _of_system(system):
            say(f"systems[{place}].{field}", what, way_out)
        if [one.name for one in wanted.systems].index(system.name) != place:
            say(
                f"systems[{place}].name",
                Text(f"“{system.name}” đã có ở trên", f"“{system.name}” stands above already"),
                Text("Mỗi hệ thống chỉ khai một lần.", "Declare each system once."),
            )
    seen: set[tuple[str, str, str]] = set()
    for place, contract in enumerate(wanted.contracts):
        where = f"contracts[{place}]"
        if contract.consumer not in named:
            way_out = Text(
                "Khai bên gọi này trong systems của cùng bản khai.",
                "Declare this caller among systems of the same declaration.",
            )
            say(f"{where}.consumer", f"“{contract.consumer}”", way_out)
        if contract.provider not in providers:
            names = ", ".join(sorted(providers))
            way_out = Text(f"Bên cung cấp phải là: {names}.", f"Providers are: {names}.")
            say(f"{where}.provider", f"“{contract.provider}”", way_out)
        key = (contract.consumer, contract.provider, contract.operation)
        if key in seen:
            name = f"{contract.provider}.{contract.operation}"
            way_out = Text("Gộp hai hợp đồng làm một.", "Make one contract of the two.")
            say(where, Text(f"{name} đã có ở trên", f"{name} stands above already"), way_out)
        seen.add(key)
        for field, what, way_out in _of_terms(contract):
            say(f"{where}.{field}", what, way_out)
    return found


def _of_system(system: NewSystem) -> Iterator[tuple[str, str, str]]:
    if not _NAME.fullmatch(system.name):
        way_out = Text(
            "Tên gồm chữ thường, số và dấu gạch, bắt đầu bằng chữ.",
            "A name has small letters, digits and hyphens, a letter first.",
        )
        yield "name", f"“{system.name}”", way_out
    if system.url and not _can_be_called(system.url):
        way_out = Text(
            "Địa chỉ mà LGSP gọi tới được, dạng https://máy:cổng hoặc http://máy:cổng.",
            "An address that the LGSP can call, as https://host:port or http://host:port.",
        )
        yield "url", f"“{system.url}”", way_out


def _can_be_called(url: str) -> bool:
    """Whether it is an address; whether somebody answers there shows when it is called."""
    told = _ADDRESS.fullmatch(url)
    return (
        told is not None
        and not {"?", "#"} & set(url)
        and all(1 <= len(label) <= _LONGEST_LABEL for label in told["host"].removesuffix(".").split("."))
        and (told["port"] is None or 1 <= int(told["port"]) <= _LAST_PORT)
    )


def _of_terms(contract: Contract) -> Iterator[tuple[str, str, str]]:
    if not _OPERATION.fullmatch(contract.operation):
        yield (
            "operation",
            f"“{contract.operation}”",
            Text("Viết như population.verify.", "Write it as population.verify."),
        )
    if contract.valid_from and contract.valid_until and contract.valid_until < contract.valid_from:
        yield (
            "valid_until",
            f"{contract.valid_until}",
            Text(
                f"Ngày cuối không thể trước ngày đầu {contract.valid_from}.",
                f"The last day cannot be before the first, {contract.valid_from}.",
            ),
        )
    if contract.per_second is not None and contract.per_second <= 0:
        yield "per_second", f"{contract.per_second:g}", _ABOVE_NOTHING
    if contract.per_day is not None and contract.per_day <= 0:
        yield "per_day", f"{contract.per_day}", _ABOVE_NOTHING
    if not 0 < contract.timeout_seconds <= _LONGEST_TIMEOUT_SECONDS:
        yield (
            "timeout_seconds",
            f"{contract.timeout_seconds:g}",
            Text(
                f"Từ trên 0 đến {_LONGEST_TIMEOUT_SECONDS:g} giây.",
                f"More than 0, {_LONGEST_TIMEOUT_SECONDS:g} seconds at most.",
            ),
        )
    if not 0 < contract.max_body_bytes <= _MOST_BYTES:
        yield (
            "max_body_bytes",
            f"{contract.max_body_bytes}",
            Text(f"Từ 1 đến {_MOST_BYTES} byte.", f"1 to {_MOST_BYTES} bytes."),
        )
    if contract.request_schema is not None:
        try:
            schema_of(contract.request_schema)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            yield (
                "request_schema",
                str(error).splitlines()[0],
                Text("Viết một JSON Schema hợp lệ.", "Write a valid JSON Schema."),
            )
