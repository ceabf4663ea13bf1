"""Containers: hardened, in their networks, watched until they answer."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.types import Mount

from infra.docker_target.plugin.kind import SERVICE_LABEL, URN_LABEL, Found, Inputs, Wrong, labels, need

_MIB = 1 << 20
_SECOND = 1_000_000_000  # nanoseconds
_ASK_AFTER_SECONDS, _ASK_AT_LEAST_EVERY_SECONDS = 0.25, 2.0
_LOG_LINES_SHOWN = 12
_MOST_STARTS = 9  #: of a container that ends again and again; the engine's pauses between them add up to half a minute
_KEPT_BY_THE_ENGINE = {"max-size": "20m", "max-file": "3"}
_PERIOD = 100_000  # of the processor quota, microseconds
_SHARES = 1024  # of one processor: where all are short, each gets in proportion to what it may use


class Containers:
    """`tinhmaudocker:index:Container`.

    | input | what |
    |---|---|
    | stack, service, name, image | whose, what it is, made from what |
    | command, environment | as Docker takes them |
    | networks | list of {name, address (may be empty), aliases}; none: no network |
    | mounts | list of {volume or folder, path, read_only} |
    | ports | list of {inside, outside}: published on 127.0.0.1 |
    | user, memory_mb, cpus, processes | limits |
    | health, ready_within_seconds | command that succeeds when it answers; how long to wait for that |
    | stop_seconds | between SIGTERM and SIGKILL |
    | exclusive | there may never be two: the old one goes first when it is replaced |
    | revision | changes when it has to be made anew, for what is not seen here (files in volumes) |
    | logs_to | host:port of a collector that speaks fluentd's protocol; without: kept by the engine alone |
    | running | always true; a stopped container is seen as false and started again |
    """

    updatable = frozenset({"running", "networks", "memory_mb", "cpus", "processes"})

    def check(self, inputs: Inputs) -> list[Wrong]:
        """Limits must be given: nothing here runs without."""
        wrong = need(inputs, "stack", "name", "image", "user", "memory_mb", "cpus", "processes")
        if str(inputs.get("user", "0")).partition(":")[0] in {"0", "root"}:
            wrong.append(Wrong("user", "must not be root"))
        wrong += [
            Wrong(key, f"is {inputs[key]}; must be above 0")
            for key in ("memory_mb", "cpus", "processes")
            if inputs.get(key) is not None and not inputs[key] > 0
        ]
        return wrong

    def create(self, client: docker.DockerClient, inputs: Inputs, urn: str) -> tuple[str, dict[str, Any]]:
        """Make and start the container and wait until it answers."""
        for found in client.containers.list(all=True, ignore_removed=True, filters={"label": f"{URN_LABEL}={urn}"}):
            if _differences(client, found, inputs) == {}:
                _await_health(found, inputs)
                return str(found.id), _outputs(found)
        made = _make(client, inputs, urn)
        try:
            made.start()
            _await_health(made, inputs)
        except BaseException:
            made.remove(force=True)
            raise
        return str(made.id), _outputs(made)

    def read(self, client: docker.DockerClient, found_id: str, inputs: Inputs, urn: str) -> Found | None:
        """Everything about it that is not as asked for. Who made another one in its place by hand is found out too."""
        try:
            found = client.containers.get(found_id)
        except NotFound:
            mine = client.containers.list(all=True, ignore_removed=True, filters={"label": f"{URN_LABEL}={urn}"})
            if not mine:
                return None
            found = mine[0]
        return Found(id=str(found.id), differing=_differences(client, found, inputs) | _outputs(found))

    def update(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> dict[str, Any]:
        """Start it, put it back into its networks, change its limits."""
        found = client.containers.get(found_id)
        differing = _differences(client, found, inputs)
        if "networks" in differing:
            _reconnect(client, found, inputs["networks"])
        if {"memory_mb", "cpus", "processes"} & set(differing):
            client.api.update_container(
                found.id,
                cpu_quota=int(inputs["cpus"] * _PERIOD),
                cpu_period=_PERIOD,
                cpu_shares=int(inputs["cpus"] * _SHARES),
                mem_limit=int(inputs["memory_mb"]) * _MIB,
                memswap_limit=int(inputs["memory_mb"]) * _MIB,
            )
        if found.status == "paused":
            found.unpause()
        found.start()
        _await_health(found, inputs)
        return _outputs(found)

    def delete(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> None:
        """Stop it in order, then remove it."""
        try:
            found = client.containers.get(found_id)
            with suppress(APIError):
                found.stop(timeout=int(inputs.get("stop_seconds", 10)))
            found.remove(force=True, v=True)
        except NotFound:
            return


def _make(client: docker.DockerClient, inputs: Inputs, urn: str) -> Container:
    networks = inputs.get("networks", [])
    api = client.api
    mounts = [
        Mount(
            one["path"],
            one.get("volume") or one["folder"],
            type="volume" if one.get("volume") else "bind",
            read_only=bool(one.get("read_only", False)),
        )
        for one in inputs.get("mounts", [])
    ]
    host = api.create_host_config(
        network_mode=networks[0]["name"] if networks else "none",
        port_bindings={f"{one['inside']}/tcp": ("127.0.0.1", one["outside"]) for one in inputs.get("ports", [])},
        mounts=mounts,
        mem_limit=int(inputs["memory_mb"]) * _MIB,
        memswap_limit=int(inputs["memory_mb"]) * _MIB,  # no swap beyond it
        cpu_period=_PERIOD,
        cpu_quota=int(inputs["cpus"] * _PERIOD),
        cpu_shares=int(inputs["cpus"] * _SHARES),
        pids_limit=int(inputs["processes"]),
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        read_only=True,
        tmpfs={"/tmp": "size=64m,mode=1777"},  # noqa: S108 -- the container's own
        restart_policy={"Name": "always"},
        init=True,
        log_config=_log_config(inputs.get("logs_to", "")),
    )
    config: dict[str, Any] = {}
    if networks:
        config = {networks[0]["name"]: _endpoint(api, networks[0])}
    health = inputs.get("health") or []
    made = api.create_container(
        image=inputs["image"],
        command=list(inputs.get("command", [])),
        name=f"{inputs['name']}-{secrets.token_hex(3)}",
        hostname=str(inputs["name"])[-63:],
        environment=dict(inputs.get("environment", {})),
        labels=labels(inputs, urn),
        user=str(inputs["user"]),
        ports=[one["inside"] for one in inputs.get("ports", [])],
        host_config=host,
        networking_config=api.create_networking_config(config) if config else None,
        stop_signal=inputs.get("stop_signal", "SIGTERM"),
        healthcheck={"test": ["CMD", *health], "interval": 30 * _SECOND, "timeout": 20 * _SECOND, "retries": 3}
        if health
        else {"test": ["NONE"]},
    )
    container = client.containers.get(made["Id"])
    try:
        for one in networks[1:]:
            client.networks.get(one["name"]).connect(container, **_address(one))
    except BaseException:
        container.remove(force=True)
        raise
    container.reload()
    return container


def _log_config(logs_to: str) -> dict[str, Any]:
    """To the collector, held while it is away; the engine keeps a copy of its own in any case, for `docker logs`."""
    if not logs_to:
        return {"Type": "json-file", "Config": _KEPT_BY_THE_ENGINE}
    copy = {f"cache-{key}": value for key, value in _KEPT_BY_THE_ENGINE.items()}
    sent = {
        "fluentd-address": logs_to,
        "fluentd-async": "true",
        "fluentd-request-ack": "true",  # what was not kept is sent again
        "fluentd-sub-second-precision": "true",
        "labels": SERVICE_LABEL,
        "tag": "{{.Name}}",
    }
    return {"Type": "fluentd", "Config": sent | copy}


def _address(network: Mapping[str, Any]) -> dict[str, Any]:
    address = network.get("address", "")
    return {"aliases": list(network.get("aliases", [])), **({"ipv4_address": address} if address else {})}


def _endpoint(api: docker.APIClient, network: Mapping[str, Any]) -> Any:
    return api.create_endpoint_config(**_address(network))


def _reconnect(client: docker.DockerClient, found: Container, networks: list[Mapping[str, Any]]) -> None:
    wanted = {one["name"] for one in networks}
    connected = _connected(client, found)
    for name in found.attrs["NetworkSettings"]["Networks"]:
        if name not in wanted or name not in connected:
            with suppress(NotFound, APIError):  # the network of that name may be another one by now
                client.api.disconnect_container_from_network(found.id, name, force=True)
    for one in networks:
        if one["name"] not in connected:
            client.networks.get(one["name"]).connect(found, **_address(one))
    found.reload()


def _connected(client: docker.DockerClient, found: Container) -> set[str]:
    """Networks that it really is in: a network of the same name that was made since does not count."""
    really = set()
    for name, endpoint in found.attrs["NetworkSettings"]["Networks"].items():
        with suppress(NotFound):
            if client.networks.get(endpoint["NetworkID"] or name).name == name:
                really.add(name)
    return really


def _differences(client: docker.DockerClient, found: Container, inputs: Inputs) -> dict[str, Any]:
    """Inputs as they really are, where that is not what was asked for."""
    attributes = found.attrs
    config, host = attributes["Config"], attributes["HostConfig"]
    variables = dict(one.partition("=")[::2] for one in config["Env"] or [])
    wanted = dict(inputs.get("environment", {}))
    inherited = _inherited(client, attributes["Image"])
    actual: dict[str, Any] = {
        "running": attributes["State"]["Running"] and not attributes["State"]["Paused"],
        "environment": {
            name: value for name, value in variables.items() if name in wanted or inherited.get(name) != value
        },
        "command": config["Cmd"] or [],
        "user": config["User"],
        "memory_mb": host["Memory"] // _MIB,
        "cpus": host["CpuQuota"] / _PERIOD,
        "processes": host["PidsLimit"] or 0,
        "mounts": _mounted(host.get("Mounts") or []),
        "ports": [
            {"inside": int(inside.partition("/")[0]), "outside": int(bound[0]["HostPort"])}
            for inside, bound in sorted((host["PortBindings"] or {}).items())
            if bound
        ],
    }
    asked = {
        "running": True,
        "environment": wanted,
        "command": list(inputs.get("command", [])),
        "user": str(inputs["user"]),
        "mounts": _sorted_mounts(inputs.get("mounts", [])),
        "ports": sorted(inputs.get("ports", []), key=lambda one: f"{one['inside']}/tcp"),
        **{key: inputs[key] for key in ("memory_mb", "cpus", "processes")},
    }
    differing = {key: value for key, value in actual.items() if value != asked[key]}
    if config["Image"] != inputs["image"]:
        differing["image"] = config["Image"]
    if host["LogConfig"] != _log_config(inputs.get("logs_to", "")):
        differing["logs_to"] = host["LogConfig"]["Config"].get("fluentd-address", "")
    if not host["ReadonlyRootfs"] or "ALL" not in (host["CapDrop"] or []) or host["Privileged"]:
        differing["revision"] = "it is not as hardened as it was made"
    connected = _connected(client, found)
    there = [one for one in inputs.get("networks", []) if one["name"] in connected]
    strangers = sorted(connected - {one["name"] for one in there} - {"none"})
    if len(there) != len(inputs.get("networks", [])) or strangers:
        differing["networks"] = [*there, *({"name": name, "address": "", "aliases": []} for name in strangers)]
    return differing


def _mounted(mounts: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A container's mounts as inputs name them."""
    return _sorted_mounts(
        [
            {
                "volume" if one["Type"] == "volume" else "folder": one["Source"],
                "path": one["Target"],
                "read_only": bool(one.get("ReadOnly", False)),
            }
            for one in mounts
        ]
    )


