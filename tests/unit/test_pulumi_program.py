"""The Pulumi program against a cloud that keeps a list: what is placed, what is open, what is secret, what changes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_cloud import MASTER, PUBLIC, ROOT, STACK, Placed, as_kept, example, place, server_name

from infra.blueprint import DATABASE, draw_up
from infra.demand import demand_of_province
from infra.program import policy
from infra.program.layout import Layout, draw
from infra.program.openings import Opening
from infra.program.settings import SECRET_KEY, read
from infra.stack import Stack
from simulation import province_files

SECRETS = frozenset({SECRET_KEY})
BLUEPRINT = draw_up(province_files.load("ben_tre_2018"), demand_of_province(province_files.load("ben_tre_2018")))
RENTED = [workload for workload in BLUEPRINT.workloads if workload.kind != "counterpart"]
TESTBED: dict[str, Any] = {
    "standIns": True,
    "without": ("counterparts", "certificateRef", "hosts"),
    "levelThree": "advise",
}


def _layout(**changes: Any) -> Layout:
    return draw(read(as_kept({**example(), **changes}), file="x", secrets=SECRETS), file="x")


LAYOUT = _layout()


@pytest.fixture(scope="module")
def placed() -> Placed:
    """The shipped example, placed."""
    return place()


def _inputs(placed: Placed) -> dict[str, dict[str, Any]]:
    return {one.name: dict(one.inputs) for one in placed.resources}


@pytest.mark.parametrize("workload", RENTED, ids=lambda workload: workload.name)
def test_a_workload_becomes_its_servers(placed: Placed, workload: Any) -> None:
    """As many servers as replicas, each of the smallest flavour that is large enough, on hosts apart, guarded twice."""
    names = {server_name(workload.name, number) for number in range(workload.replicas.value)}
    servers = [one for one in placed.of("Instance") if one.name.startswith(f"tinhmau-{workload.name}-")]

    assert {one.name for one in servers} == names
    flavours = {one["name"]: one for one in example()["flavours"]}
    for number, server in enumerate(sorted(servers, key=lambda one: one.name)):
        flavour = flavours[server.inputs["flavorName"]]
        assert flavour["vcpu"] == workload.vcpu.value
        assert flavour["memoryMb"] == workload.memory_mb.value
        assert server.inputs["schedulerHints"] == [{"group": f"tinhmau-{workload.name}-apart-id"}]
        port = placed.named(f"tinhmau-{workload.name}-{number}-port")
        assert server.inputs["networks"] == [{"port": port.id}]
        assert port.inputs["securityGroupIds"] == [
            f"tinhmau-{workload.zone}-group-id",
            f"tinhmau-{workload.name}-group-id",
        ]
    assert placed.named(f"tinhmau-{workload.name}-apart").inputs["policies"] == "anti-affinity"


def test_nothing_but_the_blueprint_and_the_administrators_host_becomes_a_server(placed: Placed) -> None:
    """No counterpart of somebody else is rented."""
    expected = sum(workload.replicas.value for workload in RENTED) + 1

    assert len(placed.of("Instance")) == expected
    assert not [one for one in placed.resources if "national" in one.name and "out" not in one.name]


def _rules(placed: Placed, direction: str) -> dict[str, list[tuple[str, int, int, str]]]:
    """Rules by what they say they are for: group, first and last port, block."""
    found: dict[str, list[tuple[str, int, int, str]]] = {}
    for rule in placed.of("SecGroupRule"):
        if rule.inputs["direction"] == direction:
            found.setdefault(rule.inputs["description"], []).append((
                rule.inputs["securityGroupId"].removeprefix("tinhmau-").removesuffix("-group-id"),
                int(rule.inputs.get("portRangeMin", 1)),
                int(rule.inputs.get("portRangeMax", 65535)),
                rule.inputs["remoteIpPrefix"],
            ))  # fmt: skip
    return found


def _flow_id(opening: Opening) -> str:
    return opening.name


@pytest.mark.parametrize("opening", [one for one in LAYOUT.openings if one.by == "group"], ids=_flow_id)
def test_a_flow_to_servers_has_exactly_one_rule(placed: Placed, opening: Opening) -> None:
    """One rule, in the group of its destination, from its source's addresses, at its port alone."""
    (source,) = opening.sources

    assert _rules(placed, "ingress")[opening.name] == [(opening.at, *opening.ports, source)]


