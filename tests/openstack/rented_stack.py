"""The data centre on the control plane, through the real engine and plugin, and a member's own look at it."""

from __future__ import annotations

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from control_plane import CLOUD, EXTERNAL_NETWORK, VOLUME_TYPE, ControlPlane
from pulumi import automation

from infra.engine import finding
from infra.program import main
from infra.program.settings import PROJECT

ROOT = Path(__file__).resolve().parents[2]
STACK = "thu"
_AT_ONCE = 8
_GONE_WITHIN_SECONDS = 120
#: What the control plane lacks: a key manager for the certificate, object storage, a second region.
_LACKING = ("certificateRef", "backupRegion", "authUrl", "hosts")


def configuration(plane: ControlPlane, **changes: Any) -> dict[str, Any]:
    """The shipped example for Bến Tre, with this cloud's own values in it, changed."""
    shipped = yaml.safe_load((ROOT / "Pulumi.openstack.yaml").read_text("utf-8"))["config"]
    values = {key.removeprefix("tinhmau:"): value for key, value in shipped.items() if key.startswith("tinhmau:")}
    own = {
        "externalNetwork": EXTERNAL_NETWORK,
        "imageId": plane.image,
        "volumeType": VOLUME_TYPE,
        "objectStorage": False,
        "levelThree": "advise",
    }
    return {**{key: value for key, value in values.items() if key not in _LACKING}, **own, **changes}


class Rented:
    """One stack at work."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        """Nothing is made yet."""
        found = finding.ensure()
        plugin = finding.ensure_openstack()
        self.master = secrets.token_hex(32)
        self.folder, self._plane = folder, plane
        self._stack = automation.create_or_select_stack(
            STACK,
            project_name=PROJECT,
            program=main.run,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(folder),
                pulumi_home=str(folder / "home"),
                pulumi_command=automation.PulumiCommand(root=str(found.root), skip_version_check=True),
                project_settings=automation.ProjectSettings(
                    name=PROJECT, runtime="python", backend=automation.ProjectBackend(url=f"file://{folder}")
                ),
                secrets_provider="passphrase",
                env_vars={
                    **finding.OFFLINE,
                    "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16),
                    "PULUMI_BACKEND_URL": f"file://{folder}",
                    "PATH": os.pathsep.join([str(plugin.parent), os.environ.get("PATH", "")]),
                    "OS_CLIENT_CONFIG_FILE": str(plane.clouds),
                },
            ),
        )
        self._stack.set_config("openstack:cloud", automation.ConfigValue(CLOUD))
        self._stack.set_config(f"{PROJECT}:masterSecret", automation.ConfigValue(self.master, secret=True))
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Set the whole configuration: the example's own with these changes."""
        for key, value in configuration(self._plane, **changes).items():
            text = value if isinstance(value, str) else json.dumps(value)
            self._stack.set_config(f"{PROJECT}:{key}", automation.ConfigValue(text))

    def up(self) -> dict[str, int]:
        """What `pulumi up` did: act → how many, without what stayed as it is."""
        return _acts(self._stack.up(on_output=self._log, parallel=_AT_ONCE, color="never").summary.resource_changes)

    def preview(self) -> dict[str, set[str]]:
        """What `up` would do: act → names of resources, components left out."""
        found: dict[str, set[str]] = {}

        def hear(event: automation.EngineEvent) -> None:
            if event.resource_pre_event:
                step = event.resource_pre_event.metadata
                act = str(getattr(step.op, "value", step.op))
                if step.type.startswith("openstack:") and act != "same":
                    found.setdefault(act, set()).add(step.urn.rpartition("::")[2])

        self._stack.preview(on_output=self._log, on_event=hear, parallel=_AT_ONCE, color="never")
        return found

    def refresh(self) -> dict[str, int]:
        """What `pulumi refresh` found: act → how many."""
        told = self._stack.refresh(on_output=self._log, parallel=_AT_ONCE, color="never").summary.resource_changes
        return _acts(told)

    def destroy(self) -> None:
        """Remove everything."""
        self._stack.destroy(on_output=self._log, parallel=_AT_ONCE, color="never")

    def outputs(self) -> Mapping[str, automation.OutputValue]:
        """The stack's outputs, secrets marked."""
        return self._stack.outputs()

    def states(self) -> list[Path]:
        """Files in which the engine keeps what it knows, and what it said."""
        return [path for path in self.folder.rglob("*") if path.is_file() and "home" not in path.parts]

    def _log(self, line: str) -> None:
        with (self.folder / "pulumi.log").open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")


