"""What is wrong with an onboarding, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import jsonschema_rs

from services.kit.reference import Contract
from services.lgsp.registry import Registry
from services.lgsp.store import NewSystem, Onboarding

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?(/[^\s?#]*)?")
_OPERATION = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_LONGEST_TIMEOUT_SECONDS = 28.0  # under the 30 s after which any service gives up on a request
_MOST_BYTES = 16 << 20


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
            say(f"systems[{place}].name", f"“{system.name}” đã có ở trên", "Mỗi hệ thống chỉ khai một lần.")
    seen: set[tuple[str, str, str]] = set()
    for place, contract in enumerate(wanted.contracts):
        where = f"contracts[{place}]"
        if contract.consumer not in named:
            say(f"{where}.consumer", f"“{contract.consumer}”", "Khai bên gọi này trong systems của cùng bản khai.")
        if contract.provider not in providers:
            say(f"{where}.provider", f"“{contract.provider}”", f"Bên cung cấp phải là: {', '.join(sorted(providers))}.")
        key = (contract.consumer, contract.provider, contract.operation)
        if key in seen:
            say(where, f"{contract.provider}.{contract.operation} đã có ở trên", "Gộp hai hợp đồng làm một.")
        seen.add(key)
        for field, what, way_out in _of_terms(contract):
            say(f"{where}.{field}", what, way_out)
    return found


def _of_system(system: NewSystem) -> Iterator[tuple[str, str, str]]:
    if not _NAME.fullmatch(system.name):
        yield "name", f"“{system.name}”", "Tên gồm chữ thường, số và dấu gạch, bắt đầu bằng chữ."
    if system.url and not _ADDRESS.fullmatch(system.url):
        yield "url", f"“{system.url}”", "Địa chỉ mà LGSP gọi tới được, dạng https://máy:cổng hoặc http://máy:cổng."


def _of_terms(contract: Contract) -> Iterator[tuple[str, str, str]]:
    if not _OPERATION.fullmatch(contract.operation):
        yield "operation", f"“{contract.operation}”", "Viết như population.verify."
    if contract.valid_from and contract.valid_until and contract.valid_until < contract.valid_from:
        yield "valid_until", f"{contract.valid_until}", f"Ngày cuối không thể trước ngày đầu {contract.valid_from}."
    if contract.per_second is not None and contract.per_second <= 0:
        yield "per_second", f"{contract.per_second:g}", "Phải lớn hơn 0; muốn ngừng thì ghi suspended."
    if contract.per_day is not None and contract.per_day <= 0:
        yield "per_day", f"{contract.per_day}", "Phải lớn hơn 0; muốn ngừng thì ghi suspended."
    if not 0 < contract.timeout_seconds <= _LONGEST_TIMEOUT_SECONDS:
        yield "timeout_seconds", f"{contract.timeout_seconds:g}", f"Từ trên 0 đến {_LONGEST_TIMEOUT_SECONDS:g} giây."
    if not 0 < contract.max_body_bytes <= _MOST_BYTES:
        yield "max_body_bytes", f"{contract.max_body_bytes}", f"Từ 1 đến {_MOST_BYTES} byte."
    if contract.request_schema is not None:
        try:
            jsonschema_rs.validator_for(contract.request_schema)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            yield "request_schema", str(error).splitlines()[0], "Viết một JSON Schema hợp lệ."
