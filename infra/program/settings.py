"""The stack's configuration, typed and checked whole. `read` is pure: it is handed the raw values as Pulumi keeps them.

Pulumi.yaml declares the same keys with descriptions and defaults; tests hold the two against each other.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import msgspec

from infra import tenants
from infra.blueprint import DATABASE, SERVICES
from infra.safeguards import BackupCopy, Safeguards
from infra.tenants import Body
from simulation import province_files
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text

T = TypeVar("T")
PROJECT = "tinhmau"
SECRET_KEY = "masterSecret"  # noqa: S105 -- the name of a key
TARGET_KEY = "target"
COUNTERPARTS = ("national", "sector")
MOST_REPLICAS = 14  #: addresses that infra/program/addresses.py keeps for each workload
_PREFIX_BITS = 16
_HOURS = 23
WAL_MINUTES = 15  #: how often the database's log goes to object storage


class Flavour(msgspec.Struct, frozen=True, kw_only=True):
    """A size that the provider offers."""

    name: str
    vcpu: int
    memory_mb: int


class Counterpart(msgspec.Struct, frozen=True, kw_only=True):
    """A system of somebody else that the LGSP talks to."""

    url: str
    cidrs: tuple[str, ...]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What Pulumi.yaml declares, in the same order; the descriptions are there."""

    province: str
    size_percent: int
    replicas: Mapping[str, int]
    bodies: tuple[Body, ...]
    stand_ins: bool
    counterparts: Mapping[str, Counterpart]
    network: str
    external_network: str
    public_cidrs: tuple[str, ...]
    official_cidrs: tuple[str, ...]
    admin_cidrs: tuple[str, ...]
    outbound_cidrs: tuple[str, ...]
    resolvers: tuple[str, ...]
    time_servers: tuple[str, ...]
    package_mirror: str
    image_id: str
    flavours: tuple[Flavour, ...]
    volume_type: str
    encrypted_volumes: bool
    anti_affinity: Literal["anti-affinity", "soft-anti-affinity"]
    certificate_ref: str
    hosts: Mapping[str, str]
    object_storage: bool
    backup_region: str
    auth_url: str
    backup_hour: int
    backup_keep_days: int
    log_days: int
    admin_mfa: bool
    admin_key: str
    release_url: str
    release_sha256: str
    level_three: Literal["enforce", "advise"]

    def safeguards(self) -> Safeguards:
        """What this configuration promises, for the level-3 rules."""
        copies = [
            BackupCopy(medium="block", elsewhere=False, every_minutes=0),  # the live data
            BackupCopy(medium="block", elsewhere=False, every_minutes=24 * 60),  # the backup volume
        ]
        if self.object_storage:
            copies.append(BackupCopy(medium="object", elsewhere=bool(self.backup_region), every_minutes=WAL_MINUTES))
        return Safeguards(
            encrypted_in_transit=bool(self.certificate_ref),
            encrypted_at_rest=self.encrypted_volumes,
            backups_encrypted=True,  # the database server encrypts before it uploads, always
            copies=tuple(copies),
            log_days=self.log_days,
            admin_mfa=self.admin_mfa,
            admin_from=self.admin_cidrs,
            officials_from=self.official_cidrs,
            outbound_to=self.outbound_cidrs,
        )


class DockerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a stack on Docker reads of the same file (infra/docker_target/)."""

    province: str
    size_percent: int
    replicas: Mapping[str, int]
    network: str
    reference: str
    port_base: int
    standby: bool  #: a second database server, for which every commit waits


class _Wrong(Exception):  # noqa: N818 -- a signal between readers in this module, never seen outside
    def __init__(self, found: Text, way_out: Text, *, at: str = "") -> None:
        self.found, self.way_out, self.at = found, way_out, at


def read(raw: Mapping[str, str], *, file: str, secrets: frozenset[str]) -> Settings:
    """Make settings of raw values: key without namespace → text, JSON where it is no text.

    `secrets` are the secret keys that are set; their values are not looked at here. Raises BadInputError with every
    wrong, missing and unknown key.
    """
    reading = _Reading(raw, file)
    values = reading.all(_READERS)
    settings = Settings(**values) if values is not None else None
    if settings is not None:
        reading.together(settings)
    reading.finish(secrets)
    if settings is None:
        raise BadInputError(reading.mistakes)
    return settings


def read_docker(raw: Mapping[str, str], *, file: str, secrets: frozenset[str]) -> DockerSettings:
    """The same for a stack on Docker. Keys that only a rented cloud needs are passed over."""
    reading = _Reading(raw, file)
    values = reading.all(_DOCKER_READERS)
    if values is not None:
        reading.known(values["replicas"], "replicas", {*SERVICES, DATABASE})
    reading.finish(secrets)
    if values is None:
        raise BadInputError(reading.mistakes)
    return DockerSettings(**values)


def read_target(raw: Mapping[str, str], *, file: str) -> Literal["openstack", "docker"]:
    """Where the stack goes. Raises BadInputError."""
    target = raw.get(TARGET_KEY) or "openstack"
    if target not in {"openstack", "docker"}:
        found = Text(f"là “{target}”.", f"is “{target}”.")
        way_out = did_you_mean(target, ("openstack", "docker"))
        raise BadInputError([Mistake(file=file, key=f"{PROJECT}:{TARGET_KEY}", found=found, way_out=way_out)])
    return "docker" if target == "docker" else "openstack"


def camel(name: str) -> str:
    """Field name to configuration key: size_percent → sizePercent."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


