"""Targets by name, and the target of a stack. A target's libraries are imported when somebody asks for it."""

from __future__ import annotations

from pathlib import Path

from infra.docker_target.holding import root as holding_root
from infra.local.target import LocalTarget
from infra.local.target import Options as LocalOptions
from infra.stack import Stack
from infra.target import Target
from loadtests.planted.bottleneck import Bottleneck
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text
from tinhmau import screen
from tinhmau.language import say

NAMES = ("local", "docker")


def check(name: str) -> str:
    """Return the name. Raises BadInputError when there is no such target, or when it is not installed."""
    if name not in NAMES:
        found = Text(f"không có đích “{name}”.", f"there is no target “{name}”.")
        raise BadInputError([Mistake(file="--target", key=name, found=found, way_out=did_you_mean(name, NAMES))])
    if name == "docker":
        try:
            import infra.docker_target.target  # noqa: F401, PLC0415 -- its libraries are an extra
        except ImportError as error:
            found = Text(f"thiếu gói Python “{error.name}”.", f"the Python package “{error.name}” is missing.")
            way_out = Text("Chạy: pip install 'tinhmau[cloud]'", "Run: pip install 'tinhmau[cloud]'")
            raise BadInputError([Mistake(file="--target", key=name, found=found, way_out=way_out)]) from None
    return name


def make(
    name: str,
    run: Path,
    *,
    port_base: int | None = None,
    keep: bool = False,
    attached: bool = True,
    backup_to: Path | None = None,
    standby: bool = False,
) -> Target:
    """A target that leaves metrics and logs in the run folder; with `backup_to`, every change in that folder."""
    if keep and name != "local":
        found = Text("chỉ đích local biết.", "is known to the target local only.")
        way_out = Text(
            "Bỏ --keep; nhật ký vẫn ở thư mục logs của lần chạy, hoặc dùng tinhmau up.",
            "Leave it out; logs are in the run's folder anyway, or use tinhmau up.",
        )
        raise BadInputError([Mistake(file="--keep", key="keep", found=found, way_out=way_out)])
    metrics, logs = run / "metrics", run / "logs"
    if name == "docker":
        from infra.docker_target import published  # noqa: PLC0415 -- its libraries are an extra
        from infra.docker_target import target as docker_target  # noqa: PLC0415

        doubt = published.doubt(published.most_connections())
        if doubt is not None:
            screen.hint(say(doubt))
        return docker_target.DockerTarget(
            docker_target.Options(
                port_base=port_base,
                metrics=metrics,
                logs_to=logs,
                attached=attached,
                backup_to=backup_to,
                standby=standby,
            )
        )
    return LocalTarget(LocalOptions(port_base=port_base, metrics=metrics, logs_to=logs, keep=keep, attached=attached))


def check_backup(name: str, *, option: str) -> None:
    """Raise BadInputError for a target whose stacks are not backed up."""
    if name != "docker":
        found = Text("đích này chưa sao lưu được.", "this target has no backups.")
        way_out = Text("Thêm --target docker.", "Add --target docker.")
        raise BadInputError([Mistake(file=option, key=name, found=found, way_out=way_out)])


def check_standby(name: str) -> None:
    """Raise BadInputError for a target whose database has no second server."""
    if name != "docker":
        found = Text("đích này chỉ có một máy chủ PostgreSQL.", "this target has one PostgreSQL server only.")
        way_out = Text("Thêm --target docker.", "Add --target docker.")
        raise BadInputError([Mistake(file="--standby", key=name, found=found, way_out=way_out)])


def make_planted(run: Path, bottleneck: Bottleneck) -> Target:
    """A local target whose stack is short of something from the start."""
    service = bottleneck.service
    return LocalTarget(
        LocalOptions(
            metrics=run / "metrics",
            logs_to=run / "logs",
            settings={service: bottleneck.settings},
            commands={service: tuple(bottleneck.command)} if bottleneck.command else {},
        )
    )


def of(stack: Stack) -> Target:
    """The target that a stack runs on, to ask and to stop it. Raises BadInputError when it is somebody else's."""
    if check(stack.target) == "docker":
        from infra.docker_target.target import DockerTarget  # noqa: PLC0415 -- its libraries are an extra

        return DockerTarget()
    return LocalTarget()


def sweep() -> int:
    """Put away what commands that were killed have left in the Docker engine; returns how many stacks that were."""
    if not holding_root().is_dir() or not any(holding_root().iterdir()):
        return 0
    check("docker")
    from infra.docker_target.target import DockerTarget  # noqa: PLC0415 -- its libraries are an extra

    return DockerTarget().sweep_abandoned()
