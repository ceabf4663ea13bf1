"""`tinhmau plan`: what has to be rented for a province, why, and what it costs a month."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import msgspec
from rich.markup import escape
from rich.table import Table

from infra import pricing
from infra.blueprint import Blueprint, Workload, draw_up
from infra.demand import demand_of_province
from infra.pricing import SYSTEM_DISK_GB, UNITS, Bill, PriceList
from infra.rented import BASTION, balanced, rented
from infra.scaling import scaled
from infra.sizing import Measured, Quantity, Use
from simulation import province_files
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.province import Province
from simulation.text import Text
from simulation.twin.fitting import MACHINE
from tinhmau import screen, twin_runs
from tinhmau.attempts import Attempts
from tinhmau.language import say, t

_SIZES = ("replicas", "vcpu", "memory_mb", "disk_gb")
_LARGEST_FACTOR = 1000.0


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """One data centre on paper with its bill."""

    name: str
    blueprint: Blueprint
    bill: Bill

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """What is rented, the administrators' host included."""
        return (*self.blueprint.workloads, BASTION)


@click.command(
    name="plan",
    help=t(
        "In những gì phải thuê cho một tỉnh, lý do của từng con số và giá mỗi tháng.",
        "Print what has to be rented for a province, why each number is so big, and the price a month.",
    ),
)
@click.argument("province")
@click.option(
    "--against",
    metavar=t("TỈNH|HỆ_SỐ", "PROVINCE|FACTOR"),
    help=t(
        "So với một tỉnh khác, hoặc với nhu cầu nhân lên (ví dụ 2).",
        "Compare with another province, or with the demand multiplied (2, for example).",
    ),
)
@click.option(
    "--prices",
    default="vietnam_2026",
    show_default=True,
    metavar=t("TÊN|TỆP", "NAME|FILE"),
    help=t(
        "Bảng giá (fixtures/prices/), hoặc tệp .toml của bạn.", "Price list (fixtures/prices/), or your .toml file."
    ),
)
@click.option(
    "--twin",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    metavar="twin.json",
    help=t(
        "Tính bộ xử lý theo bản sao số đã đo (tinhmau twin fit), thay cho giả định.",
        "Size processors by a twin that was measured (tinhmau twin fit), instead of by assumption.",
    ),
)
@click.option("--reasons/--no-reasons", default=True, help=t("In cả lý do và nguồn.", "Print reasons and sources too."))
def command(*, province: str, against: str | None, prices: str, twin: Path | None, reasons: bool) -> None:
    """Print sizes, reasons and prices."""
    with Attempts() as attempt:
        price_list = attempt(pricing.load, prices)
        measured = attempt(_measured, twin) if twin else None
        facts = attempt(province_files.load, province)
    assert price_list is not None and facts is not None  # noqa: S101, PT018 -- or the block has raised
    draw = partial(_size, prices=price_list, measured=measured)
    first = draw(facts)
    second = _other(facts, against, draw) if against else None
    screen.out.print(say(first.blueprint.demand.basis))
    screen.out.print(_sizes(first))
    if reasons:
        _reasons(first)
    screen.out.print(_bill(first, price_list))
    screen.out.print(
        t(
            f"Có VAT {price_list.vat_percent} %: {_money(first.bill.total_with_vat)} đồng mỗi tháng. "
            "Chưa tính phần mềm, bản quyền, nhân công, đường truyền.",
            f"With {price_list.vat_percent} % VAT: {_money(first.bill.total_with_vat)} đồng a month. "
            "Software, licences, work and lines are not in it.",
        )
    )
    if second:
        screen.out.print(_differences(first, second))


def _measured(file: Path) -> Measured:
    twin = twin_runs.load_twin(file)
    uses = {one.name: Use(demand=one.demand, idle=one.idle) for one in twin.usual if one.name != MACHINE}
    loads = ", ".join(f"×{load:g}" for load in twin.loads)
    return Measured(uses=uses, source=f"measured: {file}, fitted to loads {loads}, with their mix of operations")


def _size(facts: Province, factor: float = 1.0, *, prices: PriceList, measured: Measured | None) -> Size:
    blueprint = rented(draw_up(facts, scaled(demand_of_province(facts), factor), measured), stand_ins=False)
    name = facts.id if factor == 1 else f"{facts.id} × {factor:g}"
    return Size(name=name, blueprint=blueprint, bill=pricing.bill(blueprint, prices))


