"""`tinhmau up`, `status`, `down`: a province left running to look around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.table import Table

from infra import stack as stacks
from infra.local.clock import stand_clock
from infra.reference import ADMINISTRATOR
from infra.stack import Stack
from infra.target import ServiceStatus
from infra.trouble import TargetError
from loadtests.accounts import passcode
from simulation.text import Text
from tinhmau import exits, phases, run_folder, screen, targets
from tinhmau.attempts import Attempts
from tinhmau.commands import options
from tinhmau.language import number, say, t
from tinhmau.phases import World

_MORNING = 8 * 3600.0  #: official second at which a province that is left running begins its day
LEFT_RUNNING = "left_running"  #: in environment.json: the stack does not end with the command that placed it
_ROLES = (
    ("reception_clerk", "onestop", Text("cán bộ một cửa", "reception clerk")),
    ("specialist", "onestop", Text("chuyên viên", "specialist")),
    ("leader", "office", Text("lãnh đạo", "leader")),
    ("document_clerk", "office", Text("văn thư", "document clerk")),
)
#: Where each account is let in.
_DOORS = {
    "portal": Text("qua API: POST /api/sign-in", "by API: POST /api/sign-in"),
    "onestop": Text("mở trang, đăng nhập", "open the page and sign in"),
    "office": Text("mở trang, đăng nhập", "open the page and sign in"),
    "lgsp": Text("mở trang, đăng nhập", "open the page and sign in"),
}
_STATES = {
    "waiting": Text("chờ", "waiting"),
    "starting": Text("đang khởi động", "starting"),
    "ready": Text("sẵn sàng", "ready"),
    "restarting": Text("đang khởi động lại", "restarting"),
    "gave_up": Text("đã bỏ cuộc", "gave up"),
    "stopped": Text("đã dừng", "stopped"),
}


@click.command(
    name="up",
    help=t(
        "Dựng tỉnh và để chạy; in địa chỉ, tài khoản và cách dừng.",
        "Place a province and leave it running; prints addresses, accounts and how to stop it.",
    ),
)
@options.scenario
@options.target
@options.seed
@options.runs
@options.ports
@options.standby
@click.option(
    "--backup",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help=t(
        "Sao lưu liên tục vào thư mục này (chỉ đích docker); phục hồi bằng tinhmau restore.",
        "Back up continuously into this folder (target docker only); tinhmau restore brings it back.",
    ),
)
def up(
    *, scenario: str, target: str, seed: int, runs: Path, port_base: int | None, standby: bool, backup: Path | None
) -> None:
    """Leave a province running."""
    with Attempts() as attempt:
        attempt(targets.check, target)
        if backup is not None:
            attempt(lambda: targets.check_backup(target, option="--backup"))
        if standby:
            attempt(lambda: targets.check_standby(target))
        attempt(phases.read, scenario)
    run = run_folder.create(runs, f"{scenario}-up")
    screen.line(t(f"Lần chạy: {run}", f"Run: {run}"))
    run_folder.write_environment(
        run, scenario=scenario, seed=seed, target=target, faults=[], workers=0, **{LEFT_RUNNING: True}
    )
    world = phases.draw(scenario, seed=seed, folder=run / "plan")
    backup_to = backup.resolve() if backup is not None else None
    place_on = targets.make(target, run, port_base=port_base, attached=False, backup_to=backup_to, standby=standby)
    stack = phases.place(world, run, target=place_on)
    try:
        stand_clock(stack, world.plan.timeline.day, _MORNING)
        _introduce(stack, world, runs)
    except BaseException:  # nobody has been told how to stop it
        phases.remove(stack, run, target=place_on)
        raise


@click.command(name="down", help=t("Dừng mọi tỉnh mà “up” đã để chạy.", "Stop every province that “up” left running."))
@options.runs
def down(*, runs: Path) -> None:
    """Stop what was left running, and clear away what commands that were killed have left behind."""
    stopped = targets.sweep()
    for run in run_folder.with_stack(runs):
        stack = stacks.load(run / "stack.json")
        if not run_folder.environment(run).get(LEFT_RUNNING) and _look(stack):
            name = run.name
            screen.line(
                t(f"{name}: đang có lệnh khác chạy, để yên.", f"{name}: another command is at work on it, left alone.")
            )
            continue
        phases.remove(stack, run, target=targets.of(stack), title=Text(f"Dừng {run.name}", f"Stopping {run.name}"))
        stopped += 1
    if not stopped:
        screen.line(t("Không có tỉnh nào đang chạy.", "No province is running."))


@click.command(
    name="status", help=t("Các dịch vụ đang chạy: cổng, trạng thái, bộ nhớ, nhật ký.", "What is running, and how.")
)
@options.runs
def status(*, runs: Path) -> int:
    """Show every service of every running province."""
    code = exits.KEPT
    standing = run_folder.with_stack(runs)
    for run in standing:
        stack = stacks.load(run / "stack.json")
        rows = _look(stack)
        if rows:
            screen.out.print(_table(f"{run.name} ({stack.target})", rows))
            screen.line(t("Nhật ký: ", "Logs: ") + where_logs_are(stack))
        else:
            screen.complain(t(f"{run.name}: đã dừng mà chưa được dọn.", f"{run.name}: ended without being put away."))
            screen.hint(t("Dọn bằng: ", "Put away with: ") + _call("down", runs))
        if not all(row.state == "ready" for row in rows) or not rows:
            code = exits.BROKEN
    if not standing:
        screen.line(
            t("Không có tỉnh nào đang chạy. Dựng bằng: ", "No province is running. Place one with: ")
            + _call("up", runs)
        )
    return code


def where_logs_are(stack: Stack) -> str:
    """Where logs are, or the command that shows them."""
    service = t("<dịch vụ>", "<service>")
    if stack.target != "docker":
        return f"{Path(stack.state) / 'logs' / service}.log"
    from infra.docker_target.components.logs import FOLDER  # noqa: PLC0415 -- its libraries are an extra
    from infra.docker_target.layout import LOGS  # noqa: PLC0415
    from infra.docker_target.plugin.kind import SERVICE_LABEL, STACK_LABEL  # noqa: PLC0415

    collector = f"$(docker ps -qf label={STACK_LABEL}={stack.name} -f label={SERVICE_LABEL}={LOGS})"
    return f"docker exec {collector} sh -c 'cat {FOLDER}/*/{service}.ndjson'"


def _look(stack: Stack) -> Sequence[ServiceStatus]:
    """How the services are; nothing when their supervisor is gone."""
    try:
        return targets.of(stack).status(stack)
    except TargetError:
        return ()


def _table(title: str, rows: Sequence[ServiceStatus]) -> Table:
    table = Table(title=title, box=None, title_justify="left", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(t("dịch vụ", "service"))
    table.add_column(t("địa chỉ", "address"))
    table.add_column(t("trạng thái", "state"))
    for heading in ("MB", "CPU %", t("khởi động lại", "restarts")):
        table.add_column(heading, justify="right")
    for row in rows:
        style = "green" if row.state == "ready" else "red"
        table.add_row(
            row.service,
            row.address,
            f"[{style}]{say(_STATES[row.state])}[/]",
            number(row.memory_mb),
            number(row.cpu_percent),
            number(row.restarts),
        )
    return table


def _introduce(stack: Stack, world: World, runs: Path) -> None:
    """Say where everything is, who may come in, and what one can do; each on a line that can be copied whole."""
    screen.out.print()
    screen.line(t(f"{world.province.name} đang chạy, 8 giờ sáng:", f"{world.province.name} is running, at 8 o'clock:"))
    for name, address in stack.endpoints.items():
        screen.line(f"  {name:<9} {address}")
    screen.out.print()
    screen.line(
        t(
            "Tài khoản để thử (người giả lập, mã chỉ dùng cho lần này):",
            "Accounts to try (synthetic people, passcodes of this run only):",
        )
    )
    for where, accounts in _accounts(world).items():
        screen.line(f"  {where} ({say(_DOORS[where])}):")
        width = max(len(account) for account, _ in accounts)
        for account, who in accounts:
            screen.line(f"  {account:<{width}}  {passcode(stack.passcode_key, account)}  {who}")
    screen.out.print()
    screen.line(t("Cho một ngày diễn ra: ", "Let a day happen: ") + _call("drive", runs))
    screen.line(t("Xem các dịch vụ:      ", "See the services: ") + _call("status", runs))
    screen.line(t("Dừng:                 ", "Stop:             ") + _call("down", runs))


def _accounts(world: World) -> Mapping[str, list[tuple[str, str]]]:
    """Service -> (account, who it belongs to)."""
    found: dict[str, list[tuple[str, str]]] = {"portal": [], "onestop": [], "office": []}
    persons = world.people.people
    for persona in world.province.personas:
        match = persons.filter(persons["persona"] == persona.id)
        if match.height:
            found["portal"].append((str(match["personal_number"][0]), persona.name))
    for role, where, title in _ROLES:
        member = next((one for one in world.province.staff if one.role == role), None)
        if member:
            found[where].append((member.account, f"{member.name}, {say(title)}"))
    found["lgsp"] = [(ADMINISTRATOR["account"], ADMINISTRATOR["name"])]
    return {where: accounts for where, accounts in found.items() if accounts}


def _call(command: str, runs: Path) -> str:
    """How to call a command for the same folder of runs."""
    return f"{screen.program()} {command}" + ("" if runs == Path("runs") else f" --runs {runs}")
