"""The stack's configuration: every key declared, every mistake told at once with its way out."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
import yaml
from pulumi_cloud import ROOT, as_kept, example

from infra.program.settings import (
    DOCKER_KEYS,
    KEYS,
    MOST_REPLICAS,
    SECRET_KEY,
    TARGET_KEY,
    Settings,
    read,
    read_docker,
    read_target,
)
from simulation.mistakes import BadInputError

SECRETS = frozenset({SECRET_KEY})
MAKE_SECRET = "openssl rand -hex 32 | pulumi config set --secret masterSecret"


def _read(*, without: tuple[str, ...] = (), secrets: frozenset[str] = SECRETS, **changes: Any) -> Settings:
    values = {key: value for key, value in {**example(), **changes}.items() if key not in without}
    return read(as_kept(values), file="Pulumi.thu.yaml", secrets=secrets)


def _mistakes(**arguments: Any) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        _read(**arguments)
    return [mistake.into("en").removeprefix("Pulumi.thu.yaml: tinhmau:") for mistake in caught.value.mistakes]


def test_the_shipped_example_can_be_used_as_it_is() -> None:
    """Pulumi.openstack.yaml has no mistake once a master secret is set, and holds no secret itself."""
    settings = _read()

    assert settings.province == "ben_tre_2018"
    assert settings.counterparts["national"].url == "https://ndxp.example.vn"
    assert SECRET_KEY not in example()


def _declared() -> dict[str, dict[str, Any]]:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))["config"]
    return {key.removeprefix("tinhmau:"): one for key, one in declared.items()}


def test_pulumi_yaml_tells_of_just_the_keys_that_are_read() -> None:
    """Each key is declared once with a type and a description, or, where it holds objects, described in the comment."""
    declared = _declared()
    described = re.findall(r"^  #   (\w+): .{15}", (ROOT / "Pulumi.yaml").read_text("utf-8"), re.MULTILINE)

    assert sorted([*declared, *described]) == sorted({*KEYS, *DOCKER_KEYS, SECRET_KEY, TARGET_KEY})
    assert set(described) == {"replicas", "bodies", "counterparts", "flavours", "hosts", "outboundCidrs"}
    assert all(len(one["description"]) > 15 for one in declared.values())
    assert {one["type"] for one in declared.values()} <= {"string", "integer", "boolean", "array"}
    assert [key for key, one in declared.items() if one.get("secret")] == [SECRET_KEY]


def test_defaults_in_pulumi_yaml_are_those_of_the_program() -> None:
    """What Pulumi fills in gives the same settings as nothing at all; keys without a default must be set."""
    declared = {key: one["default"] for key, one in _declared().items() if "default" in one}
    needed = {"province", "externalNetwork", "officialCidrs", "adminCidrs", "outboundCidrs", "imageId", "flavours",
              "adminKey", "releaseUrl", "releaseSha256"}  # fmt: skip
    of_docker = {"target", "reference", "portBase"}
    bare = {key: example()[key] for key in (*needed, "counterparts")} | {"objectStorage": False}
    told = read(as_kept({**declared, **bare}), file="x", secrets=SECRETS)

    assert told == read(as_kept(bare), file="x", secrets=SECRETS)
    assert {key for key in needed if declared.get(key, "") not in ("", [])} == set()
    with pytest.raises(BadInputError) as caught:
        read(as_kept({**declared, "objectStorage": False}), file="x", secrets=frozenset())
    missing = {mistake.key.removeprefix("tinhmau:") for mistake in caught.value.mistakes}
    assert missing == {SECRET_KEY} | needed
    assert read_docker(as_kept({**declared, "province": "toy"}), file="x", secrets=SECRETS) == read_docker(
        {"province": "toy"}, file="x", secrets=SECRETS
    )
    assert of_docker <= set(declared)


def test_a_stack_on_docker_needs_little_and_its_mistakes_come_at_once() -> None:
    """Pulumi.docker.yaml has no mistake; a wrong province, port, workload, key and target are each told."""
    file = yaml.safe_load((ROOT / "Pulumi.docker.yaml").read_text("utf-8"))["config"]
    raw = as_kept({key.removeprefix("tinhmau:"): value for key, value in file.items()})

    assert read_target(raw, file="x") == "docker"
    assert read_docker(raw, file="x", secrets=SECRETS).province == "toy"
    wrong = raw | as_kept({"province": "tyo", "portBase": 80, "nework": "10.0.0.0/16"})
    with pytest.raises(BadInputError) as caught:
        read_docker(wrong, file="x", secrets=frozenset())
    assert [mistake.key for mistake in caught.value.mistakes] == [
        "tinhmau:province", "tinhmau:portBase", "tinhmau:masterSecret", "tinhmau:nework",
    ]  # fmt: skip
    with pytest.raises(BadInputError, match="docker"):
        read_target({"target": "dcoker"}, file="x")
    with pytest.raises(BadInputError) as caught:
        read_docker(raw | as_kept({"replicas": {"potral": 2}}), file="x", secrets=SECRETS)
    assert "portal" in caught.value.mistakes[0].into("en")


def test_every_wrong_key_is_told_at_once() -> None:
    """Wrong values, missing and misspelt keys and the missing secret come together, each with its way out."""
    told = _mistakes(
        without=("imageId",),
        secrets=frozenset(),
        province="ben_tri_2018",
        network="8.8.0.0/16",
        adminCidrs=["198.51.100.0/24", "everywhere"],
        logDays=True,
        flavours=[{"name": "x", "vcpu": 0, "memoryMb": 2048}],
        antiAffinity="affinity",
        volumetype="ssd",
    )

    assert told == [
        "province: is “ben_tri_2018”. Did you mean “ben_tre_2018”?",
        "network: is “8.8.0.0/16”. Write a private /16, e.g. 10.20.0.0/16.",
        "adminCidrs[1]: is “everywhere”. Write an IPv4 block, e.g. 198.51.100.0/24.",
        "imageId: is missing. Add it; Pulumi.yaml describes it.",
        "flavours[0].vcpu: is “0”. Write a whole number from 1 to 1024.",
        "antiAffinity: is “affinity”. Did you mean “anti-affinity”?",
        "logDays: is “true”. Write a whole number from 1 to 3650.",
        f"masterSecret: is missing, or is no secret. Run: {MAKE_SECRET}",
        "volumetype: is no known key. Did you mean “volumeType”?",
    ]


#: Keys whose value may be any text: the cloud alone knows what is a name there.
FREE = ("externalNetwork", "volumeType", "backupRegion")


@pytest.mark.parametrize("key", [key for key in KEYS if key not in FREE])
def test_nonsense_in_any_key_is_told_by_its_name(key: str) -> None:
    """A value of no type at all is told under its own key, and only there."""
    (mistake,) = _mistakes(**{key: "\x00{"})

    assert mistake.startswith(f"{key}:")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", ['{"a": [1, null]}', "[[]]", "-1", " ", "null"])
def test_no_value_makes_the_reader_fail_otherwise(key: str, value: str) -> None:
    """JSON of the wrong shape ends in settings or in mistakes, in nothing else."""
    with suppress(BadInputError):
        read({**as_kept(example()), key: value}, file="Pulumi.thu.yaml", secrets=SECRETS)


def test_without_counterparts_only_a_testbed_can_be_made() -> None:
    """Real systems must be named unless stand-ins are wanted."""
    told = _mistakes(without=("counterparts",))

    assert [line.split(":")[0] for line in told] == ["counterparts.national", "counterparts.sector"]
    assert _read(without=("counterparts",), standIns=True).stand_ins


def test_backups_need_to_know_the_identity_service() -> None:
    """With object storage but without authUrl nothing could be uploaded."""
    assert _mistakes(without=("authUrl",))[0].startswith("authUrl: is missing.")
    assert _read(without=("authUrl",), objectStorage=False).auth_url == ""


def test_bodies_are_named_apart() -> None:
    """Two bodies of one id, a name that PostgreSQL would not take and a service nobody may own are refused."""
    party = {"id": "party", "name": "Tỉnh uỷ"}

    assert _mistakes(bodies=[party, party]) == ["bodies: “party” is there twice. Give each body an id of its own."]
    assert _mistakes(bodies=[{**party, "id": "Đảng"}])[0].startswith("bodies[0].id: is “Đảng”.")
    assert _mistakes(bodies=[{**party, "services": ["lgsp"]}])[0].startswith("bodies[0].services[0]: is “lgsp”.")


def test_replicas_are_of_known_workloads_and_within_their_addresses() -> None:
    """A misspelt workload and too many replicas are refused; a body's own workload is known."""
    body = [{"id": "party", "name": "Tỉnh uỷ"}]

    assert _mistakes(replicas={"potral": 3}) == ["replicas.potral: is no workload. Did you mean “portal”?"]
    assert _mistakes(replicas={"portal": MOST_REPLICAS + 1})[0].startswith("replicas.portal: is “15”.")
    assert _read(bodies=body, replicas={"office-party": 3}).replicas == {"office-party": 3}


def test_a_release_address_cannot_carry_commands() -> None:
    """What goes into a shell script on the servers is an address and nothing more."""
    for address in ("https://x/$(reboot)", "https://x/';reboot;'", "http://x/a.tar.gz", "https://x/a b"):
        assert _mistakes(releaseUrl=address)[0].startswith("releaseUrl: is")
