"""The CrossGuard pack under the real engine: the toy's stack passes, and what breaks a rule is refused in time."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest
from command_line import ROOT
from standing_docker import Standing

from infra.docker_target import up
from infra.docker_target.components.resources import Container, Network
from infra.trouble import TargetError

pytestmark = pytest.mark.needs("docker", "pulumi", "policy")
_PACK = ROOT / "infra" / "policy_pack"


class _Careless(up.Runner):
    """Asks for a database that everybody reaches, a network with a way out, and a password that everybody sees."""

    def _program(self) -> None:
        here = self.orders.placement.stack
        Network("open", pulumi.ResourceOptions(), stack=here, name=f"{here}-data", subnet="10.9.0.0/24", internal=False)
        Container(
            "database", pulumi.ResourceOptions(), stack=here, service="postgresql", name="database",
            image=self.orders.placement.runtime, user="10002", memory_mb=64, cpus=1, processes=10, running=True,
            ports=[{"inside": 5432, "outside": 5432}], environment={"PGPASSWORD": "correct-horse-battery"},
        )  # fmt: skip


def test_the_toys_stack_breaks_no_rule(standing: Standing) -> None:
    """Every resource of it is looked at, and the preview is what it is without the pack."""
    assert standing.runner.preview(policy_packs=[_PACK]).change_summary == standing.runner.preview().change_summary


def test_a_stack_that_breaks_rules_is_refused_with_what_to_change(standing: Standing, tmp_path: Path) -> None:
    """All broken rules at once, each with its resource, its clause and the way out, in both languages."""
    orders = standing.runner.orders
    up.save(orders, tmp_path)

    with pytest.raises(TargetError) as refused:
        _Careless(tmp_path, standing.runner.engine).preview(policy_packs=[_PACK])

    said = " ".join(refused.value.text.en.split())
    for words in (
        "database: [L3-DATABASE] công bố cổng của cơ sở dữ liệu. Bỏ ports",
        "[L3-DATABASE] publishes a database's port. Drop ports",
        "[L3-ZONES] has a way out. Set internal=True",
        "[L3-SECRETS] PGPASSWORD seems to be a secret. Bring it in a Volume",
    ):
        assert words in said
    assert "correct-horse" not in said