#: Configuration keys in the order of the fields; masterSecret and target are read apart.
KEYS = tuple(camel(name) for name in Settings.__struct_fields__)
DOCKER_KEYS = tuple(camel(name) for name in DockerSettings.__struct_fields__)


class _Reading:
    """One pass over the raw values; keeps the mistakes."""

    def __init__(self, raw: Mapping[str, str], file: str) -> None:
        self._raw, self._file = raw, file
        self.mistakes: list[Mistake] = []

    def note(self, key: str, found: Text, way_out: Text) -> None:
        """Keep one mistake."""
        self.mistakes.append(Mistake(file=self._file, key=f"{PROJECT}:{key}", found=found, way_out=way_out))

    def all(self, readers: Mapping[str, tuple[Callable[[Any], Any], Any]]) -> dict[str, Any] | None:
        """Read every key; None when one of them could not be read."""
        before = len(self.mistakes)
        values = {name: self._one(camel(name), reader, default) for name, (reader, default) in readers.items()}
        return None if len(self.mistakes) > before else values

    def finish(self, secrets: frozenset[str]) -> None:
        """Look for the secret and for unknown keys. Raises BadInputError when there was any mistake at all."""
        if SECRET_KEY not in secrets:
            command = "openssl rand -hex 32 | pulumi config set --secret masterSecret"
            self.note(SECRET_KEY, Text("chưa có, hoặc không phải bí mật.", "is missing, or is no secret."), Text(
                f"Chạy: {command}", f"Run: {command}"))  # fmt: skip
        known = {*KEYS, *DOCKER_KEYS, SECRET_KEY, TARGET_KEY}
        for key in self._raw:
            if key not in known:
                self.note(key, Text("không có khoá này.", "is no known key."), did_you_mean(key, known))
        if self.mistakes:
            raise BadInputError(self.mistakes)

    def known(self, names: Iterable[str], key: str, known: set[str]) -> None:
        """Names of workloads that do not exist."""
        for name in names:
            if name not in known:
                self.note(f"{key}.{name}", Text(
                    "không có thành phần này.", "is no workload."), did_you_mean(name, known))  # fmt: skip

    def _one(self, key: str, reader: Callable[[Any], Any], default: Any) -> Any:
        text = self._raw.get(key)
        if not text:  # Pulumi hands over declared defaults, "" among them
            if default is _NEEDED:
                self.note(key, Text("chưa có.", "is missing."), Text(
                    "Thêm vào; mô tả ở Pulumi.yaml.", "Add it; Pulumi.yaml describes it."))  # fmt: skip
                return None
            return default
        try:
            return reader(text)
        except _Wrong as wrong:
            self.note(key + wrong.at, wrong.found, wrong.way_out)
            return None

    def together(self, settings: Settings) -> None:
        """What only several keys together can get wrong."""
        if not settings.stand_ins:
            for name in COUNTERPARTS:
                if name not in settings.counterparts:
                    self.note(f"counterparts.{name}", Text("chưa có.", "is missing."), Text(
                        "Ghi url và cidrs của hệ thống thật, hoặc đặt standIns: true để thử.",
                        "Give url and cidrs of the real system, or set standIns: true for a testbed."))  # fmt: skip
        if settings.object_storage and not settings.auth_url:
            self.note("authUrl", Text("chưa có.", "is missing."), Text(
                "Cần để gửi bản sao lưu; hoặc đặt objectStorage: false.",
                "Backups are uploaded with it; or set objectStorage: false."))  # fmt: skip
        names = {tenants.workload_name(service, body.id) for body in settings.bodies for service in body.services}
        known = {*SERVICES, DATABASE, *names}
        self.known(settings.replicas, "replicas", known)
        self.known(settings.hosts, "hosts", known)


