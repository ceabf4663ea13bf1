"""`tinhmau bid`: try an offer against its own promises, put several side by side, check that a pack is unchanged."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from simulation.timeline import VIETNAM
from tinhmau import bid_keys, bids, exits, pacing, screen
from tinhmau.attempts import Attempts
from tinhmau.commands import options
from tinhmau.language import say, significant, t
from verification.answer import WORDS
from verification.bids import bid as bid_files
from verification.bids import comparing, pack, page, sealing, trial
from verification.bids.bid import Bid
from verification.bids.judging import GROUPS, Verdict, proven_text
from verification.bids.pack import Packed
from verification.wording import dong, figure

_KEYS = Path("runs/bid-keys")


@click.group(
    name="bid",
    help=t(
        "Hồ sơ dự thầu: kiểm tra bằng chạy thật, so sánh, kiểm tra gói bằng chứng.",
        "Bids: try them, compare them, check their evidence packs.",
    ),
)
def group() -> None:
    """Bids."""


@group.command(
    name="check",
    help=t(
        "Chạy thử sản phẩm trong BID.toml theo đúng những gì nhà thầu cam kết: quy phạm, luật đối soát, năng lực, an "
        "toàn, nâng cấp, bàn giao dữ liệu; ghi gói bằng chứng có chữ ký.",
        "Try the product of BID.toml against what its vendor promises: the norm, laws of reconciliation, capacity, "
        "security, upgrade, hand-over; writes a signed evidence pack.",
    ),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="BID.toml")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    metavar=options.FOLDER,
    help=t("Thư mục mới cho gói bằng chứng; mặc định runs/bid-<id>-<giờ>.", "A new folder for the pack."),
)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=10.0,
    show_default=True,
    metavar=options.NUMBER,
    help=t("Thời gian mở hồ sơ mới ở mỗi mức tải.", "For so long dossiers begin at each load."),
)
@click.option(
    "--probes",
    type=click.IntRange(1, 60),
    default=8,
    show_default=True,
    metavar=options.NUMBER,
    help=t("Số mức tải thử nhiều nhất.", "Loads to try at most."),
)
@click.option(
    "--keys",
    type=click.Path(file_okay=False, path_type=Path),
    default=_KEYS,
    show_default=True,
    metavar=options.FOLDER,
    help=t(
        "Thư mục có key.pem và certificate.pem để ký; trống thì tự tạo khoá thử.",
        "Folder with key.pem and certificate.pem to sign with; trial keys are made where it is empty.",
    ),
)
@options.seed
@options.permission
def check(
    *, file: Path, out: Path | None, seconds: float, probes: int, keys: Path, seed: int, permission: Path | None
) -> int:
    """Try one."""
    bid = bid_files.load(file)
    source = file.read_bytes()
    at = datetime.now(VIETNAM)
    folder = out or Path("runs") / f"bid-{bid.id}-{at:%Y%m%d-%H%M%S}"
    with Attempts() as attempt:
        left = attempt(bids.leave, bid, permission, folder=file.parent)
        signing = attempt(bid_keys.of, keys)
        attempt(_must_be_new, folder)
    assert left is not None and signing is not None  # noqa: S101, PT018 -- or the block has raised
    with (
        bids.reached(bid, folder=file.parent) as reach,
        screen.progress(Text(f"Kiểm tra {bid.id}", f"Trying {bid.id}")) as tell,
    ):
        seen = trial.hold(bid, reach, seconds=seconds, budget=probes, seed=seed, pace=pacing.Paced(left), tell=tell)
    verdict = pack.make(
        folder, source, bid, seen, sealer=signing.sealer, certificate=signing.certificate, at=at,
        environment={
            "tinhmau": metadata.version("tinhmau"), "Python": platform.python_version(),
            "Máy": f"{platform.system()} {platform.machine()}, {os.cpu_count()} bộ xử lý", "Mầm ngẫu nhiên": seed,
            "Mở hồ sơ mỗi mức tải, giây": figure(seconds).vi, "Số mức tải nhiều nhất": probes,
        },
    )  # fmt: skip
    _show(verdict)
    screen.line(t(f"Gói bằng chứng: {folder}", f"Evidence pack: {folder}"))
    if signing.fresh:
        screen.line(
            t(
                f"Đã tạo khoá thử ở {keys}; bên đánh giá cần {keys / bid_keys.CERTIFICATE} để kiểm tra gói.",
                f"Trial keys were made in {keys}; whoever checks the pack needs {keys / bid_keys.CERTIFICATE}.",
            )
        )
    return exits.OF_ANSWER[verdict.answer]


def _must_be_new(folder: Path) -> None:
    if folder.exists():
        found = Text("đã có thư mục này.", "the folder exists.")
        way_out = Text(
            "Chọn tên mới: gói đã ký không được ghi đè.", "Choose another: a signed pack is not overwritten."
        )
        raise BadInputError([Mistake(file=str(folder), key="--out", found=found, way_out=way_out)])


def _show(verdict: Verdict) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", t("nhóm", "group"), t("nội dung", "what"), t("cam kết", "promised"), t("thấy", "found")):
        table.add_column(heading, overflow="fold")
    signs = {"KEPT": "[green]✓[/]", "BROKEN": "[red]✗[/]", "UNKNOWN": "[yellow]?[/]"}
    for one in verdict.checks:
        told = (GROUPS[one.group], one.title, one.promised, one.found)
        table.add_row(signs[one.answer], *(escape(say(text)) for text in told))
    screen.out.print(table)
    for one in verdict.checks:
        if one.answer != "KEPT":
            for reason in one.reasons:
                screen.line(f"  {say(one.title)}: {say(reason)}")
    price = verdict.dong_per_dossier_second
    unit = say(dong(round(price))) if price is not None else "–"
    proven = say(proven_text(verdict.proven))
    screen.line(
        t(
            f"{say(WORDS[verdict.answer])}. Năng lực đã chứng minh: {proven}; mỗi tháng {unit} cho 1 hồ sơ/giây.",
            f"{say(WORDS[verdict.answer])}. Proven capacity: {proven}; {unit} a month for 1 dossier/s.",
        )
    )


_trust = click.option(
    "--trust",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    default=None,
    metavar=options.FILE,
    help=t(
        "Chứng thư (PEM) của người ký hoặc của nơi cấp chứng thư, lấy từ nguồn khác ngoài gói này.",
        "Certificate (PEM) of the signer or of its authority, had from elsewhere than this pack.",
    ),
)


@group.command(
    name="compare",
    help=t(
        "So sánh các gói bằng chứng: kết luận, giá một đơn vị năng lực đã chứng minh; ghi một trang HTML.",
        "Put evidence packs side by side: verdicts, price per unit of proven capacity; writes one HTML page.",
    ),
)
@click.argument(
    "packs", nargs=-1, required=True, type=click.Path(file_okay=False, path_type=Path), metavar=t("GÓI…", "PACK…")
)
@click.option(
    "--page",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("runs/bids.html"),
    show_default=True,
    metavar=options.FILE,
    help=t("Tệp HTML để ghi.", "HTML file to write."),
)
@_trust
def compare(*, packs: tuple[Path, ...], target: Path, trust: Path | None) -> int:
    """Compare several."""
    with Attempts() as attempt:
        trusted = attempt(_certificates, trust)
        read = [attempt(_unchanged, folder, trusted or b"") for folder in packs]
        whole = [one for one in read if one]
        attempt(_one_each, whole)
    lines = comparing.compare(whole)
    target.parent.mkdir(parents=True, exist_ok=True)
    page.render(target, lines, at=datetime.now(VIETNAM), version=metadata.version("tinhmau"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in (
        t("hạng", "rank"),
        t("hồ sơ dự thầu", "bid"),
        t("kết luận", "verdict"),
        t("đã chứng minh", "proven"),
        t("triệu đồng/tháng", "million đồng a month"),
        t("triệu đồng cho 1 hồ sơ/giây", "million đồng for 1 dossier/s"),
    ):
        table.add_column(heading, overflow="fold")
    for line in lines:
        price = line.verdict.dong_per_dossier_second
        table.add_row(
            str(line.rank or "–"), escape(_named(line.bid)), say(WORDS[line.verdict.answer]),
            say(proven_text(line.verdict.proven)), significant(line.bid.price.all_in_month / 1e6),
            significant(price / 1e6) if price is not None else "–",
        )  # fmt: skip
    screen.out.print(table)
    if different := comparing.tried_differently(lines):
        screen.complain(
            t(
                f"Không đo trong cùng điều kiện ({'; '.join(different)}): các con số không so được với nhau.",
                f"Not tried under the same circumstances ({'; '.join(different)}): the figures are not comparable.",
            )
        )
    if trust is None:
        screen.line(
            t(
                "Các gói còn nguyên từ khi ký; ai ký thì chưa kiểm tra: đưa chứng thư của bên đánh giá bằng --trust.",
                "The packs are unchanged since they were signed; by whom was not checked: give the evaluator's "
                "certificate with --trust.",
            )
        )
    screen.line(t(f"Trang so sánh: {target}", f"Page: {target}"))
    return exits.KEPT


def _named(bid: Bid) -> str:
    """Who a line is about; an example says so, for no product of anybody's was tried."""
    return f"{bid.id} {bid.name}" + (t(" (bản mô phỏng)", " (a double)") if bid.double else "")


