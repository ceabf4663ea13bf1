"""Runs the Pulumi engine on a stack: up, refresh, destroy. Whatever it says on the way goes to a log file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import pulumi
from pulumi import automation
from pulumi.automation import errors

from infra.docker_target import program
from infra.docker_target.settings import Placement
from infra.engine import finding
from infra.engine.finding import Engine
from infra.program.settings import PROJECT
from infra.trouble import TargetError
from simulation.text import Text

Result = TypeVar("Result")
_PLUGIN = Path(__file__).resolve().parent / "plugin"
_POLICY = Path(__file__).resolve().parents[1] / "policy_pack"
_LINES_SHOWN = 25
_REASONS, _SECTIONS = ("Policies:", "Diagnostics:"), ("Outputs:", "Resources:")
_AT_ONCE = 8  # resources: most of what one does is waiting


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to bring a stack up, look at it or take it down again; kept in its state folder, 0600."""

    placement: Placement
    province: str
    era: str
    master: str
    passphrase: str  #: under which the engine encrypts secrets in its state


def save(orders: Orders, folder: Path) -> None:
    """Write the orders so that only their owner can read them."""
    fd = os.open(folder / "orders.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(msgspec.json.encode(orders))


def load(folder: Path) -> Orders:
    """Read what `save` wrote. Raises FileNotFoundError."""
    return msgspec.json.decode((folder / "orders.json").read_bytes(), type=Orders)


class Runner:
    """The engine, at work on one stack whose state is in `folder`."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        """Read the orders; nothing is started."""
        self._folder, self.engine = folder, engine
        self.orders = load(folder)

    def up(self, *, expect_no_changes: bool = False) -> automation.UpResult:
        """Bring the stack in line with its orders. Raises TargetError."""
        return self._do(
            lambda stack, say: stack.up(
                on_output=say, parallel=_AT_ONCE, color="never", expect_no_changes=expect_no_changes or None
            )
        )

    def refresh(self) -> automation.RefreshResult:
        """Look at what is really there. Raises TargetError."""
        return self._do(lambda stack, say: stack.refresh(on_output=say, parallel=_AT_ONCE, color="never"))

    def preview(self, *, policy_packs: Sequence[Path] = ()) -> automation.PreviewResult:
        """What `up` would do, and whether these policy packs let it. Raises TargetError."""
        packs = [str(pack) for pack in policy_packs]
        return self._do(
            lambda stack, say: stack.preview(on_output=say, parallel=_AT_ONCE, color="never", policy_packs=packs)
        )

    def destroy(self) -> automation.DestroyResult:
        """Remove everything that the engine knows of. Raises TargetError."""
        return self._do(lambda stack, say: stack.destroy(on_output=say, parallel=_AT_ONCE, color="never"))

    def outputs(self) -> automation.OutputMap:
        """The stack's outputs. Raises TargetError."""
        return self._do(lambda stack, _say: stack.outputs())

    def _do(self, work: Callable[[automation.Stack, Callable[[str], None]], Result]) -> Result:
        said: list[str] = []
        with (self._folder / "pulumi.log").open("a", encoding="utf-8") as log:

            def say(line: str) -> None:
                said.append(line)
                log.write(f"{line}\n")
                log.flush()

            try:
                stack = self._stack()
                return work(stack, say)
            except errors.CommandError as error:
                log.write(f"{error}\n")
                raise TargetError(_told(said, str(error), self._folder)) from error

    def _stack(self) -> automation.Stack:
        orders, home = self.orders, self._folder / "pulumi"
        home.mkdir(mode=0o700, exist_ok=True)
        stack = automation.create_or_select_stack(
            orders.placement.stack,
            project_name=PROJECT,
            program=self._program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(home),
                pulumi_home=str(home / "home"),
                pulumi_command=automation.PulumiCommand(root=str(self.engine.root), skip_version_check=True),
                project_settings=automation.ProjectSettings(
                    name=PROJECT, runtime="python", backend=automation.ProjectBackend(url=f"file://{home}")
                ),
                secrets_provider="passphrase",
                env_vars={
                    **finding.OFFLINE,
                    "PULUMI_CONFIG_PASSPHRASE": orders.passphrase,
                    "PULUMI_BACKEND_URL": f"file://{home}",
                    "PATH": os.pathsep.join([str(_PLUGIN), str(_POLICY), os.environ.get("PATH", "")]),
                    "TINHMAU_PYTHON": sys.executable,
                },
            ),
        )
        if any(home.glob(".pulumi/locks/**/*.json")):  # of a command that was interrupted; the folder is ours alone
            stack.cancel()
        return stack

    def _program(self) -> None:
        orders = self.orders
        program.place(orders.placement, pulumi.Output.secret(orders.master), province=orders.province, era=orders.era)


def _told(said: list[str], error: str, folder: Path) -> Text:
    """What the engine gives as the reason: what policies refuse and its diagnostics, or else the last lines."""
    lines = [line for line in (said or error.splitlines()) if line.strip()]
    sections = {line: number for number, line in enumerate(lines) if line in _REASONS}
    begins = min(sections.values(), default=-1)
    ends = next((number for number, line in enumerate(lines) if number > begins and line in _SECTIONS), len(lines))
    reason = lines[begins + 1 : ends] if begins >= 0 else lines
    found = [line for line in reason if line not in _REASONS and not _is_trace(line)]
    shown = "\n".join(f"  {line}" for line in found[-_LINES_SHOWN:])
    log = folder / "pulumi.log"
    return Text(
        f"Pulumi dừng với lỗi (tất cả ở {log}):\n{shown}",
        f"Pulumi ended with an error (all it said is in {log}):\n{shown}",
    )


def _is_trace(line: str) -> bool:
    """Where in the plugin something was raised: for the log, not for the user."""
    bare = line.strip()
    return bare.startswith(('File "', "return await ", "resp = await ", "^", "~", "raise ")) or " await " in bare