@pytest.mark.parametrize("opening", [one for one in LAYOUT.openings if one.by != "group"], ids=_flow_id)
def test_a_flow_through_a_load_balancer_is_in_exactly_one_listener(placed: Placed, opening: Opening) -> None:
    """One listener lets the flow's source in; the other of the same service does not."""
    listeners = [one for one in placed.of("Listener") if f"-{opening.at}-" in one.name]
    letting_in = [one for one in listeners if set(opening.sources) <= set(one.inputs["allowedCidrs"])]

    (listener,) = letting_in
    assert listener.inputs["protocolPort"] == opening.ports[0]


def test_every_row_of_the_flow_table_is_opened_once() -> None:
    """Each allowed flow that ends here has one opening; none is there twice; flows to others' systems have none."""
    opened = [one.flow for one in LAYOUT.openings if one.flow is not None]
    others = {"national", "sector"}
    wanted = [
        flow
        for flow in BLUEPRINT.flows
        if flow.destination not in others and not (flow.source in others and flow.destination == DATABASE)
    ]

    assert opened == wanted


def test_nothing_else_is_open(placed: Placed) -> None:
    """All ingress rules and listeners together are the openings, no more; the platform's own rules are deleted."""
    groups = {one.name for one in LAYOUT.openings if one.by == "group"}
    doors = {(one.at, one.by) for one in LAYOUT.openings if one.by != "group"}

    rules = _rules(placed, "ingress")
    assert set(rules) == groups
    assert all(len(found) == 1 for found in rules.values())
    assert {tuple(one.name.split("-")[-2:]) for one in placed.of("Listener")} == doors
    for listener in placed.of("Listener"):
        service, by = listener.name.split("-")[-2:]
        asked = {source for one in LAYOUT.openings if (one.at, one.by) == (service, by) for source in one.sources}
        assert set(listener.inputs["allowedCidrs"]) == asked
    assert all(one.inputs["deleteDefaultRules"] is True for one in placed.of("SecGroup"))


def test_servers_call_out_only_where_the_configuration_says(placed: Placed) -> None:
    """Egress goes to the data centre, the metadata service, the named blocks; to counterparts from the LGSP alone."""
    named = {*example()["outboundCidrs"], *(f"{one}/32" for one in example()["resolvers"])}
    counterparts = {block for one in example()["counterparts"].values() for block in one["cidrs"]}
    allowed = {"10.20.0.0/16", "169.254.169.254/32", *named}

    for found in _rules(placed, "egress").values():
        for group, _, _, block in found:
            assert block in (allowed | counterparts if group == "lgsp" else allowed)


def test_no_database_has_a_way_from_the_internet(placed: Placed) -> None:
    """Two public addresses: one at the portal's load balancer, one at the administrators' host."""
    ends = {one.inputs["portId"] for one in placed.of("FloatingIpAssociate")}

    assert ends == {"tinhmau-dmz-gateway-balancer-vip", "tinhmau-bastion-0-port-id"}
    assert len(placed.of("FloatingIp")) == 2


def test_the_database_keeps_data_and_backups_apart_from_the_server(placed: Placed) -> None:
    """Two volumes a replica outlive the server, each as large as the blueprint says and of the encrypted type."""
    disk = next(one for one in RENTED if one.name == DATABASE).disk_gb.value
    for number in range(2):
        system, data, backup = placed.named(server_name(DATABASE, number)).inputs["blockDevices"]
        assert system["deleteOnTermination"] is True
        for device, what in ((data, "data"), (backup, "backup")):
            assert device["deleteOnTermination"] is False
            volume = placed.named(f"tinhmau-{DATABASE}-{number}-{what}")
            assert (volume.inputs["size"], volume.inputs["volumeType"]) == (disk, "ssd-encrypted")


def test_load_balancers_follow_the_replicas(placed: Placed) -> None:
    """Each replica of a service is a member at its fixed address and port; the pool is probed at /ready."""
    for workload in RENTED:
        if workload.kind != "service":
            continue
        prefix = f"tinhmau-{workload.zone}-gateway-{workload.name}-"
        members = [one for one in placed.of("Member") if one.name.startswith(prefix)]
        assert [one.inputs["address"] for one in sorted(members, key=lambda one: one.name)] == [
            LAYOUT.addresses.replica(workload.name, number) for number in range(workload.replicas.value)
        ]
        assert {one.inputs["protocolPort"] for one in members} == {LAYOUT.port(workload.name)}
        assert placed.named(f"{prefix}probe").inputs["urlPath"] == "/ready"


def test_people_meet_tls_and_systems_the_inner_door(placed: Placed) -> None:
    """Listeners for people terminate TLS with the certificate; only those do."""
    for listener in placed.of("Listener"):
        people = listener.name.endswith("-people")
        assert listener.inputs["protocol"] == ("TERMINATED_HTTPS" if people else "HTTP")
        assert (listener.inputs.get("defaultTlsContainerRef") == example()["certificateRef"]) is people