def _unchanged(folder: Path, trusted: bytes) -> Packed:
    """Read a pack that is as it was signed. Raises BadInputError: what was changed is not compared."""
    packed, found = pack.read(folder), pack.check(folder, trusted)
    problems = list(found.problems)
    if found.by_another:
        problems.append(
            Text(
                f"do “{found.signer}” ký, không phải người mà --trust bảo chứng.",
                f"was signed by “{found.signer}”, for whom --trust does not vouch.",
            )
        )
    way_out = Text(
        "Lấy gói từ chính bên đã kiểm tra; xem “tinhmau bid verify-pack”.",
        "Get the pack from whoever made the trial; see “tinhmau bid verify-pack”.",
    )
    if problems:
        raise BadInputError(
            [Mistake(file=str(folder), key=pack.MANIFEST, found=one, way_out=way_out) for one in problems]
        )
    return packed


def _one_each(packs: Sequence[Packed]) -> None:
    """Two trials of one bid, or two bids of one name, side by side: nobody could tell which was which."""
    of_bid: dict[str, list[str]] = {}
    for one in packs:
        of_bid.setdefault(one.bid.id, []).append(str(one.folder))
    way_out = Text(
        "Mỗi hồ sơ dự thầu chỉ đưa một gói, với mã riêng.", "Give one pack a bid, each with an id of its own."
    )
    mistakes = [
        Mistake(
            file=folders[1], key=bid,
            found=Text(f"đã có ở {folders[0]}.", f"is in {folders[0]}, too."), way_out=way_out,
        )
        for bid, folders in of_bid.items()
        if len(folders) > 1
    ]  # fmt: skip
    if mistakes:
        raise BadInputError(mistakes)