_NEEDED = object()


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise _Wrong(
            Text(f"“{text}” không phải JSON.", f"“{text}” is no JSON."),
            Text("Sửa kiểu giá trị; mô tả ở Pulumi.yaml.", "Correct its type; Pulumi.yaml describes it."),
        ) from None


def _text(text: str) -> str:
    if not text.strip():
        raise _Wrong(Text("trống.", "is empty."), Text("Ghi một giá trị.", "Give it a value."))
    return text.strip()


def _matching(pattern: str, way_out: Text) -> Callable[[Any], str]:
    def reader(text: Any) -> str:
        if not isinstance(text, str) or not re.fullmatch(pattern, text.strip()):
            raise _Wrong(Text(f"là “{text}”.", f"is “{text}”."), way_out)
        return text.strip()

    return reader


def _one_of(*choices: str) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if text not in choices:
            raise _Wrong(Text(f"là “{text}”.", f"is “{text}”."), did_you_mean(text, choices))
        return text

    return reader


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise _Wrong(Text(f"là “{text}”.", f"is “{text}”."), Text("Ghi true hoặc false.", "Write true or false."))
    return text == "true"


def _integer(least: int, most: int) -> Callable[[Any], int]:
    def reader(value: Any) -> int:
        number = value
        if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
            number = int(value)
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise _Wrong(Text(f"là “{value}”.", f"is “{value}”."), Text(
                f"Ghi số nguyên từ {least} đến {most}.", f"Write a whole number from {least} to {most}."))  # fmt: skip
        return number

    return reader


def _province(text: str) -> str:
    known = tuple(province_files.available())
    if text not in known:
        raise _Wrong(Text(f"là “{text}”.", f"is “{text}”."), did_you_mean(text, known))
    return text


def _network(text: str) -> str:
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        network = None
    if network is None or network.prefixlen != _PREFIX_BITS or not network.is_private:
        raise _Wrong(Text(f"là “{text}”.", f"is “{text}”."), Text(
            "Ghi một khối /16 riêng, ví dụ 10.20.0.0/16.", "Write a private /16, e.g. 10.20.0.0/16."))  # fmt: skip
    return str(network)


def _cidr(value: Any) -> str:
    try:
        return str(ipaddress.IPv4Network(value))
    except (ValueError, TypeError):
        raise _Wrong(Text(f"là “{value}”.", f"is “{value}”."), Text(
            "Ghi một khối địa chỉ IPv4, ví dụ 198.51.100.0/24.",
            "Write an IPv4 block, e.g. 198.51.100.0/24.")) from None  # fmt: skip


def _address(value: Any) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except (ValueError, TypeError):
        raise _Wrong(Text(f"là “{value}”.", f"is “{value}”."), Text(
            "Ghi một địa chỉ IPv4.", "Write an IPv4 address.")) from None  # fmt: skip


def _list(reader: Callable[[Any], T], *, least: int = 0) -> Callable[[Any], tuple[T, ...]]:
    def read_list(value: Any) -> tuple[T, ...]:
        items = _json(value) if isinstance(value, str) else value
        if not isinstance(items, list) or len(items) < least:
            raise _Wrong(Text(f"là {items!r}.", f"is {items!r}."), Text(
                f"Ghi danh sách, ít nhất {least} mục.", f"Write a list of at least {least}."))  # fmt: skip
        return tuple(_inside(f"[{index}]", reader, item) for index, item in enumerate(items))

    return read_list


def _inside(at: str, reader: Callable[[Any], T], value: Any) -> T:
    try:
        return reader(value)
    except _Wrong as wrong:
        raise _Wrong(wrong.found, wrong.way_out, at=at + wrong.at) from None


def _mapping(reader: Callable[[Any], T]) -> Callable[[str], dict[str, T]]:
    def read_mapping(text: str) -> dict[str, T]:
        items = _json(text)
        if not isinstance(items, dict):
            raise _Wrong(Text(f"là {items!r}.", f"is {items!r}."), Text("Ghi khoá: giá trị.", "Write key: value."))
        return {key: _inside(f".{key}", reader, value) for key, value in items.items()}

    return read_mapping


