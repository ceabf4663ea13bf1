"""A pack tells whether anything in it was changed: every file, every way of changing it, and packs that were mixed."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from test_bid_judging import BID, BROKEN, GOOD

from simulation.mistakes import BadInputError
from simulation.timeline import VIETNAM
from tinhmau import bid_keys
from tinhmau.bid_keys import Keys
from tinhmau.commands.bid import group
from verification.bids import bid as bids
from verification.bids import comparing, guarding, judging, pack, paper, sealing
from verification.bids.bid import Bid, Endpoints
from verification.bids.evidence import Evidence
from verification.bids.pack import Checked, Packed

SOURCE = Path(__file__).parents[2] / "fixtures" / "bids" / "honest.toml"
#: Before any clock on which these tests are run: what is signed was tried before.
AT = datetime(2024, 11, 30, 9, 1, 2, 345678, tzinfo=VIETNAM)
FILES = (
    "bid.toml", "certificate.pem", "ho-so.pdf", "verdict.json", "raw/points.jsonl", "raw/probes.jsonl",
    "raw/calls-01.jsonl", "raw/calls-02.jsonl", "raw/settled.jsonl", "raw/guarded.jsonl", "raw/upgrade.json",
    "raw/handover.json",
)  # fmt: skip


def make(folder: Path, keys: Keys, seen: Evidence = GOOD, source: Path = SOURCE, seed: int = 1) -> Path:
    """Write a pack of evidence that nobody had to run for."""
    pack.make(
        folder, source.read_bytes(), bids.load(source), seen, sealer=keys.sealer, certificate=keys.certificate, at=AT,
        environment={"Mầm": seed},
    )  # fmt: skip
    return folder


def compared(tmp_path: Path, *packs: Path | str) -> Result:
    """Run the command; its page goes to bids.html."""
    arguments = ["compare", *map(str, packs), "--page", str(tmp_path / "bids.html")]
    return CliRunner().invoke(group, arguments, standalone_mode=False)


def mistakes(done: Result) -> list[tuple[str, str]]:
    """File and what was found, of a command that was given something it cannot use."""
    assert isinstance(done.exception, BadInputError), done.exception
    return [(Path(one.file).name, one.found.en) for one in done.exception.mistakes]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """The evaluator's."""
    return bid_keys.of(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def original(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack in which everything is kept."""
    return make(tmp_path_factory.mktemp("pack") / "honest", keys)


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    """A pack to spoil."""
    return Path(shutil.copytree(original, tmp_path / "pack"))


def sign_again(folder: Path, keys: Keys, **changes: Any) -> None:
    """List what is there now, with changes to the list, and sign that."""
    manifest = msgspec.json.decode((folder / pack.MANIFEST).read_bytes(), type=pack.Manifest)
    written = pack._written(msgspec.structs.replace(manifest, **{"files": pack._held(folder), **changes}))
    (folder / pack.MANIFEST).write_bytes(written)
    (folder / pack.SIGNATURE).write_bytes(keys.sealer.beside(written))


def told(found: Checked) -> str:
    """All problems in one text."""
    return " ".join(problem.en for problem in found.problems)


def test_the_pack_has_the_files_that_the_tests_spoil(original: Path, keys: Keys) -> None:
    """Untouched it is kept, and every file in it but the signed list is in the table above."""
    assert pack.check(original, keys.certificate).answer == "KEPT"
    there = {path.relative_to(original).as_posix() for path in original.rglob("*") if path.is_file()}
    assert there == {*FILES, pack.MANIFEST, pack.SIGNATURE}


WAYS: dict[str, Callable[[Path], object]] = {
    "one bit": lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "empty": lambda path: path.write_bytes(b""),
    "removed": lambda path: path.unlink(),
    "renamed": lambda path: path.rename(path.with_name("khac")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
def test_a_change_of_any_file_is_found_and_the_file_named(copy: Path, keys: Keys, name: str, way: str) -> None:
    """Broken, whoever looks, with the certificate or without."""
    WAYS[way](copy / name)

    for trusted in (keys.certificate, b""):
        found = pack.check(copy, trusted)
        assert found.answer == "BROKEN"
        assert name in told(found)


@pytest.mark.parametrize("name", ["them.txt", "raw/calls-03.jsonl", "raw/manifest.json", "a/b/manifest.p7s"])
def test_a_file_that_was_put_in_is_found(copy: Path, keys: Keys, name: str) -> None:
    """Also one that is called like a file that the list does not have to name."""
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    (copy / name).write_bytes(b"{}")

    assert f"{name}: was added after signing." in told(pack.check(copy, keys.certificate))


@pytest.mark.parametrize("name", [pack.MANIFEST, pack.SIGNATURE])
@pytest.mark.parametrize("way", WAYS)
def test_a_list_or_a_signature_that_was_spoilt_is_found(copy: Path, keys: Keys, name: str, way: str) -> None:
    """Nothing can be said of such a pack but that."""
    if (name, way) == (pack.SIGNATURE, "longer"):
        pytest.skip("what follows a DER structure is no part of it: the signature is as it was")
    WAYS[way](copy / name)

    assert pack.check(copy, keys.certificate).answer == "BROKEN"


def test_a_signature_whatever_was_done_to_its_bytes_is_read_or_refused(original: Path, keys: Keys) -> None:
    """A thousand times bytes of it are changed, cut out or put in: never an error of ours, never another signer's."""
    dice = np.random.default_rng(3)
    content, whole = (original / pack.MANIFEST).read_bytes(), (original / pack.SIGNATURE).read_bytes()
    own = sealing.read_beside(content, whole, keys.certificate).fingerprint
    issuer, subject, rest = whole.split("Bên".encode(), 2)  # of the certificate; the signature names its issuer again
    no_text = "Bên".encode().join((issuer, subject)) + b"\xff\xfe\xff\xff" + rest
    with pytest.raises(sealing.UnreadableSignatureError, match="decode"):
        sealing.read_beside(content, no_text, keys.certificate)
    for _ in range(1000):
        at, length = int(dice.integers(len(whole))), int(dice.choice([0, 1, 4, 200]))
        spoilt = whole[:at] + dice.bytes(int(dice.choice([0, 1, 4]))) + whole[at + length :]
        try:
            found = sealing.read_beside(content, spoilt, keys.certificate)
        except sealing.UnreadableSignatureError:
            continue
        assert not found.trusted or found.fingerprint == own


def test_parts_of_another_pack_by_the_same_hand_do_not_fit(copy: Path, keys: Keys, tmp_path: Path) -> None:
    """List and signature of a better offer, its paper alone, or its list alone: each is found."""
    other = make(tmp_path / "other", keys, BROKEN["a lost dossier"][0](GOOD))
    for names in ((pack.MANIFEST, pack.SIGNATURE), (pack.PAPER,), (pack.MANIFEST,), (pack.SIGNATURE,)):
        mixed = Path(shutil.copytree(copy, tmp_path / "-".join(names)))
        for name in names:
            shutil.copy(other / name, mixed / name)
        assert pack.check(mixed, keys.certificate).answer == "BROKEN", names


def test_a_verdict_that_the_data_do_not_say_is_found_whoever_signs_it(tmp_path: Path, keys: Keys) -> None:
    """The evaluator's own key, a list that fits, and a verdict that was written by hand."""
    spoilt = make(tmp_path / "pack", keys, BROKEN["a lost dossier"][0](GOOD))
    better = pack._written(judging.judge(BID, GOOD))
    (spoilt / pack.VERDICT).write_bytes(better)
    sign_again(spoilt, keys)

    found = pack.check(spoilt, keys.certificate)

    assert found.answer == "BROKEN"
    assert "the raw data say something else" in told(found)


def test_a_paper_that_the_data_do_not_say_is_found_whoever_signs_it(copy: Path, keys: Keys, tmp_path: Path) -> None:
    """What people read is the paper: that of a worse bid, signed and listed by the evaluator's key, does not fit."""
    other = make(tmp_path / "other", keys, BROKEN["a lost dossier"][0](GOOD))
    shutil.copy(other / pack.PAPER, copy / pack.PAPER)
    sign_again(copy, keys)

    found = pack.check(copy, keys.certificate)

    assert told(found) == "ho-so.pdf: the raw data say something else."


def _another_stream(writer: IncrementalPdfFileWriter, page: generic.DictionaryObject) -> None:
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=_FORGED))
    writer.update_container(page)