def test_more_replicas_change_only_servers_and_members(placed: Placed) -> None:
    """From two portals to three: a server, its port and its member are added; nothing else differs in any input."""
    before, after = _inputs(placed), _inputs(place(replicas={"portal": 3}))

    assert set(after) - set(before) == {
        "tinhmau-portal-2-port", "tinhmau-portal-2-server", "tinhmau-dmz-gateway-portal-2",
    }  # fmt: skip
    assert {name for name in before if before[name] != after.get(name)} == set()


def test_a_larger_size_changes_only_what_it_must(placed: Placed) -> None:
    """A hundred times the demand: larger flavours and volumes, more replicas; networks, rules, addresses stay."""
    before, after = _inputs(placed), _inputs(place(sizePercent=10_000))
    changed = {name for name in before if before[name] != after.get(name)}
    kinds = {one.type.rpartition(":")[2] for one in placed.resources if one.name in changed}

    assert set(before) <= set(after)
    assert kinds == {"Instance", "Volume"}
    allowed = {"flavorName", "size"}  # both grow in place; other user data would mean another server
    for name in changed:
        assert {key for key in before[name] if before[name][key] != after[name].get(key)} <= allowed


def test_the_same_configuration_places_the_same(placed: Placed) -> None:
    """A second run asks for nothing new: every input of every resource is equal."""
    assert _inputs(place()) == _inputs(placed)


def test_outputs_are_stable_and_secrets_marked(placed: Placed) -> None:
    """Names that other programs read; what holds a secret is a Pulumi secret, the rest is not."""
    assert {name: output.secret for name, output in placed.outputs.items()} == {
        "endpoints": False, "zones": False, "sizes": False, "bastion": False, "servers": False,
        "stack": True, "deliveries": True,
    }  # fmt: skip
    assert placed.outputs["bastion"].value == PUBLIC
    assert placed.outputs["endpoints"].value["portal"] == "https://dichvucong.example.vn"
    assert placed.outputs["zones"].value["data"] == "10.20.4.0/24"
    assert placed.outputs["sizes"].value["portal"]["replicas"] == 2


def test_the_stack_output_is_a_stack(placed: Placed) -> None:
    """`infra.stack.Stack` can be made of it; its endpoints are the seven services'."""
    stack = Stack(**placed.outputs["stack"].value)

    assert (stack.name, stack.target, stack.province) == (STACK, "openstack", "ben_tre_2018")
    assert set(stack.endpoints) == {"portal", "onestop", "lgsp", "dochub", "office", "national", "sector"}
    assert len(stack.audit_token) > 40


def test_no_secret_is_in_any_input(placed: Placed) -> None:
    """Neither the master secret nor anything that derives from it is in what the cloud is given."""
    secrets = {MASTER, placed.outputs["stack"].value["audit_token"], placed.outputs["stack"].value["passcode_key"]}
    for files in placed.outputs["deliveries"].value.values():
        for content in files.values():
            secrets.update(line.partition("=")[2] for line in content.splitlines() if "=" in line and "URL" not in line)
    secrets = {secret for secret in secrets if len(secret) > 20}

    given = json.dumps(_inputs(placed))

    assert len(secrets) > 20
    assert not [secret for secret in secrets if secret in given]


def test_what_is_placed_keeps_every_policy(placed: Placed) -> None:
    """The rules on resources find nothing in the shipped example."""
    assert policy.judge(placed.resources) == ()


def test_mistakes_stop_the_program_before_anything_is_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi shows one error that lists them all, in the language that is asked for."""
    monkeypatch.setenv("TINHMAU_LANG", "en")

    with pytest.raises(pulumi.RunError) as caught:
        place(logDays=30, encryptedVolumes=False, adminMfa=False)

    told = str(caught.value)
    assert "[L3-LOGS] logs are kept for 30 days only." in told
    assert "[L3-REST] volumes are not encrypted." in told
    assert "[L3-MFA] administrators sign in with one factor." in told
    assert "Set adminMfa: true." in told


@pytest.mark.parametrize("master", ["tinhmau", "0" * 64, "secret"])
def test_a_default_master_secret_is_refused_without_being_shown(master: str) -> None:
    """The error names the key and the command that makes a good one, not the value."""
    with pytest.raises(pulumi.RunError) as caught:
        place(master=master)

    assert "openssl rand -hex 32" in str(caught.value)
    assert "0000" not in str(caught.value)


def test_a_master_secret_in_plain_text_is_refused() -> None:
    """`pulumi config set` without --secret leaves it readable in the stack's file."""
    with pytest.raises(pulumi.RunError, match="masterSecret"):
        place(master=None, masterSecret=MASTER)


