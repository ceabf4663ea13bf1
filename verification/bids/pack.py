"""The evidence pack of an offer: a folder that says by itself whether anything in it was changed.

`bid.toml`, `raw/` (docs/howto/judge-a-bid.md), `verdict.json`, `ho-so.pdf` (PDF/A-2a, signed), `manifest.json` (every
file with its SHA-256), `manifest.p7s` (its signature) and `certificate.pem` (the signer's).
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from verification.answer import Answer
from verification.bids import bid as bids
from verification.bids import evidence as evidences
from verification.bids import judging, paper, sealing
from verification.bids.bid import Bid
from verification.bids.evidence import Evidence
from verification.bids.judging import Verdict
from verification.bids.paper import Held
from verification.conformance.readable import NO_JSON

BID, VERDICT, PAPER, RAW = "bid.toml", "verdict.json", "ho-so.pdf", "raw"
MANIFEST, SIGNATURE, CERTIFICATE = "manifest.json", "manifest.p7s", "certificate.pem"
_UNLISTED = {MANIFEST, SIGNATURE}
#: Counted up where the rules of judging change: a pack is judged again by the rules it was made with.
_FORMAT = 2
_LONGEST_LIST = 16 * 1024 * 1024  # bytes of a list of files or a signature: some hundred are usual


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the pack and how it was made."""

    format: int
    bid: str
    made: datetime
    environment: dict[str, Any]
    files: tuple[Held, ...]


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """A pack as it was read."""

    folder: Path
    bid: Bid
    evidence: Evidence
    verdict: Verdict
    environment: Mapping[str, Any] = {}  #: how it was tried, as its list says


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of a pack came to."""

    answer: Answer  #: KEPT: unchanged and by somebody trusted; UNKNOWN: unchanged, by somebody unknown
    problems: tuple[Text, ...]
    signer: str = ""
    fingerprint: str = ""
    files: int = 0
    by_another: bool = False  #: certificates were given, and none of them vouches for who signed


def make(
    folder: Path,
    source: bytes,
    bid: Bid,
    evidence: Evidence,
    *,
    sealer: sealing.Sealer,
    certificate: bytes,
    at: datetime,
    environment: Mapping[str, Any],
) -> Verdict:
    """Write the pack into `folder`, which must not exist yet; returns the verdict. Raises FileExistsError.

    `source` is the bid's file as it was when it was read: a trial takes long, and it may have been edited since.
    """
    folder.mkdir(parents=True)
    (folder / BID).write_bytes(source)
    (folder / CERTIFICATE).write_bytes(certificate)
    evidences.save(evidence, folder / RAW)
    verdict = judging.judge(bid, evidence)
    (folder / VERDICT).write_bytes(_written(verdict))
    pdf = paper.lay_out(bid, evidence, verdict, files=_held(folder), at=at, environment=environment)
    (folder / PAPER).write_bytes(sealer.paper(pdf, reason="Xác nhận kết quả kiểm tra hồ sơ dự thầu"))
    manifest = Manifest(format=_FORMAT, bid=bid.id, made=at, environment=dict(environment), files=_held(folder))
    written = _written(manifest)
    (folder / MANIFEST).write_bytes(written)
    (folder / SIGNATURE).write_bytes(sealer.beside(written))
    return verdict


def read(folder: Path) -> Packed:
    """Read what a pack says, without asking whether it was changed. Raises BadInputError."""
    try:
        found = evidences.load(folder / RAW)
        verdict = msgspec.json.decode((folder / VERDICT).read_bytes(), type=Verdict)
        environment = msgspec.json.decode(_not_too_long(folder / MANIFEST), type=Manifest).environment
    except (OSError, *NO_JSON) as error:
        raise BadInputError([_no_pack(folder, error)]) from error
    return Packed(folder=folder, bid=bids.load(folder / BID), evidence=found, verdict=verdict, environment=environment)


def check(folder: Path, trusted: bytes) -> Checked:
    """Say whether anything was changed since the signature, and by whom it is.

    `trusted` holds PEM certificates, or nothing. Raises ValueError where it holds something else.
    """
    if trusted:
        sealing.fingerprints(trusted)
    problems: list[Text] = []
    try:
        written = _not_too_long(folder / MANIFEST)
        sealed = sealing.read_beside(written, _not_too_long(folder / SIGNATURE), trusted)
        manifest = msgspec.json.decode(written, type=Manifest)
    except (OSError, *NO_JSON, sealing.UnreadableSignatureError) as error:
        problem = Text(
            f"Bản kê hoặc chữ ký không đọc được: {error}", f"List of files or signature cannot be read: {error}"
        )
        return Checked(answer="BROKEN", problems=(problem,))
    if not sealed.intact:
        problems.append(Text("Bản kê đã bị sửa sau khi ký.", "The list of files was changed after it was signed."))
    problems += _list(manifest)
    problems += _changed(folder, manifest)
    problems += _paper(folder, trusted, sealed, manifest)
    if not problems:
        problems += _certificate(folder, sealed)
        problems += _judged_again(folder, manifest) or _laid_out_again(folder, manifest)
    answer: Answer = "BROKEN" if problems else "KEPT" if sealed.trusted else "UNKNOWN"
    return Checked(
        answer=answer, problems=tuple(problems), signer=sealed.signer, fingerprint=sealed.fingerprint,
        files=len(manifest.files), by_another=bool(trusted) and not sealed.trusted,
    )  # fmt: skip


def _not_too_long(path: Path) -> bytes:
    if not path.is_file() or path.is_symlink() or path.stat().st_size > _LONGEST_LIST:
        raise OSError(f"{path.name}: không có, không phải tệp thường, hoặc dài quá {_LONGEST_LIST} byte")
    return path.read_bytes()


def _list(manifest: Manifest) -> list[Text]:
    """What is wrong with the list itself, whoever signed it."""
    problems = []
    if manifest.format != _FORMAT:
        problems.append(
            Text(
                f"{MANIFEST}: dạng {manifest.format}, bản tinhmau này đọc dạng {_FORMAT}: kiểm tra bằng bản đã làm "
                "ra gói.",
                f"{MANIFEST}: format {manifest.format}; this tinhmau reads {_FORMAT}: check it with the one that made "
                "the pack.",
            )
        )
    for path, times in Counter(held.path for held in manifest.files).items():
        if times > 1:
            problems.append(Text(f"{path}: kê {times} lần.", f"{path}: is listed {times} times."))
    if manifest.made.tzinfo is None:
        problems.append(Text(f"{MANIFEST}: giờ không có múi giờ.", f"{MANIFEST}: its time has no offset."))
    return problems


def _certificate(folder: Path, sealed: sealing.Sealed) -> list[Text]:
    try:
        beside = sealing.fingerprints((folder / CERTIFICATE).read_bytes())
    except ValueError as error:
        return [Text(f"{CERTIFICATE}: không đọc được: {error}", f"{CERTIFICATE}: cannot be read: {error}")]
    if sealed.fingerprint in beside:
        return []
    return [Text(f"{CERTIFICATE}: không phải của người ký.", f"{CERTIFICATE}: is not the signer's.")]


def _changed(folder: Path, manifest: Manifest) -> list[Text]:
    now = {held.path: held for held in _held(folder)}
    listed = {held.path: held for held in manifest.files}
    problems = [
        Text(f"{path}: không phải tệp thường.", f"{path}: is no ordinary file.")
        for path in _out_of_the_ordinary(folder)
    ]
    for path in sorted(now.keys() | listed.keys()):
        if path not in now:
            problems.append(Text(f"{path}: bị bỏ đi.", f"{path}: was removed."))
        elif path not in listed:
            problems.append(Text(f"{path}: thêm vào sau khi ký.", f"{path}: was added after signing."))
        elif now[path] != listed[path]:
            problems.append(Text(f"{path}: nội dung đã bị sửa.", f"{path}: its content was changed."))
    return problems


def _paper(folder: Path, trusted: bytes, beside: sealing.Sealed, manifest: Manifest) -> list[Text]:
    try:
        inside = sealing.read_paper((folder / PAPER).read_bytes(), trusted)
    except (OSError, sealing.UnreadableSignatureError) as error:
        return [Text(f"{PAPER}: không đọc được chữ ký: {error}", f"{PAPER}: no signature can be read: {error}")]
    if not inside.intact:
        return [Text(f"{PAPER}: đã bị sửa sau khi ký.", f"{PAPER}: was changed after it was signed.")]
    if inside.fingerprint != beside.fingerprint:
        return [Text(f"{PAPER}: người khác ký.", f"{PAPER}: was signed by somebody else.")]
    if manifest.made.tzinfo and (inside.at is None or inside.at < manifest.made.replace(microsecond=0)):
        # a signature tells whole seconds
        told = f"{inside.at or '?'}"
        return [
            Text(
                f"{PAPER}: ký lúc {told}, trước khi kiểm tra ({manifest.made}).",
                f"{PAPER}: was signed at {told}, before the trial ({manifest.made}).",
            )
        ]
    return []


def _judged_again(folder: Path, manifest: Manifest) -> list[Text]:
    """Hold the verdict against the raw data: whoever signs may not say what the data do not."""
    try:
        packed = read(folder)
    except BadInputError as error:
        return [Text(mistake.into("vi"), mistake.into("en")) for mistake in error.mistakes]
    if packed.bid.id != manifest.bid:
        return [
            Text(f"{MANIFEST}: kê gói của {manifest.bid}.", f"{MANIFEST}: is the list of a pack of {manifest.bid}.")
        ]
    if _written(judging.judge(packed.bid, packed.evidence)) == _written(packed.verdict):
        return []
    return [Text(f"{VERDICT}: dữ liệu gốc nói khác.", f"{VERDICT}: the raw data say something else.")]


def _laid_out_again(folder: Path, manifest: Manifest) -> list[Text]:
    """Hold the paper, which is what people read, against the data: it is the same bytes every time."""
    packed = read(folder)
    before = tuple(held for held in manifest.files if held.path != PAPER)
    laid = paper.lay_out(
        packed.bid, packed.evidence, packed.verdict, files=before, at=manifest.made, environment=manifest.environment
    )
    if sealing.signed_over(laid, (folder / PAPER).read_bytes()):
        return []
    return [Text(f"{PAPER}: dữ liệu gốc nói khác.", f"{PAPER}: the raw data say something else.")]


def _held(folder: Path) -> tuple[Held, ...]:
    """Every ordinary file but the list and its signature."""
    held = []
    for path in sorted(folder.rglob("*")):
        name = _name(folder, path)
        if path.is_file() and not path.is_symlink() and name not in _UNLISTED:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            held.append(Held(name, path.stat().st_size, digest))
    return tuple(held)


def _out_of_the_ordinary(folder: Path) -> list[str]:
    """Links, pipes, devices: what they hold today is not what they hold tomorrow."""
    strange = (path for path in folder.rglob("*") if path.is_symlink() or not (path.is_file() or path.is_dir()))
    return sorted(_name(folder, path) for path in strange)


def _name(folder: Path, path: Path) -> str:
    """As the list has it; a name that is no UTF-8 can be told, too."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")


def _written(what: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(what), indent=2) + b"\n"


def _no_pack(folder: Path, error: Exception) -> Mistake:
    return Mistake(
        file=str(folder), key=RAW,
        found=Text(f"không phải gói bằng chứng: {error}.", f"is no evidence pack: {error}."),
        way_out=Text("Chỉ vào thư mục mà tinhmau bid check đã ghi.", "Name a folder that tinhmau bid check wrote."),
    )  # fmt: skip