def _the_same_stream(writer: IncrementalPdfFileWriter, page: generic.DictionaryObject) -> None:
    stream = page["/Contents"]
    stream._data, stream._encoded_data = _FORGED, None
    writer.mark_update(page.raw_get("/Contents").reference)


def _another_pages(writer: IncrementalPdfFileWriter, page: generic.DictionaryObject) -> None:
    page["/Contents"] = writer.root["/Pages"]["/Kids"][1].raw_get("/Contents")
    writer.update_container(page)


_FORGED = b"BT (KHONG DAT) Tj ET"
FORGERIES = {
    "another stream": _another_stream, "the same stream": _the_same_stream, "another page's": _another_pages,
}  # fmt: skip
PLACES = ("with the signature", "before it", "after a part that changes nothing")


def forged(honest: bytes, forgery: str, place: str, keys: Keys) -> bytes:
    """Write over the first page of a paper behind its last byte, and sign that."""
    if place == PLACES[2]:
        harmless = IncrementalPdfFileWriter(io.BytesIO(honest))
        harmless.mark_update(harmless.trailer.raw_get("/Info").reference)
        honest = _written_out(harmless)
    writer = IncrementalPdfFileWriter(io.BytesIO(honest))
    FORGERIES[forgery](writer, writer.root["/Pages"]["/Kids"][0].get_object())
    if place == PLACES[1]:
        return keys.sealer.paper(_written_out(writer), reason="Xác nhận")
    out = io.BytesIO()
    about = signers.PdfSignatureMetadata(field_name="X", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    signers.PdfSigner(about, signer=keys.sealer._signer).sign_pdf(writer, output=out)
    return out.getvalue()


def _written_out(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_paper_whose_pages_were_written_over_before_it_was_signed_is_found(
    copy: Path, keys: Keys, forgery: str, place: str
) -> None:
    """A PDF grows by appending: the first bytes are the honest paper, what is shown stands behind them."""
    manifest = msgspec.json.decode((copy / pack.MANIFEST).read_bytes(), type=pack.Manifest)
    files = tuple(held for held in manifest.files if held.path != pack.PAPER)
    honest = paper.lay_out(
        BID, GOOD, judging.judge(BID, GOOD), files=files, at=manifest.made, environment=manifest.environment
    )
    (copy / pack.PAPER).write_bytes(forged(sealing._ended(honest), forgery, place, keys))
    sign_again(copy, keys)

    found = pack.check(copy, keys.certificate)

    assert told(found) == "ho-so.pdf: the raw data say something else."


LISTS: dict[str, tuple[dict[str, Any], str]] = {
    "of another bid": ({"bid": "HSDT-99"}, "is the list of a pack of HSDT-99"),
    "of another format": ({"format": 99}, "format 99"),
    "made after it was signed": ({"made": datetime(2099, 1, 1, tzinfo=VIETNAM)}, "before the trial"),
    "made at no certain time": ({"made": datetime(2024, 1, 1)}, "no offset"),  # noqa: DTZ001 -- that is the point
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_contradicts_its_pack_is_found_whoever_signs_it(copy: Path, keys: Keys, name: str) -> None:
    """Bid, format and time of a list are held against what it lists and against the signature's own time."""
    changes, problem = LISTS[name]
    sign_again(copy, keys, **changes)

    found = pack.check(copy, keys.certificate)

    assert found.answer == "BROKEN"
    assert problem in told(found)


def test_a_path_that_is_listed_twice_is_found(copy: Path, keys: Keys) -> None:
    """One of the two lines would be read by some, the other by others."""
    files = pack._held(copy)
    sign_again(copy, keys, files=(msgspec.structs.replace(files[0], sha256="0" * 64), *files))

    assert "bid.toml: is listed 2 times." in told(pack.check(copy, keys.certificate))


def test_somebody_elses_certificate_beside_the_pack_is_found(keys: Keys, tmp_path: Path) -> None:
    """Whoever takes it for the signer's, against all advice, would look at the wrong name."""
    other = bid_keys.of(tmp_path / "theirs")
    strange = make(tmp_path / "pack", Keys(keys.sealer, other.certificate, fresh=False))

    assert told(pack.check(strange, keys.certificate)) == "certificate.pem: is not the signer's."


@pytest.mark.parametrize("name", ["raw/points.jsonl", "bid.toml", "manifest.json"])
def test_a_link_is_no_file_of_a_pack(copy: Path, keys: Keys, tmp_path: Path, name: str) -> None:
    """What it leads to is the same today, and may be another tomorrow."""
    (copy / name).rename(tmp_path / "elsewhere")
    (copy / name).symlink_to(tmp_path / "elsewhere")

    found = pack.check(copy, keys.certificate)

    assert found.answer == "BROKEN"
    assert name in told(found)


def test_a_pipe_is_named_and_not_waited_for(copy: Path, keys: Keys) -> None:
    """Nor is it overlooked."""
    os.mkfifo(copy / "raw" / "ong")

    assert "raw/ong: is no ordinary file." in told(pack.check(copy, keys.certificate))


#: Raw data that a signer may have written by hand: file, what is replaced, by what.
ODD = {
    "a weight beyond the norm": ("raw/points.jsonl", b'"weight":3', b'"weight":7'),
    "a negative number of a probe": ("raw/probes.jsonl", b'"number":1', b'"number":-1'),
    "a load of nothing": ("raw/probes.jsonl", b'"load":1.0', b'"load":0.0'),
    "a load beyond all bounds": ("raw/probes.jsonl", b'"load":1.0', b'"load":1e308'),
    "no UTF-8": ("raw/settled.jsonl", b"C-1", b"\xff\xfe"),
    "an integer of thousands of digits": ("raw/handover.json", b'"expected": 10', b'"expected": ' + b"9" * 5000),
    "brackets without end": ("raw/upgrade.json", b"{", b"[" * 100_000),
    "brackets without end in a field of nobody's": ("raw/upgrade.json", b"{", b'{"x": ' + b"[" * 100_000),
}


@pytest.mark.parametrize("name", ODD)
def test_raw_data_that_nobody_can_have_seen_are_a_problem_and_no_error_of_ours(
    copy: Path, keys: Keys, name: str
) -> None:
    """Signed and listed by a key of one's own: told, whatever stands there."""
    file, old, new = ODD[name]
    content = (copy / file).read_bytes()
    assert old in content
    (copy / file).write_bytes(content.replace(old, new))
    sign_again(copy, keys)

    assert pack.check(copy, keys.certificate).answer == "BROKEN"


@pytest.mark.parametrize("trust", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_for_trust_that_holds_no_certificate_is_bad_input_and_no_flaw_of_the_pack(
    original: Path, tmp_path: Path, trust: str
) -> None:
    """The option is named; the pack is not said to have been changed."""
    (tmp_path / "trust.pem").write_text(trust, encoding="utf-8")

    done = CliRunner().invoke(
        group, ["verify-pack", str(original), "--trust", str(tmp_path / "trust.pem")], standalone_mode=False
    )

    assert isinstance(done.exception, BadInputError)
    assert [mistake.key for mistake in done.exception.mistakes] == ["--trust"]


def test_a_pack_that_was_replaced_and_signed_again_is_not_taken_for_the_evaluators(tmp_path: Path, keys: Keys) -> None:
    """Whole and consistent, by another key: no pass, and with the evaluator's certificate given it is said plainly."""
    strange = make(tmp_path / "strange", bid_keys.of(tmp_path / "their-keys"))
    (tmp_path / "certificate.pem").write_bytes(keys.certificate)

    found = pack.check(strange, keys.certificate)
    done = CliRunner().invoke(
        group, ["verify-pack", str(strange), "--trust", str(tmp_path / "certificate.pem")], standalone_mode=False
    )

    assert (found.answer, found.by_another) == ("UNKNOWN", True)
    assert (pack.check(strange, b"").answer, pack.check(strange, b"").by_another) == ("UNKNOWN", False)
    assert done.return_value == 2
    assert "thay và ký lại" in " ".join((done.output + done.stderr).split())


def test_a_comparison_ranks_whoever_keeps_all_by_the_price_of_a_unit(tmp_path: Path) -> None:
    """Cheapest first among the kept; what is unknown and what is broken stand below, however cheap, without a rank."""

    def offer(name: str, seen: Evidence, month: int) -> Packed:
        price = msgspec.structs.replace(BID.price, month=month)
        bid = msgspec.structs.replace(BID, id=name, price=price)
        return Packed(folder=tmp_path / name, bid=bid, evidence=seen, verdict=judging.judge(bid, seen))

    lines = comparing.compare(
        [
            offer("dear", GOOD, 90_000_000),
            offer("broken", BROKEN["a lost dossier"][0](GOOD), 1_000_000),
            offer("nothing-seen", Evidence(), 2_000_000),
            offer("cheap", GOOD, 50_000_000),
        ]
    )

    assert [(line.bid.id, line.rank) for line in lines] == [
        ("cheap", 1), ("dear", 2), ("nothing-seen", None), ("broken", None),
    ]  # fmt: skip


def test_a_pack_that_was_changed_is_not_compared(copy: Path, keys: Keys, tmp_path: Path) -> None:
    """A verdict written by hand does not get onto the page: every changed pack is named, and there is no page."""
    broken = make(tmp_path / "broken", keys, BROKEN["a lost dossier"][0](GOOD))
    shutil.copy(copy / pack.VERDICT, broken / pack.VERDICT)
    (copy / "bid.toml").write_bytes((copy / "bid.toml").read_bytes().replace(b"95_000_000", b"15_000_000"))

    found = mistakes(compared(tmp_path, copy, broken))

    assert ("broken", "verdict.json: its content was changed.") in found
    assert ("pack", "bid.toml: its content was changed.") in found
    assert not (tmp_path / "bids.html").exists()


def test_with_a_certificate_given_only_its_holders_packs_are_compared(
    original: Path, keys: Keys, tmp_path: Path
) -> None:
    """A whole pack, signed by a vendor's own key, is refused; without a certificate it is said that nobody looked."""
    (tmp_path / "certificate.pem").write_bytes(keys.certificate)
    strange = make(tmp_path / "strange", bid_keys.of(tmp_path / "their-keys"))
    trust = ("--trust", str(tmp_path / "certificate.pem"))

    ((file, found),) = mistakes(compared(tmp_path, strange, *trust))
    assert (file, "does not vouch" in found) == ("strange", True)
    assert compared(tmp_path, original, *trust).return_value == 0
    assert "--trust" in compared(tmp_path, original).output


def test_bids_that_were_tried_differently_are_said_not_to_be_comparable(
    original: Path, keys: Keys, tmp_path: Path
) -> None:
    """Ten seconds a load on one machine and an hour on another: on the screen and on the page, by what differs."""
    source = tmp_path / "bid.toml"
    source.write_text(SOURCE.read_text("utf-8").replace("HSDT-01", "HSDT-09"), encoding="utf-8")

    done = compared(tmp_path, original, make(tmp_path / "other", keys, source=source, seed=2))
    page = (tmp_path / "bids.html").read_text("utf-8")
    alike = compared(tmp_path, original, make(tmp_path / "alike", keys, source=source))

    assert "(Mầm)" in done.stderr
    assert "khác nhau ở" in page
    assert "(Mầm)" not in alike.stderr
    assert "khác nhau ở" not in (tmp_path / "bids.html").read_text("utf-8")


def test_two_packs_of_one_id_are_not_put_side_by_side(original: Path, copy: Path, tmp_path: Path) -> None:
    """Nobody could tell which was which, and the better of two trials is not the trial."""
    ((file, found),) = mistakes(compared(tmp_path, original, copy))
    assert (file, found) == ("pack", f"is in {original}, too.")


def test_a_bids_name_is_shown_as_it_is_written_and_an_example_says_that_it_is_one(keys: Keys, tmp_path: Path) -> None:
    """No markup of a terminal or of a page gets through; a double is nobody's product."""
    source = tmp_path / "bid.toml"
    name = "[/] [green]Đạt[/green] <b>một cửa</b>"
    source.write_text(SOURCE.read_text("utf-8").replace("Một cửa Sen", name), encoding="utf-8")

    done = compared(tmp_path, make(tmp_path / "pack", keys, source=source))

    assert done.return_value == 0
    assert "[green]Đạt" in "".join(done.output.split("\n"))
    page = (tmp_path / "bids.html").read_text("utf-8")
    assert "<b>" not in page
    assert "bản mô phỏng kèm theo" in page


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:8080", True), ("http://[::1]:8080", True), ("http://localhost:8080", True),
        ("file:///srv/trao-doi", True), ("https://motcua.example.vn", True), ("http://motcua.example.vn", False),
        ("http://127.0.0.1.example.vn", False), ("http://localhost.example.vn", False),
    ],
)  # fmt: skip
def test_what_leaves_this_machine_has_to_be_encrypted(url: str, kept: bool) -> None:  # noqa: FBT001 -- a table's column
    """Names that only look like this machine are elsewhere; so is an address for the hand-over alone."""
    bid: Bid = msgspec.structs.replace(BID, double=None, endpoints=Endpoints(url=url, dialect="sen"))
    assert guarding._transport(bid).kept is kept
    beside = Endpoints(url="https://motcua.example.vn", dialect="sen", handover="http://motcua.example.vn/ban-giao")
    assert guarding._transport(msgspec.structs.replace(bid, endpoints=beside)).kept is False


def test_a_certificate_of_another_key_is_told_before_a_trial_and_not_by_its_pack(keys: Keys, tmp_path: Path) -> None:
    """A pack signed with it would be nobody's."""
    theirs = tmp_path / "theirs"
    bid_keys.of(theirs)
    (theirs / bid_keys.CERTIFICATE).write_bytes(keys.certificate)

    with pytest.raises(BadInputError, match="is not of that key"):
        bid_keys.of(theirs)


def test_a_certificate_that_has_run_out_is_told_before_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody finds out from a signature that is not trusted."""
    monkeypatch.setattr(bid_keys, "_YEARS", 0)
    monkeypatch.setattr(bid_keys, "timedelta", lambda days: timedelta(days=days or -0.5))

    with pytest.raises(BadInputError, match="not valid today"):
        bid_keys.of(tmp_path / "keys")