def _acts(told: Mapping[str, int] | None) -> dict[str, int]:
    return {str(getattr(act, "value", act)): count for act, count in (told or {}).items() if count and act != "same"}


class Member:
    """The renting project's own view, straight from the cloud's addresses."""

    def __init__(self, plane: ControlPlane) -> None:
        """Sign in with what clouds.yaml says."""
        given = yaml.safe_load(plane.clouds.read_text("utf-8"))["clouds"][CLOUD]["auth"]
        user = {"name": given["username"], "domain": {"name": "Default"}, "password": given["password"]}
        request = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": given["project_name"], "domain": {"name": "Default"}}},
            }
        }
        self._token = ""
        said, headers = self._ask("POST", f"{plane.auth_url}/auth/tokens", request)
        self._token = headers["X-Subject-Token"]
        self.roles = {role["name"] for role in said["token"]["roles"]}
        self._urls = {
            service["type"]: next(one["url"] for one in service["endpoints"] if one["interface"] == "public")
            for service in said["token"]["catalog"]
        }

    def all(self, service: str, path: str) -> list[dict[str, Any]]:
        """Everything of one kind that the project has."""
        said = self._ask("GET", self._urls[service] + path, None)[0]
        (found,) = (value for key, value in said.items() if isinstance(value, list) and not key.endswith("_links"))
        return list(found)

    def delete(self, service: str, path: str) -> None:
        """Remove one thing, as somebody would by hand."""
        self._ask("DELETE", self._urls[service] + path, None)

    def gone(self, service: str, path: str) -> None:
        """Wait until one thing is no longer there. Raises TimeoutError."""
        until = time.monotonic() + _GONE_WITHIN_SECONDS
        while time.monotonic() < until:
            try:
                self._ask("GET", self._urls[service] + path, None)
            except urllib.error.HTTPError as error:
                if error.code == HTTPStatus.NOT_FOUND:
                    return
                raise
            time.sleep(0.5)  # the cloud tells nobody when it has removed something
        raise TimeoutError(path)

    def servers(self) -> dict[str, dict[str, Any]]:
        """Server by name."""
        return {one["name"]: one for one in self.all("compute", "/servers/detail")}

    def members(self, service: str) -> set[str]:
        """Addresses behind the load balancer for one service."""
        (pool,) = (one for one in self.all("load-balancer", "/v2/lbaas/pools") if f"-{service}-pool" in one["name"])
        return {one["address"] for one in self.all("load-balancer", f"/v2/lbaas/pools/{pool['id']}/members")}

    def left(self) -> list[str]:
        """Whatever the project has now, the platform's own default security group and public things aside."""
        found = []
        for service, path in _EVERYTHING:
            for one in self.all(service, path):
                own = one.get("keypair", one)
                if own.get("name") != "default" and not own.get("router:external"):
                    found.append(f"{path} {own.get('name') or own.get('id')}")
        return found

    def _ask(self, method: str, url: str, body: object) -> tuple[dict[str, Any], Mapping[str, str]]:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json", "X-Auth-Token": self._token}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)  # noqa: S310 -- http, our own
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            said = answer.read()
            return (json.loads(said) if said else {}), dict(answer.headers)


_EVERYTHING = (
    ("compute", "/servers"), ("compute", "/os-server-groups"), ("compute", "/os-keypairs"),
    ("volumev3", "/volumes"), ("network", "/v2.0/networks?router:external=false"), ("network", "/v2.0/ports"),
    ("network", "/v2.0/routers"), ("network", "/v2.0/floatingips"), ("network", "/v2.0/security-groups"),
    ("load-balancer", "/v2/lbaas/loadbalancers"), ("load-balancer", "/v2/lbaas/pools"),
)  # fmt: skip


@contextmanager
def rented(plane: ControlPlane, folder: Path) -> Iterator[Rented]:
    """A stack that is destroyed at the end, whatever happened."""
    own = Rented(plane, folder)
    try:
        yield own
    finally:
        own.destroy()
