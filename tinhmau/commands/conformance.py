"""`tinhmau conformance`: whether a one-stop product fits into the province, what does not match, and a grade."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import metadata
from pathlib import Path

import click
import msgspec
from rich.table import Table

from loadtests.guard import Leave, ask_leave
from services.vendors import quirks
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text
from simulation.timeline import VIETNAM
from tinhmau import pacing, screen
from tinhmau.commands import options
from tinhmau.doubles import Double
from tinhmau.language import current, number, say, t
from verification.conformance import agreement, dialects, report
from verification.conformance.access import Access
from verification.conformance.inspection import inspect
from verification.conformance.listener import Listener
from verification.conformance.rating import Rating

_ALL, _NONE, _LIST = "all", "none", "list"


@click.command(
    name="conformance",
    help=t(
        "Kiểm tra một phần mềm một cửa: điểm nào không khớp, khớp được bao nhiêu, xếp hạng.\n\n"
        "Hoặc --double (bản mô phỏng kèm theo), hoặc --url với --dialect và --access.",
        "Check a one-stop product: what does not match, how much does, and a grade.\n\n"
        "Either --double (a double that comes with this), or --url with --dialect and --access.",
    ),
)
@click.option(
    "--double", default="", metavar=options.NAME, help=t("Bản mô phỏng: sen, truc, dua.", "A double: sen, truc, dua.")
)
@click.option(
    "--plant",
    "planted",
    multiple=True,
    metavar=options.NAME,
    help=t(
        "Điểm lệch cài vào bản mô phỏng (lặp lại được); mặc định “all”; “none” không cài; “list” in các tên.",
        "Mismatch to plant in the double (repeatable); “all” by default; “none”; “list” prints the names.",
    ),
)
@click.option(
    "--url",
    default="",
    metavar="URL",
    help=t("Địa chỉ sản phẩm; trao đổi bằng tệp thì là file:///…", "The product's address; a folder as file:///…"),
)
@click.option(
    "--dialect",
    default="",
    metavar=options.NAME,
    help=t("Giao thức sản phẩm nói: reference, sen, truc, dua.", "What it speaks: reference, sen, truc, dua."),
)
@click.option(
    "--access",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    metavar=options.FILE,
    help=t("Tệp JSON chứa các khoá (xem docs/howto/check-a-vendor.md).", "JSON file with the keys (see the how-to)."),
)
@click.option(
    "--era", default="2018", show_default=True, metavar=options.NAME, help=t("Thời kỳ: 2018, 2026.", "2018 or 2026.")
)
@click.option(
    "--listen",
    type=click.IntRange(0, 65535),
    default=0,
    metavar=options.NUMBER,
    help=t("Cổng trên 127.0.0.1 để nghe tin báo của sản phẩm.", "Port of 127.0.0.1 on which its news are heard."),
)
@click.option(
    "--agreement",
    "agreement_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    metavar=options.FOLDER,
    help=t(
        "Chỉ ghi dữ liệu thoả thuận (cơ quan, thủ tục, cán bộ) vào thư mục này để nạp vào sản phẩm.",
        "Only write the agreed data (agencies, procedures, staff) into this folder, to be loaded into the product.",
    ),
)
@options.permission
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/conformance"),
    show_default=True,
    metavar=options.FOLDER,
    help=t("Nơi ghi report.html và conformance.json.", "Where report.html and conformance.json go."),
)
def command(
    *,
    double: str,
    planted: tuple[str, ...],
    url: str,
    dialect: str,
    access: Path | None,
    era: str,
    listen: int,
    agreement_folder: Path | None,
    permission: Path | None,
    out: Path,
) -> int:
    """Inspect one product."""
    if double and _LIST in planted:
        for name in quirks.of_product(double) or quirks.QUIRKS:
            screen.line(f"{name}: {quirks.QUIRKS[name].does}")
        return 0
    writes = agreement_folder is not None
    _check(double=double, planted=planted, url=url, dialect=dialect, era=era, writes=writes)
    agreed = agreement.of_era(era)
    if agreement_folder is not None:
        agreed.write(agreement_folder)
        screen.line(t(f"Đã ghi {agreement_folder}", f"Written: {agreement_folder}"))
        return 0
    names, reached = _planted(double, planted), _access(url, access)
    pace = pacing.Paced(_leave(reached, permission))
    with _listener(listen) as listener:
        if double:
            rating = _inspect_double(double, names, agreed, listener)
        else:
            rating = inspect(dialect, reached, agreed, listener, pace=pace)
    head = report.Head(
        product=double or url, dialect=double or dialect, era=era, planted=names, at=datetime.now(VIETNAM),
        version=metadata.version("tinhmau"),
    )  # fmt: skip
    page = report.write(out, head, rating, current())
    _show(rating)
    screen.line(t(f"Báo cáo: {page}", f"Report: {page}"))
    return rating.exit_code


class _Slips:
    """The slips of one command line."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def add(self, key: str, found: Text, way_out: Text) -> None:
        """Note one."""
        self.mistakes.append(Mistake(file="tinhmau conformance", key=key, found=found, way_out=way_out))

    def known(self, key: str, name: str, names: Iterable[str]) -> bool:
        """Note a name that does not exist; returns whether it does."""
        if name in (names := list(names)):
            return True
        self.add(key, Text(f"không có “{name}”.", f"there is no “{name}”."), did_you_mean(name, names))
        return False


