"""Rules on the resources that a stack asks for, whoever wrote the program: what the CrossGuard pack calls.

The rules on the blueprint (infra/level_three.py) say what is meant; these look at what would really be made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from infra.blueprint import DATABASE
from simulation.mistakes import Mistake
from simulation.text import Text

_DOCKER = "tinhmaudocker"  #: package of the Docker target's own provider; its name there needs Docker's libraries
_EVERYWHERE = ("0.0.0.0/0", "::/0")
#: Looks like a secret in plain text: an assignment to a telling name, a private key, a password in an address.
_TELLING = re.compile(
    r"(?i)(-----BEGIN [A-Z ]*PRIVATE KEY-----|\w+://[^\s:/@]+:[^\s:/@]+@"
    r"|\b\w*(password|passwd|secret|token|passcode_key|private_key)\w*\s*[=:]\s*['\"]?[A-Za-z0-9_/+-]{8,})"
)
#: The kind of storage, not a secret; matches of the pattern that are settings of PostgreSQL and sshd.
_HARMLESS = ("password_encryption", "scram-sha-256")


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that a program registers: Pulumi's type token, its name and its inputs as the provider gets them."""

    type: str
    name: str
    id: str  #: empty while it is not known, in a preview
    inputs: Mapping[str, Any]


Finding = tuple[str, Text, Text]


def judge(resources: Sequence[Resource]) -> tuple[Mistake, ...]:
    """Everything that breaks a rule, with its resource and what to change."""
    return tuple(
        Mistake(file="pulumi", key=name, found=found, way_out=way_out)
        for rule in RULES
        for name, found, way_out in rule(resources)
    )


def _kind(resources: Sequence[Resource], kind: str) -> Iterator[Resource]:
    return (one for one in resources if one.type.endswith(f":{kind}"))


def _no_open_group(resources: Sequence[Resource]) -> Iterator[Finding]:
    """L3-ZONES: only a load balancer meets the internet; no server lets everybody in."""
    for rule in _kind(resources, "SecGroupRule"):
        anywhere = rule.inputs.get("remoteIpPrefix", "0.0.0.0/0") in _EVERYWHERE and "remoteGroupId" not in rule.inputs
        if anywhere:
            way = "in" if rule.inputs.get("direction") == "ingress" else "out"
            vi = "nhận kết nối từ mọi nơi" if way == "in" else "cho gọi ra mọi nơi"
            en = "lets everybody in" if way == "in" else "lets servers call anywhere"
            yield rule.name, Text(f"[L3-EGRESS] {vi}.", f"[L3-EGRESS] {en}."), Text(
                "Ghi khối địa chỉ thật.", "Name the real address block.")  # fmt: skip


def _groups_are_bare(resources: Sequence[Resource]) -> Iterator[Finding]:
    """L3-EGRESS: the platform's own rules let everything out."""
    for group in _kind(resources, "SecGroup"):
        if group.inputs.get("deleteDefaultRules") is not True:
            yield group.name, Text(
                "[L3-EGRESS] giữ luật mặc định của nền tảng.", "[L3-EGRESS] keeps the platform's default rules."), Text(
                "Đặt delete_default_rules=True.", "Set delete_default_rules=True.")  # fmt: skip


def _database_is_private(resources: Sequence[Resource]) -> Iterator[Finding]:
    """L3-DATABASE: no public address leads to a database server's port."""
    ports = {one.id for one in _kind(resources, "Port") if "postgresql" in one.name}
    for tie in _kind(resources, "FloatingIpAssociate"):
        if tie.inputs.get("portId") in ports:
            yield tie.name, Text(
                "[L3-DATABASE] đưa cơ sở dữ liệu ra internet.", "[L3-DATABASE] puts a database on the internet."), Text(
                "Bỏ địa chỉ công khai này.", "Take the public address away.")  # fmt: skip
    for server in _kind(resources, "Instance"):
        if any("port" not in network for network in server.inputs.get("networks", ())):
            yield server.name, Text(
                "[L3-DATABASE] nối mạng không qua cổng mạng.", "[L3-DATABASE] joins a network without a port."), Text(
                "Nối qua networking.Port có nhóm bảo mật.", "Join through a networking.Port with groups.")  # fmt: skip