def _fields(value: Any, *, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    known = needed + optional
    if not isinstance(value, dict) or set(needed) - set(value) or set(value) - set(known):
        wanted = ", ".join(known)
        raise _Wrong(Text(f"là {value!r}.", f"is {value!r}."), Text(
            f"Cần các mục: {wanted}.", f"Its keys are: {wanted}."))  # fmt: skip
    return value


def _flavour(value: Any) -> Flavour:
    fields = _fields(value, needed=("name", "vcpu", "memoryMb"))
    return Flavour(
        name=str(fields["name"]),
        vcpu=_inside(".vcpu", _integer(1, 1024), fields["vcpu"]),
        memory_mb=_inside(".memoryMb", _integer(256, 16 * 1024 * 1024), fields["memoryMb"]),
    )


def _counterpart(value: Any) -> Counterpart:
    fields = _fields(value, needed=("url", "cidrs"))
    return Counterpart(
        url=_inside(".url", _https, fields["url"]),
        cidrs=_inside(".cidrs", _list(_cidr, least=1), fields["cidrs"]),
    )


def _body(value: Any) -> Body:
    fields = _fields(value, needed=("id", "name"), optional=("services",))
    name_rule = Text("Chữ thường và số, 2 đến 20 ký tự.", "Lower-case letters and digits, 2 to 20 of them.")
    return Body(
        id=_inside(".id", _matching(r"[a-z][a-z0-9]{1,19}", name_rule), str(fields["id"])),
        name=_inside(".name", _text, str(fields["name"])),
        services=_inside(
            ".services", _list(_one_of(*tenants.OWN_SERVICES), least=1), fields.get("services", ["office"])
        ),
    )


def _bodies(text: str) -> tuple[Body, ...]:
    bodies = _list(_body)(text)
    ids = [body.id for body in bodies]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice:
        raise _Wrong(Text(f"“{twice}” có hai lần.", f"“{twice}” is there twice."), Text(
            "Mỗi cơ quan một id.", "Give each body an id of its own."))  # fmt: skip
    return bodies


_https = _matching(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/%+-]*)?", Text(
    "Ghi một địa chỉ https://…", "Write an https:// address."))  # fmt: skip
_host = _matching(r"[a-z0-9-]+(\.[a-z0-9-]+)+", Text(
    "Ghi một tên miền, ví dụ dichvucong.example.vn.", "Write a host name, e.g. dichvucong.example.vn."))  # fmt: skip
_uuid = _matching(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", Text(
    "Ghi id của ảnh: openstack image list.", "Write the image's id: openstack image list."))  # fmt: skip
_sha256 = _matching(r"[0-9a-f]{64}", Text(
    "Ghi kết quả của sha256sum, 64 ký tự.", "Write what sha256sum prints, 64 digits."))  # fmt: skip
_ssh_key = _matching(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/=]{60,}( .*)?", Text(
    "Ghi khoá công khai, ví dụ nội dung ~/.ssh/id_ed25519.pub.",
    "Write the public key, e.g. the content of ~/.ssh/id_ed25519.pub."))  # fmt: skip

#: How each field is read, and what it is when nothing is set.
_READERS: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "province": (_province, _NEEDED),
    "size_percent": (_integer(1, 100_000), 100),
    "replicas": (_mapping(_integer(1, MOST_REPLICAS)), {}),
    "bodies": (_bodies, ()),
    "stand_ins": (_boolean, False),
    "counterparts": (_mapping(_counterpart), {}),
    "network": (_network, "10.20.0.0/16"),
    "external_network": (_text, _NEEDED),
    "public_cidrs": (_list(_cidr, least=1), ("0.0.0.0/0",)),
    "official_cidrs": (_list(_cidr, least=1), _NEEDED),
    "admin_cidrs": (_list(_cidr, least=1), _NEEDED),
    "outbound_cidrs": (_list(_cidr), _NEEDED),
    "resolvers": (_list(_address), ()),
    "time_servers": (_list(_address), ()),
    "package_mirror": (_https, ""),
    "image_id": (_uuid, _NEEDED),
    "flavours": (_list(_flavour, least=1), _NEEDED),
    "volume_type": (_text, ""),
    "encrypted_volumes": (_boolean, False),
    "anti_affinity": (_one_of("anti-affinity", "soft-anti-affinity"), "anti-affinity"),
    "certificate_ref": (_https, ""),
    "hosts": (_mapping(_host), {}),
    "object_storage": (_boolean, True),
    "backup_region": (_text, ""),
    "auth_url": (_https, ""),
    "backup_hour": (_integer(0, _HOURS), 1),
    "backup_keep_days": (_integer(1, 3650), 14),
    "log_days": (_integer(1, 3650), 92),
    "admin_mfa": (_boolean, True),
    "admin_key": (_ssh_key, _NEEDED),
    "release_url": (_https, _NEEDED),
    "release_sha256": (_sha256, _NEEDED),
    "level_three": (_one_of("enforce", "advise"), "enforce"),
}
_DOCKER_READERS: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    **{name: _READERS[name] for name in ("province", "size_percent", "replicas", "network")},
    "reference": (_text, ""),
    "port_base": (_integer(1024, 65_000), 18_080),
    "standby": (_boolean, False),
}