def _check(*, double: str, planted: tuple[str, ...], url: str, dialect: str, era: str, writes: bool) -> None:
    """Raise BadInputError with every slip at once."""
    slips = _Slips()
    slips.known("--era", era, agreement.eras())
    if bool(double) == bool(url) and not writes:
        found = Text("cần đúng một trong hai.", "exactly one of the two is needed.")
        slips.add("--double, --url", found, Text("Ví dụ: --double sen", "For example: --double sen"))
    if url:
        slips.known("--dialect", dialect, dialects.DIALECTS)
    if planted and not double:
        found = Text("chỉ cài được vào bản mô phỏng.", "only a double can be planted with mismatches.")
        slips.add("--plant", found, Text("Thêm --double.", "Add --double."))
    if double and slips.known("--double", double, sorted({quirk.product for quirk in quirks.QUIRKS.values()})):
        for name in planted:
            slips.known("--plant", name, (_ALL, _NONE, *quirks.of_product(double)))
    if slips.mistakes:
        raise BadInputError(slips.mistakes)


def _planted(double: str, planted: tuple[str, ...]) -> list[str]:
    if not double or _NONE in planted:
        return []
    return quirks.of_product(double) if not planted or _ALL in planted else list(planted)


def _access(url: str, path: Path | None) -> Access:
    if path is None:
        return Access(url=url)
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=dict[str, object])
        return msgspec.convert({**keys, "url": url}, Access)
    except msgspec.MsgspecError as error:
        found = Text(f"không đọc được: {error}.", f"cannot be read: {error}.")
        way_out = Text("Viết theo docs/howto/check-a-vendor.md.", "Write it as docs/howto/check-a-vendor.md says.")
        raise BadInputError([Mistake(file=str(path), key="--access", found=found, way_out=way_out)]) from error


def _leave(reached: Access, permission: Path | None) -> Leave:
    """Ask whether anything may go there. Raises BadInputError where its owner has not said so."""
    given = {"url": reached.url, "clock_url": reached.clock_url}
    return ask_leave({name: address for name, address in given.items() if address}, permission, now=time.time())


@contextmanager
def _listener(port: int) -> Iterator[Listener]:
    try:
        listener = Listener(port)
    except OSError as error:
        found = Text(f"cổng {port} không mở được ({error.strerror}).", f"port {port} cannot be opened.")
        way_out = Text("Chọn cổng khác.", "Choose another port.")
        raise BadInputError(
            [Mistake(file="tinhmau conformance", key="--listen", found=found, way_out=way_out)]
        ) from error
    try:
        yield listener
    finally:
        listener.close()


def _inspect_double(product: str, names: list[str], agreed: agreement.Agreement, listener: Listener) -> Rating:
    double = Double(product, agreed, listener)
    try:
        double.plant(names)
        return inspect(product, double.access, agreed, listener)
    finally:
        double.close()


def _show(rating: Rating) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", t("điểm", "point"), t("phải là", "expected"), t("thấy", "found")):
        table.add_column(heading, overflow="fold")
    for judged in (*rating.of("broken"), *rating.of("unknown")):
        sign = "[red]✗[/]" if judged.judgement == "broken" else "[yellow]?[/]"
        witness = judged.witness
        table.add_row(
            sign, judged.point.id, witness.expected if witness else "", witness.found if witness else ""
        )  # fmt: skip
    if table.row_count:
        screen.out.print(table)
    kept, broken, unknown = (len(rating.of(judgement)) for judgement in ("kept", "broken", "unknown"))
    screen.line(
        t(
            f"Hạng {rating.grade or '?'}: {say(report.GRADES[rating.grade])}. {kept} điểm đạt, {broken} lệch, "
            f"{unknown} chưa rõ; {number(rating.score * 100)}% theo trọng số.",
            f"Grade {rating.grade or '?'}: {say(report.GRADES[rating.grade])}. {kept} points kept, {broken} broken, "
            f"{unknown} unknown; {number(rating.score * 100)}% by weight.",
        )
    )