def _other(facts: Province, against: str, draw: Callable[..., Size]) -> Size:
    known = province_files.known()
    if against in known:
        return draw(province_files.load(against))
    try:
        factor = float(against.replace(",", "."))
    except ValueError:
        found = Text(f"“{against}” không phải tỉnh hay số.", f"“{against}” is neither a province nor a number.")
        raise BadInputError(
            [Mistake(file="tinhmau plan", key="--against", found=found, way_out=did_you_mean(against, known))]
        ) from None
    if not 0 < factor <= _LARGEST_FACTOR:
        found = Text(f"hệ số {against} không dùng được.", f"the factor {against} cannot be used.")
        way_out = Text("Chọn số trên 0, tới 1000.", "Choose a number above 0, up to 1000.")
        raise BadInputError([Mistake(file="tinhmau plan", key="--against", found=found, way_out=way_out)])
    return draw(facts, factor)


def _sizes(size: Size) -> Table:
    table = Table(title=t(f"Phải thuê gì: {size.name}", f"What to rent: {size.name}"))
    table.add_column(t("thành phần", "workload"))
    table.add_column(t("vùng", "zone"))
    for heading in (
        t("số bản", "replicas"),
        "vCPU",
        t("bộ nhớ MB", "memory MB"),
        t("đĩa GB", "disk GB"),
        t("đồng/tháng", "đồng a month"),
    ):
        table.add_column(heading, justify="right")
    for workload in size.workloads:
        values = (str(getattr(workload, field).value) for field in _SIZES)
        table.add_row(workload.name, workload.zone, *values, _money(size.bill.of(workload.name)))
    for zone in balanced(size.blueprint):
        table.add_row(
            t("cân bằng tải", "load balancer"), zone, "1", "", "", "", _money(size.bill.of(f"gateway-{zone}"))
        )
    return table


def _reasons(size: Size) -> None:
    """Each reason once, with the workloads that share it."""
    screen.out.print(t("Vì sao (số liệu của mỗi bản):", "Why (figures of each replica):"), style="bold")
    shared: dict[tuple[str, str], list[str]] = {}
    for workload in size.workloads:
        for field in _SIZES:
            quantity: Quantity = getattr(workload, field)
            said = f"{_money(quantity.value)} {quantity.unit}: {say(quantity.reason)}"
            shared.setdefault((said, quantity.source), []).append(workload.name)
    for (said, source), workloads in shared.items():
        screen.out.print(f"• [bold]{', '.join(workloads)}[/]: {escape(said)} [dim]({escape(source)})[/]")
    note = t(
        f"Máy chủ cơ sở dữ liệu còn có đĩa hệ thống {SYSTEM_DISK_GB} GB và một ổ sao lưu lớn bằng ổ dữ liệu; "
        "giá tính cả.",
        f"A database server also has a system disk of {SYSTEM_DISK_GB} GB and a backup volume as large as its data; "
        "the price has them in it.",
    )
    screen.out.print(f"• {note}")


def _bill(size: Size, prices: PriceList) -> Table:
    table = Table(title=f"{say(prices.name)}: {_money(size.bill.total)} {t('đồng mỗi tháng', 'đồng a month')}")
    table.add_column(t("đơn vị", "unit"))
    for heading in (t("số lượng", "quantity"), t("đơn giá", "unit price"), t("thành tiền", "amount")):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(t("nguồn giá", "source of the price"))
    for unit, label in UNITS.items():
        quantity = sum(line.quantity for line in size.bill.lines if line.unit == unit)
        amount = sum(line.amount for line in size.bill.lines if line.unit == unit)
        price = prices.prices[unit]
        table.add_row(say(label), _money(quantity), _money(price.value), _money(amount), escape(price.source))
    return table


def _differences(first: Size, second: Size) -> Table:
    table = Table(title=t(f"Khác nhau: {first.name} → {second.name}", f"Differences: {first.name} → {second.name}"))
    table.add_column(t("thành phần", "workload"))
    table.add_column(t("số liệu", "figure"))
    for heading in (first.name, second.name):
        table.add_column(heading, justify="right")
    before = {workload.name: workload for workload in first.workloads}
    for workload in second.workloads:
        for field in _SIZES:
            was, now = getattr(before[workload.name], field), getattr(workload, field)
            if was.value != now.value:
                table.add_row(workload.name, now.unit, _money(was.value), _money(now.value))
    table.add_row(t("đồng mỗi tháng", "đồng a month"), "", _money(first.bill.total), _money(second.bill.total))
    return table


def _money(amount: int) -> str:
    """Thousands as the language of this process separates them."""
    return f"{amount:,}".replace(",", t(".", ","))
