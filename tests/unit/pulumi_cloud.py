"""A cloud that takes every order and keeps a list: Pulumi's mocks over the shipped example configuration."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import yaml
from pulumi.runtime import config as raw_config
from pulumi.runtime import mocks, settings

from infra.program import main, policy

MASTER = "0f1e2d3c4b5a69788796a5b4c3d2e1f00123456789abcdef0f1e2d3c4b5a6978"
STACK = "thu"
PUBLIC = "192.0.2.7"
ROOT = Path(__file__).resolve().parents[2]


def example() -> dict[str, Any]:
    """The shipped example configuration without its namespace, as a person reads it."""
    content = yaml.safe_load((ROOT / "Pulumi.openstack.yaml").read_text("utf-8"))["config"]
    return {key.removeprefix("tinhmau:"): value for key, value in content.items() if key.startswith("tinhmau:")}


def as_kept(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as Pulumi hands them to a program: text as it is, everything else as JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def server_name(workload: str, number: int) -> str:
    """Pulumi's name of a server."""
    return f"tinhmau-{workload}-{number}-server"


@dataclass(frozen=True)
class Output:
    """One output of the stack."""

    value: Any
    secret: bool


@dataclass(frozen=True)
class Placed:
    """What a run of the program asked the cloud for, and told its user."""

    resources: tuple[policy.Resource, ...]
    outputs: dict[str, Output]

    def of(self, kind: str) -> tuple[policy.Resource, ...]:
        """Resources of one kind, named by the end of their type: "Instance", "SecGroupRule"."""
        return tuple(one for one in self.resources if one.type.endswith(f":{kind}"))

    def named(self, name: str) -> policy.Resource:
        """One resource by its name."""
        (found,) = (one for one in self.resources if one.name == name)
        return found


class _Cloud(mocks.Mocks):
    def __init__(self) -> None:
        self.resources: list[policy.Resource] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        made_id = f"{args.name}-id"
        self.resources.append(policy.Resource(type=args.typ, name=args.name, id=made_id, inputs=dict(args.inputs)))
        made = {}
        if args.typ.endswith(":FloatingIp"):
            made["address"] = PUBLIC
        if args.typ.endswith(":LoadBalancer"):
            made["vipPortId"] = f"{args.name}-vip"
        if args.typ.endswith(":ApplicationCredential"):
            made["secret"] = "uploader-credential-secret"
        return made_id, {"name": args.name, **args.inputs, **made}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return {"id": "external-network-id", "name": args.args["name"]}, []


@contextmanager
def _event_loops() -> Iterator[None]:
    """Pulumi makes an event loop in each thread that it uses and closes none; here all are closed at the end."""
    made: list[asyncio.AbstractEventLoop] = []
    make = asyncio.new_event_loop

    def remembering() -> asyncio.AbstractEventLoop:
        made.append(make())
        return made[-1]

    with mock.patch("asyncio.new_event_loop", remembering):
        main_loop = remembering()
        asyncio.set_event_loop(main_loop)
        try:
            yield
        finally:
            main_loop.run_until_complete(main_loop.shutdown_default_executor())
            asyncio.set_event_loop(None)
            for loop in made:
                loop.close()


def place(*, without: tuple[str, ...] = (), master: str | None = MASTER, **changes: Any) -> Placed:
    """Run the program with the example configuration, changed; raises what the program raises."""
    values = {key: value for key, value in {**example(), **changes}.items() if key not in without}
    config = {f"tinhmau:{key}": value for key, value in as_kept(values).items()}
    if master is not None:
        config["tinhmau:masterSecret"] = master
    raw_config.set_all_config(config, ["tinhmau:masterSecret"] if master is not None else [])
    cloud = _Cloud()
    outputs: dict[str, Output] = {}

    async def told() -> None:
        for name, value in settings.get_root_resource().outputs.items():  # type: ignore[union-attr]
            output = pulumi.Output.from_input(value)
            outputs[name] = Output(value=await output.future(), secret=await output.is_secret())

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        main.run()
        return told()

    with _event_loops():
        settings.set_root_resource(None)  # type: ignore[arg-type]
        mocks.set_mocks(cloud, project="tinhmau", stack=STACK, preview=False)
        program()
    return Placed(resources=tuple(cloud.resources), outputs=outputs)
