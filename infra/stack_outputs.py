"""A running stack from its outputs: those of a Pulumi stack by its name, or a file that somebody wrote."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec

from infra import stack as stacks
from infra.docker_target import holding
from infra.engine import finding
from infra.stack import Stack
from infra.trouble import TargetError
from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text

_ROOT = Path(__file__).resolve().parents[1]
_ANSWER_WITHIN_SECONDS = 120


def find(name: str) -> Stack:
    """The stack of that name, or the one that a file of that name describes.

    Raises BadInputError when there is neither, TargetError when Pulumi cannot tell.
    """
    file = Path(name)
    if file.is_file():
        try:
            return stacks.load(file)
        except msgspec.MsgspecError as error:
            raise _wrong(name, Text(f"không đọc được: {error}.", f"cannot be read: {error}.")) from error
    return _of_pulumi(name)


def _of_pulumi(name: str) -> Stack:
    engine = finding.find()
    if engine is None:
        raise TargetError(
            Text("Không có Pulumi engine. Chạy: tinhmau engine", "There is no Pulumi engine. Run: tinhmau engine")
        )
    own = holding.root() / name / "pulumi"
    placed_here = own.is_dir()  # by `tinhmau up --target docker`; otherwise by a plain `pulumi up` in the checkout
    environment = {**os.environ, **finding.OFFLINE}
    if placed_here:
        orders = msgspec.json.decode((own.parent / "orders.json").read_bytes(), type=dict[str, msgspec.Raw])
        environment |= {
            "PULUMI_BACKEND_URL": f"file://{own}",
            "PULUMI_HOME": str(own / "home"),
            "PULUMI_CONFIG_PASSPHRASE": msgspec.json.decode(orders["passphrase"], type=str),
        }
    done = subprocess.run(
        [engine.program, "stack", "output", "stack", "--show-secrets", "--json", "--stack", name],
        cwd=own if placed_here else _ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=_ANSWER_WITHIN_SECONDS,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:]
        raise _wrong(name, Text(f"Pulumi không đưa ra: {said}", f"Pulumi does not tell it: {said}"))
    try:
        return msgspec.json.decode(done.stdout, type=Stack)
    except msgspec.MsgspecError as error:
        raise _wrong(name, Text(f"đầu ra “stack” sai: {error}.", f"its output “stack” is wrong: {error}.")) from error


def _wrong(name: str, found: Text) -> BadInputError:
    way_out = Text(
        "Ghi tên một stack đang chạy (pulumi stack ls), hoặc tệp stack.json.",
        "Name a stack that runs (pulumi stack ls), or a stack.json.",
    )
    return BadInputError([Mistake(file="--stack", key=name, found=found, way_out=way_out)])
