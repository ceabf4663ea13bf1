"""Reaches the product that a bid offers, and has it tried: a double of ours, or somebody's test installation."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from loadtests.guard import Leave, ask_leave
from services.vendors import quirks, weaknesses
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.province_files.reading import Findings
from simulation.text import Text
from tinhmau.doubles import Double
from verification.bids.bid import Bid
from verification.bids.trial import Reach
from verification.conformance import agreement
from verification.conformance.access import Access
from verification.conformance.listener import Listener

_FILE, _ENVIRONMENT = "file:", "env:"


@contextmanager
def reached(bid: Bid, *, folder: Path, environ: Mapping[str, str] = os.environ) -> Iterator[Reach]:
    """Have the product within reach as long as the block; `folder` is where the bid's file lies.

    Raises BadInputError for references that lead nowhere, for weaknesses that a double has not, for a port in use.
    """
    if bid.double is not None:
        _check_planted(bid)
    access = _access(bid, folder, environ)
    try:
        listener = Listener(bid.endpoints.listen if bid.endpoints else 0)
    except OSError as error:
        found = Text(f"cổng không mở được ({error.strerror}).", f"the port cannot be opened ({error.strerror}).")
        way_out = Text("Chọn cổng khác.", "Choose another port.")
        raise BadInputError([Mistake(file=bid.file, key="endpoints.listen", found=found, way_out=way_out)]) from error
    double: Double | None = None
    try:
        if bid.double is not None:
            double = Double(bid.double.product, agreement.of_era(bid.era), listener)
            yield _of_double(double, bid.double.planted, listener)
        else:
            assert bid.endpoints is not None  # noqa: S101 -- a bid has one of the two
            yield Reach(
                dialect=bid.endpoints.dialect,
                access=access,
                listener=listener,
                upgrade=bid.endpoints.upgrade,
                handover=bid.endpoints.handover,
                start_over=lambda: None,
            )
    finally:
        if double is not None:
            double.close()
        listener.close()


def _of_double(double: Double, planted: tuple[str, ...], listener: Listener) -> Reach:
    double.plant(planted)
    return Reach(
        dialect=double.product,
        access=double.access,
        listener=listener,
        upgrade=double.upgrade_url,
        handover=double.handover_url,
        start_over=lambda: double.plant(planted),
    )


def leave(bid: Bid, permission: Path | None, *, folder: Path, environ: Mapping[str, str] = os.environ) -> Leave:
    """Ask whether load may go there. Raises BadInputError where the owner has not said so.

    The clock's address is asked about too, although it stands with the credentials and is given by reference.
    """
    if bid.endpoints is None:
        return Leave()
    told, access = bid.endpoints, _access(bid, folder, environ)
    addresses = {
        "url": told.url, "upgrade": told.upgrade, "handover": told.handover, "clock_url": access.clock_url,
    }  # fmt: skip
    given = {name: address for name, address in addresses.items() if address}
    return ask_leave(given, permission, now=time.time())


def _check_planted(bid: Bid) -> None:
    assert bid.double is not None  # noqa: S101 -- asked before
    product = bid.double.product
    known = [*weaknesses.of_product(product), *quirks.of_product(product)]
    mistakes = [
        Mistake(
            file=bid.file,
            key=f"double.planted[{place}]",
            found=Text(f"{product} không có “{name}”.", f"{product} has no “{name}”."),
            way_out=did_you_mean(name, known),
        )
        for place, name in enumerate(bid.double.planted)
        if name not in known
    ]
    if mistakes:
        raise BadInputError(mistakes)


def _access(bid: Bid, folder: Path, environ: Mapping[str, str]) -> Access:
    findings = Findings()
    values: dict[str, object] = {"url": bid.endpoints.url if bid.endpoints else ""}
    for key, reference in bid.credentials.items():
        told = _follow(bid, key, reference, folder, environ, findings)
        if told is None:
            continue
        if key == "passcodes":
            try:
                values[key] = msgspec.json.decode(told, type=dict[str, str])
            except msgspec.MsgspecError:
                found = Text("không phải JSON {tài khoản: mã}.", "is no JSON of {account: passcode}.")
                findings.add(bid.file, f"credentials.{key}", found, Text("Sửa tệp đó.", "Correct that file."))
        elif not told.isprintable():
            found = Text("phải là một dòng chữ.", "has to be one line of text.")
            findings.add(bid.file, f"credentials.{key}", found, Text("Kiểm tra nơi để khoá.", "Check what holds it."))
        else:
            values[key] = told
    findings.raise_if_any()
    return msgspec.convert(values, Access)


def _follow(
    bid: Bid, key: str, reference: str, folder: Path, environ: Mapping[str, str], findings: Findings
) -> str | None:
    where = f"credentials.{key}"
    if reference.startswith(_ENVIRONMENT):
        name = reference.removeprefix(_ENVIRONMENT)
        if not environ.get(name):
            found = Text(f"biến môi trường {name} không có.", f"the variable {name} is not set.")
            findings.add(bid.file, where, found, Text(f"Đặt {name} rồi chạy lại.", f"Set {name}, then run again."))
        return environ.get(name)
    path = (folder / reference.removeprefix(_FILE)).resolve()
    if not path.is_relative_to(folder.resolve()):
        found = Text(f"{path} không nằm trong {folder}.", f"{path} is not inside {folder}.")
        findings.add(bid.file, where, found, Text("Để tệp khoá cạnh hồ sơ dự thầu.", "Put the key beside the bid."))
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        found = Text(f"không đọc được {path} ({error}).", f"{path} cannot be read ({error}).")
        findings.add(
            bid.file, where, found, Text("Kiểm tra đường dẫn và quyền đọc.", "Check the path and who may read.")
        )
        return None