def _ports_are_guarded(resources: Sequence[Resource]) -> Iterator[Finding]:
    """L3-ZONES: every port has security groups, and cannot send under another's address."""
    for port in _kind(resources, "Port"):
        if not port.inputs.get("securityGroupIds") or port.inputs.get("portSecurityEnabled") is False:
            yield port.name, Text("[L3-ZONES] không có nhóm bảo mật.", "[L3-ZONES] has no security group."), Text(
                "Gắn nhóm của vùng và của thành phần.", "Give it its zone's and its workload's group.")  # fmt: skip


def _containers_are_private(resources: Sequence[Resource]) -> Iterator[Finding]:
    """L3-DATABASE: what is stored is not for everybody to read."""
    for container in _kind(resources, "Container"):
        if container.inputs.get("containerRead") or container.inputs.get("containerWrite"):
            yield container.name, Text("[L3-DATABASE] kho đối tượng mở ra ngoài.", "[L3-DATABASE] is shared."), Text(
                "Bỏ containerRead, containerWrite.", "Drop containerRead and containerWrite.")  # fmt: skip


def _people_meet_tls(resources: Sequence[Resource]) -> Iterator[Finding]:
    """L3-TRANSIT: a listener that lets everybody in answers in TLS."""
    for listener in _kind(resources, "Listener"):
        allowed = listener.inputs.get("allowedCidrs") or _EVERYWHERE
        if any(block in _EVERYWHERE for block in allowed) and listener.inputs.get("protocol") != "TERMINATED_HTTPS":
            yield listener.name, Text(
                "[L3-TRANSIT] mở cho mọi người, không mã hoá.", "[L3-TRANSIT] is open to all, unencrypted."), Text(
                "Đặt certificateRef.", "Set certificateRef.")  # fmt: skip


def _no_plain_secrets(resources: Sequence[Resource]) -> Iterator[Finding]:
    """L3-SECRETS: what the platform shows to every process on a server holds no secret."""
    for server in _kind(resources, "Instance"):
        for match in _TELLING.finditer(str(server.inputs.get("userData", ""))):
            if not any(word in match.group() for word in _HARMLESS):
                line = match.group()[:12]
                yield server.name, Text(
                    f"[L3-SECRETS] có vẻ chứa bí mật (“{line}…”).", f"[L3-SECRETS] seems to hold a secret (“{line}…”)."
                ), Text("Chuyển qua deliveries.", "Bring it by deliveries.")  # fmt: skip
        if server.inputs.get("adminPass"):
            yield server.name, Text("[L3-SECRETS] có mật khẩu quản trị.", "[L3-SECRETS] has an admin password."), Text(
                "Chỉ dùng khoá SSH.", "Use the SSH key alone.")  # fmt: skip


def _docker_is_guarded(resources: Sequence[Resource]) -> Iterator[Finding]:
    """L3-DATABASE, L3-ZONES, L3-SECRETS on the Docker target: what a container shows, and where a network leads."""
    own = f"{_DOCKER}:index:"
    for one in (one for one in resources if one.type.startswith(own)):
        kind, given = one.type.removeprefix(own), one.inputs
        if kind == "Container" and given.get("service") == DATABASE and given.get("ports"):
            yield one.name, Text(
                "[L3-DATABASE] công bố cổng của cơ sở dữ liệu.", "[L3-DATABASE] publishes a database's port."), Text(
                "Bỏ ports; lối vào là cổng của vùng.", "Drop ports; the way in is the zone's gateway.")  # fmt: skip
        if kind == "Network" and given.get("internal") is False and not str(given.get("name", "")).endswith("-door"):
            yield one.name, Text("[L3-ZONES] mạng có lối ra ngoài.", "[L3-ZONES] has a way out."), Text(
                "Đặt internal=True; lối vào là “-door”.", "Set internal=True; the way in is a “-door”.")  # fmt: skip
        for name, value in dict(given.get("environment") or {}).items() if kind == "Container" else ():
            match = _TELLING.search(f"{name}={value}")
            if match and not any(word in match.group() for word in _HARMLESS):
                yield one.name, Text(
                    f"[L3-SECRETS] biến {name} có vẻ là bí mật.", f"[L3-SECRETS] {name} seems to be a secret."), Text(
                    "Đưa vào một Volume với files.", "Bring it in a Volume with files.")  # fmt: skip


#: Every rule; each yields the resource's name, what was found and the way out.
RULES: tuple[Callable[[Sequence[Resource]], Iterator[Finding]], ...] = (
    _no_open_group,
    _groups_are_bare,
    _database_is_private,
    _ports_are_guarded,
    _containers_are_private,
    _people_meet_tls,
    _no_plain_secrets,
    _docker_is_guarded,
)
