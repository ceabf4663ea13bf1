"""The rules of infra/program/policy.py as CrossGuard asks for them: each resource by itself, then all together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from infra.program import policy
from simulation.mistakes import Mistake

_NOT_KNOWN = "(not known yet)"  # in a preview; rules must not take it for missing
Report = Callable[[str], None]


def serve() -> None:
    """Answer the engine until it is done."""
    PolicyPack(
        name="tinhmau-level-three",
        enforcement_level=EnforcementLevel.MANDATORY,
        policies=[
            ResourceValidationPolicy(
                name="resource",
                description="No resource breaks a level-3 rule (TCVN 14423:2026, second-hand) by itself.",
                validate=_resource,
            ),
            StackValidationPolicy(name="stack", description="Nor do resources that belong together.", validate=_stack),
        ],
    )


def _resource(args: ResourceValidationArgs, report: Report) -> None:
    one = policy.Resource(type=args.resource_type, name=args.name, id="", inputs=plain(args.props))
    _tell(policy.judge([one]), report)


def _stack(args: StackValidationArgs, report: Report) -> None:
    whole = [
        policy.Resource(
            type=one.resource_type, name=one.name, id=str(plain(one.props).get("id", "")), inputs=plain(one.props)
        )
        for one in args.resources
    ]
    alone = {mistake for one in whole for mistake in policy.judge([one])}
    _tell([mistake for mistake in policy.judge(whole) if mistake not in alone], report)


def _tell(mistakes: Sequence[Mistake], report: Report) -> None:
    for mistake in mistakes:
        report(f"{mistake.key}: {mistake.found.vi} {mistake.way_out.vi}\n{mistake.found.en} {mistake.way_out.en}")


def plain(value: Any) -> Any:
    """A copy in plain values; what is not known yet says so instead of raising."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_item(value, number) for number in range(len(value))]
    return value


def _item(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return _NOT_KNOWN