def _sorted_mounts(mounts: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    whole = [{**one, "read_only": bool(one.get("read_only", False))} for one in mounts]
    return sorted(whole, key=lambda one: str(one["path"]))


def _inherited(client: docker.DockerClient, image: str) -> dict[str, str]:
    with suppress(NotFound):
        attributes = client.images.get(image).attrs
        return dict(one.partition("=")[::2] for one in attributes["Config"]["Env"] or [])
    return {}


def _outputs(found: Container) -> dict[str, Any]:
    return {"container": found.name}


def _await_health(found: Container, inputs: Inputs) -> None:
    """Wait until the container answers. Raises TimeoutError that shows the last lines of its log.

    One that ends again and again is not waited for to the end.
    """
    health, seconds = inputs.get("health") or [], float(inputs.get("ready_within_seconds", 60))
    deadline, pause = time.monotonic() + seconds, _ASK_AFTER_SECONDS
    while time.monotonic() < deadline:
        found.reload()
        if found.attrs["RestartCount"] >= _MOST_STARTS:
            break
        if found.status == "running":
            if not health:
                return
            with suppress(APIError):  # it may be ending and starting again this very moment
                # With its output attached: without, the engine does not wait for the command, and has no exit code yet.
                if found.exec_run(list(health)).exit_code == 0:
                    return
        time.sleep(pause)
        pause = min(2 * pause, _ASK_AT_LEAST_EVERY_SECONDS)  # a question costs a process: many would slow the start
    lines = found.logs(tail=_LOG_LINES_SHOWN).decode("utf-8", errors="replace")
    message = (
        f"{inputs['name']} does not answer after {seconds - (deadline - time.monotonic()):.0f} s ({found.status}, "
        f"started again {found.attrs['RestartCount']} times). The last lines of its log:\n{lines}"
    )
    raise TimeoutError(message)
