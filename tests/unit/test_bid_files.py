"""Bids as files: where they may lead to, what a promise or a price can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.guard import Leave
from simulation.mistakes import BadInputError
from tinhmau import bids
from verification.bids import bid as bid_files
from verification.conformance.product import OutOfReach
from verification.conformance.wire import Wire

HONEST = (Path(__file__).parents[2] / "fixtures" / "bids" / "honest.toml").read_text("utf-8")


def written(folder: Path, *, endpoints: str = "", changes: tuple[tuple[str, str], ...] = ()) -> Path:
    """The honest bid, at endpoints of its own or with parts of its text replaced."""
    text = HONEST
    if endpoints:
        changes = (*changes, ('[double]\nproduct = "sen"', f"[endpoints]\n{endpoints}"))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "bid.toml"
    file.write_text(text, encoding="utf-8")
    return file


def mistakes(file: Path) -> list[str]:
    """Keys of what is wrong in it."""
    with pytest.raises(BadInputError) as refused:
        bid_files.load(file)
    return [mistake.key for mistake in refused.value.mistakes]


def test_the_clocks_address_needs_permission_too_although_it_comes_by_reference(tmp_path: Path) -> None:
    """Everything that a trial sends to is asked about, also what stands with the credentials."""
    here = 'url = "http://127.0.0.1:8080"\ndialect = "sen"\n[credentials]\nclock_url = "env:BID_CLOCK"'
    bid = bid_files.load(written(tmp_path, endpoints=here))

    assert bids.leave(bid, None, folder=tmp_path, environ={"BID_CLOCK": "http://127.0.0.1:8081"}) == Leave()
    with pytest.raises(BadInputError, match=r"endpoints\.clock_url.*192\.0\.2\.7"):
        bids.leave(bid, None, folder=tmp_path, environ={"BID_CLOCK": "http://192.0.2.7"})


@pytest.mark.parametrize(
    ("dialect", "url"),
    [
        ("sen", "file://192.0.2.7:8080/"),  # would be asked over HTTP, at an address that looks like a folder
        ("sen", "file:///srv/exchange"), ("dua", "file://192.0.2.7/srv"), ("dua", "http://127.0.0.1/srv"),
        ("dua", "file:///"), ("sen", "http://[bad"), ("sen", "http://127.0.0.1:99999"), ("sen", "http://h/nâng-cấp"),
        ("sen", "http://you:secret@127.0.0.1"), ("sen", "http://127.0.0.1/?key=1"),
    ],
)  # fmt: skip
def test_an_address_is_one_of_its_dialects_wire(dialect: str, url: str, tmp_path: Path) -> None:
    """A folder for the dialect of files, a host for the others; no keys, and only letters that go over a wire."""
    assert mistakes(written(tmp_path, endpoints=f'url = "{url}"\ndialect = "{dialect}"')) == ["endpoints.url"]


def test_nothing_is_sent_to_what_is_no_address_on_the_web() -> None:
    """Whatever let it pass: no connection is opened."""
    with pytest.raises(OutOfReach, match="không phải http"):
        Wire("file://192.0.2.7:8080/").request("GET", "/")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("month = 95_000_000", "month = 95", "price.month"),  # meant in millions
        ("setup = 600_000_000", "setup = 600", "price.setup"),
        ("month = 95_000_000", 'month = "95 triệu"', "price.month"),
        ("error_share = 0.01", "error_share = 1", "promise.error_share"),  # any load would be carried
        ("p95_ms = 800", "p95_ms = 600_000", "promise.p95_ms"),  # no request waits so long
        ("dossiers_per_second = 8", "dossiers_per_second = inf", "promise.dossiers_per_second"),
        ("dossiers_per_second = 8", "dossiers_per_second = nan", "promise.dossiers_per_second"),
        ("months = 60", "months = true", "price.months"),
        ("months = 60", "months = 600", "price.months"),  # any setup, spread over fifty years
    ],
)
def test_a_promise_or_a_price_that_is_none_is_refused(old: str, new: str, key: str, tmp_path: Path) -> None:
    """What would make every load a carried one, or a bid the cheapest by a slip of units."""
    assert mistakes(written(tmp_path, changes=((old, new),))) == [key]


HERE = 'url = "http://127.0.0.1:8080"\ndialect = "sen"\n[credentials]\nintegration_key = '


@pytest.mark.parametrize("reference", ["env:AWS_SECRET_ACCESS_KEY", "env:HOME", "file:/etc/hostname", "s3cr3t"])
def test_a_bid_does_not_say_which_of_the_evaluators_secrets_are_sent_to_its_vendor(
    reference: str, tmp_path: Path
) -> None:
    """Whoever writes the bid runs the product that is shown the keys: variables begin with BID_, files lie beside."""
    assert mistakes(written(tmp_path, endpoints=f'{HERE}"{reference}"')) == ["credentials.integration_key"]


def test_a_bid_does_not_say_which_file_of_this_machine_is_written_to(tmp_path: Path) -> None:
    """The clock file of a reference product is the evaluator's to name, by a variable."""
    clock = HERE.replace("integration_key", "clock_file")
    assert mistakes(written(tmp_path, endpoints=f'{clock}"file:where.txt"')) == ["credentials.clock_file"]
    assert bid_files.load(written(tmp_path, endpoints=f'{clock}"env:BID_CLOCK"')).credentials


@pytest.mark.parametrize("reference", ["file:../secret.txt", "file:link", "file:many-lines"])
def test_a_key_file_lies_beside_the_bid_and_is_one_line(reference: str, tmp_path: Path) -> None:
    """No way out of the folder, not by a link either; a private key of many lines is no key of a header."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "bid"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    (folder / "many-lines").write_text("-----BEGIN\nsecret\n-----END")
    bid = bid_files.load(written(folder, endpoints=f'{HERE}"{reference}"'))

    with pytest.raises(BadInputError, match=r"credentials\.integration_key") as refused:
        bids.leave(bid, None, folder=folder, environ={})
    assert "BEGIN" not in str(refused.value)