def test_a_testbed_places_the_counterparts_outside() -> None:
    """Stand-ins for national and sector run in the outside network with databases of their own; level 3 only warns."""
    placed = place(**TESTBED)

    assert placed.named(server_name("national", 0)).inputs["networks"] == [{"port": "tinhmau-national-0-port-id"}]
    assert placed.named("tinhmau-national-0-port").inputs["networkId"] == "tinhmau-outside-network-id"
    assert placed.outputs["endpoints"].value["portal"] == f"http://{PUBLIC}"
    assert "CREATE ROLE national" in placed.outputs["deliveries"].value["postgresql-0"]["/etc/tinhmau/roles.sql"]


def test_bodies_share_the_infrastructure_and_nothing_else(placed: Placed) -> None:
    """A body gets servers, a database, secrets, a door and a container of its own; one body more leaves it alone."""
    party, council = {"id": "party", "name": "Tỉnh uỷ"}, {"id": "council", "name": "HĐND tỉnh"}
    one, two = place(bodies=[party]), place(bodies=[party, council])
    files = two.outputs["deliveries"].value
    texts = [files[f"{name}-0"]["/etc/tinhmau/secrets.env"] for name in ("office", "office-party", "office-council")]
    lines = [dict(line.split("=", 1) for line in text.splitlines()) for text in texts]

    assert [line["DATABASE_URL"].split("/")[3].split("?")[0] for line in lines] == [
        "office", "office_party", "office_council",
    ]  # fmt: skip
    assert len({line["DATABASE_URL"] for line in lines}) == len({line["TOKEN_KEY"] for line in lines}) == 3
    assert {one.name for one in two.of("Container")} >= {
        "tinhmau-store-attachments", "tinhmau-store-attachments-party", "tinhmau-store-attachments-council",
    }  # fmt: skip
    before, after = _inputs(one), _inputs(two)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"tinhmau-integration-gateway-lgsp-systems"}  # the LGSP's door lets the new one in as well
    assert {name for name in _inputs(placed) if _inputs(placed)[name] != before.get(name)} == changed
    assert policy.judge(two.resources) == ()


def test_pulumi_starts_the_program_from_its_own_folder() -> None:
    """As the engine does it: working folder infra/, that folder first on the path; the program runs to its end."""
    program = f"""
import runpy, sys
sys.path.insert(0, {str(ROOT / "tests" / "unit")!r})
import pulumi_cloud
from infra.program import main
def run_as_the_engine_does():
    sys.path.insert(0, {str(ROOT / "infra")!r})
    main.run = real
    runpy.run_path({str(ROOT / "infra")!r}, run_name="__main__")
real, main.run = main.run, run_as_the_engine_does
print(len(pulumi_cloud.place().of("Instance")))
"""
    surroundings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "infra", env=surroundings, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.stderr == ""
    assert ended.stdout.strip() == "13"


def test_no_module_stands_in_for_a_library() -> None:
    """Pulumi puts infra/ first on the path: none of its modules may be called like something that others import."""
    ours = {path.stem for path in (ROOT / "infra").iterdir() if path.suffix == ".py" or path.is_dir()}
    elsewhere = [entry for entry in sys.path if entry and "site-packages" in entry]
    installed = {path.name.partition(".")[0] for entry in elsewhere for path in Path(entry).iterdir()}

    assert ours & (set(sys.stdlib_module_names) | installed) <= {"__init__", "__main__", "__pycache__"}


def test_what_the_platform_gives_back_is_what_was_asked_for(placed: Placed) -> None:
    """Neutron keeps a range of all ports as none, Octavia sorts a listener's blocks: else every `up` changed them."""
    for rule in placed.of("SecGroupRule"):
        assert (rule.inputs.get("portRangeMin"), rule.inputs.get("portRangeMax")) != (1, 65535), rule.name
    for listener in placed.of("Listener"):
        assert listener.inputs["allowedCidrs"] == sorted(set(listener.inputs["allowedCidrs"])), listener.name


def test_the_plugin_that_is_built_here_knows_all_that_is_placed(placed: Placed) -> None:
    """Its table of resources is just the program's."""
    table = (ROOT / "infra" / "engine" / "openstack" / "main.go").read_text("utf-8")
    known = {f"openstack:{token}" for token in re.findall(r'"openstack_\w+": +"([\w/:]+)"', table)}

    assert known == {one.type for one in placed.resources if one.type.startswith("openstack:")}