def _certificates(trust: Path | None) -> bytes:
    """What --trust names. Raises BadInputError where that is no certificate: no pack is to blame for it."""
    if trust is None:
        return b""
    try:
        content = trust.read_bytes()
        sealing.fingerprints(content)
    except (OSError, ValueError) as error:
        found = Text(f"không đọc được chứng thư: {error}.", f"no certificate can be read: {error}.")
        way_out = Text("Chỉ vào tệp PEM có chứng thư.", "Name a PEM file that holds certificates.")
        raise BadInputError([Mistake(file=str(trust), key="--trust", found=found, way_out=way_out)]) from error
    return content


@group.command(
    name="verify-pack",
    help=t(
        "Kiểm tra gói bằng chứng: mã băm từng tệp, hai chữ ký, và tính lại kết luận từ dữ liệu gốc. Mã thoát 0: còn "
        "nguyên và do người được tin ký; 1: đã bị sửa; 2: còn nguyên nhưng chưa rõ ai ký.",
        "Check an evidence pack: every file's hash, both signatures, and the verdict from the raw data again. Exit "
        "codes: 0 unchanged and signed by somebody trusted; 1 changed; 2 unchanged, by an unknown signer.",
    ),
)
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path), metavar=t("GÓI", "PACK"))
@_trust
def verify_pack(*, folder: Path, trust: Path | None) -> int:
    """Check one pack."""
    found = pack.check(folder, _certificates(trust))
    for problem in found.problems:
        screen.complain(say(problem))
    if found.signer:
        screen.line(t(f"Người ký: {found.signer}", f"Signed by: {found.signer}"))
        screen.line(
            t(f"Dấu vân SHA-256 của chứng thư: {found.fingerprint}", f"Certificate, SHA-256: {found.fingerprint}")
        )
    if found.answer == "KEPT":
        screen.line(
            t(
                f"Còn nguyên: {found.files} tệp, hai chữ ký, kết luận tính lại từ dữ liệu gốc giống hệt.",
                f"Unchanged: {found.files} files, both signatures, the same verdict from the raw data.",
            )
        )
    elif found.answer == "UNKNOWN" and found.by_another:
        screen.complain(
            t(
                f"Không phải do người mà {trust} bảo chứng ký, hoặc chứng thư đó đã hết hạn: có thể cả gói đã bị thay "
                "và ký lại. Đối chiếu dấu vân ở trên với bên đánh giá.",
                f"Not signed by whom {trust} vouches for, or that certificate has expired: the whole pack may have "
                "been replaced and signed again. Compare the fingerprint above with the evaluator's.",
            )
        )
    elif found.answer == "UNKNOWN":
        screen.line(
            t(
                "Còn nguyên từ khi ký, nhưng chưa rõ ai ký: đưa chứng thư của người ký bằng --trust, hoặc đối chiếu "
                "dấu vân ở trên qua kênh khác.",
                "Unchanged since it was signed, but by whom is unknown: give the signer's certificate with --trust, or "
                "compare the fingerprint above over another channel.",
            )
        )
    return exits.OF_ANSWER[found.answer]
