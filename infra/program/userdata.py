"""What a server does when it first starts: cloud-init documents, written as JSON, which YAML includes.

No secret is in them: the platform shows user data to every process on the server. A server installs its software and
then waits for the files that infra/program/deliveries.py names; systemd starts the service when they arrive.
"""

from __future__ import annotations

import shlex
from typing import Any

import msgspec

from infra import tenants
from infra.blueprint import DATABASE, Workload
from infra.program.layout import Layout
from infra.program.openings import POSTGRESQL
from infra.program.settings import WAL_MINUTES

SECRETS_FILE = "/etc/tinhmau/secrets.env"
REFERENCE_FOLDER = "/srv/tinhmau/reference"
COMPLETE_FILE = f"{REFERENCE_FOLDER}/.complete"
REGISTRY_FILE = "/etc/tinhmau/lgsp-registry.json"
ROLES_FILE = "/etc/tinhmau/roles.sql"
PASSFILE = "/etc/tinhmau/replication.pgpass"
RCLONE_FILE = "/etc/tinhmau/rclone.conf"
_BACKUPS = "/srv/backup"


def of(layout: Layout, workload: Workload, number: int) -> str:
    """User data of one replica, counted from 0."""
    if workload.name == "bastion":
        return _document(layout, workload, number, _bastion(layout))
    if workload.kind == "database":
        return _document(layout, workload, number, _primary(layout) if number == 0 else _standby(layout))
    return _document(layout, workload, number, _service(layout, workload, number))


def _document(layout: Layout, workload: Workload, number: int, own: dict[str, Any]) -> str:
    settings = layout.settings
    common: dict[str, Any] = {
        "hostname": f"{workload.name}-{number}",
        "disable_root": True,
        "ssh_pwauth": False,
        "package_update": True,
        "package_upgrade": True,
        "timezone": "Asia/Ho_Chi_Minh",
        "ntp": {"enabled": True} | ({"servers": list(settings.time_servers)} if settings.time_servers else {}),
    }
    if settings.package_mirror:
        mirror = {"arches": ["default"], "uri": settings.package_mirror}
        security = mirror | {"uri": f"{settings.package_mirror}-security"}
        common["apt"] = {"primary": [mirror], "security": [security]}
    journal = f"[Journal]\nStorage=persistent\nMaxRetentionSec={settings.log_days}day\nSystemMaxUse=8G\n"
    files = [_file("/etc/systemd/journald.conf.d/tinhmau.conf", journal)]
    merged = common | own
    merged["write_files"] = files + own.get("write_files", [])
    merged["runcmd"] = [["systemctl", "restart", "systemd-journald"], *own.get("runcmd", [])]
    return "#cloud-config\n" + msgspec.json.format(msgspec.json.encode(merged), indent=1).decode()


def _file(path: str, content: str, *, mode: str = "0644") -> dict[str, str]:
    return {"path": path, "content": content, "permissions": mode, "owner": "root:root"}


def _unit(**sections: dict[str, str | tuple[str, ...]]) -> str:
    """A systemd unit file."""
    lines: list[str] = []
    for section, entries in sections.items():
        lines.append(f"[{section}]")
        for key, value in entries.items():
            lines.extend(f"{key}={one}" for one in ((value,) if isinstance(value, str) else value))
        lines.append("")
    return "\n".join(lines)


def _path_unit(path: str, unit: str) -> str:
    """A unit that starts another one once a file is there."""
    return _unit(
        Unit={"Description": f"Waits for {path}"},
        Path={"PathExists": path, "Unit": unit},
        Install={"WantedBy": "multi-user.target"},
    )


def _service(layout: Layout, workload: Workload, number: int) -> dict[str, Any]:
    settings, name = layout.settings, tenants.service_of(workload.name)
    address = layout.addresses.replica(workload.name, number)
    variables = {
        "SERVICE": name,
        "LISTEN": f"{address}:{layout.port(workload.name)}",
        "REFERENCE_DATA": REFERENCE_FOLDER,
        "STATE_DIR": "/var/lib/tinhmau",
        "LGSP_URL": layout.inner_url("lgsp"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    if name == "lgsp":
        variables["LGSP_REGISTRY"] = REGISTRY_FILE
    install = f"""#!/bin/sh
# Installs the release: checked against its hash before anything of it is used, and without any other source.
set -eu
archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
curl --fail --silent --show-error --location --retry 8 --retry-all-errors --output "$archive" \\
  {shlex.quote(settings.release_url)}
echo "{settings.release_sha256}  $archive" | sha256sum --check --quiet
mkdir -p /opt/tinhmau/wheels
tar --extract --gzip --no-same-owner --directory /opt/tinhmau/wheels --file "$archive"
python3 -m venv /opt/tinhmau/venv
/opt/tinhmau/venv/bin/pip install --quiet --no-index --find-links /opt/tinhmau/wheels tinhmau
"""
    unit = _unit(
        Unit={
            "Description": f"tinhmau {name}",
            "After": "network-online.target",
            "Wants": "network-online.target",
            "ConditionPathExists": (SECRETS_FILE, COMPLETE_FILE),
            "StartLimitIntervalSec": "0",
        },
        Service={
            "User": "tinhmau",
            "EnvironmentFile": ("/etc/tinhmau/service.env", SECRETS_FILE),
            "ExecStart": f"/opt/tinhmau/venv/bin/python -m services.{name}",
            "Restart": "always",
            "RestartSec": "2",
            "StateDirectory": "tinhmau",
            "LimitNOFILE": "65536",
            "MemoryMax": "90%",
            "NoNewPrivileges": "yes",
            "PrivateTmp": "yes",
            "PrivateDevices": "yes",
            "ProtectSystem": "strict",
            "ProtectHome": "yes",
            "ProtectKernelTunables": "yes",
            "ProtectKernelModules": "yes",
            "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
            "CapabilityBoundingSet": "",
        },
        Install={"WantedBy": "multi-user.target"},
    )
    environment = "".join(f"{key}={value}\n" for key, value in variables.items())
    return {
        "packages": ["ca-certificates", "curl", "python3", "python3-venv"],
        "write_files": [
            _file("/etc/tinhmau/service.env", environment),
            _file("/usr/local/sbin/tinhmau-install", install, mode="0755"),
            _file("/etc/systemd/system/tinhmau.service", unit),
            _file("/etc/systemd/system/tinhmau.path", _path_unit(COMPLETE_FILE, "tinhmau.service")),
        ],
        "runcmd": [
            ["useradd", "--system", "--home-dir", "/var/lib/tinhmau", "--shell", "/usr/sbin/nologin", "tinhmau"],
            ["install", "-d", "-o", "tinhmau", "-m", "0700", REFERENCE_FOLDER],
            ["/usr/local/sbin/tinhmau-install"],
            ["systemctl", "daemon-reload"],
            ["systemctl", "enable", "tinhmau.service"],
            ["systemctl", "enable", "--now", "tinhmau.path"],
        ],
    }


#: Data and backups are volumes of their own; the platform attaches them in this order after the system disk.
_DISKS: dict[str, Any] = {
    "fs_setup": [
        {"label": "tinhmau-data", "filesystem": "ext4", "device": "/dev/vdb", "overwrite": False},
        {"label": "tinhmau-back", "filesystem": "ext4", "device": "/dev/vdc", "overwrite": False},
    ],
    "mounts": [
        ["LABEL=tinhmau-data", "/var/lib/postgresql", "ext4", "defaults,noatime,nofail", "0", "2"],
        ["LABEL=tinhmau-back", _BACKUPS, "ext4", "defaults,noatime,nofail", "0", "2"],
    ],
}
_DATABASE_PACKAGES = ["ca-certificates", "postgresql", "postgresql-client", "rclone"]


def _configure(layout: Layout) -> str:
    """A script that configures the cluster which Debian's package has made; the same on primary and standby.

    Nothing in it depends on the server's size or on how many databases there are: either changes user data, and then
    the platform would put a new server in place of the old one. A role gets into the database of its own name, in
    TLS, with its password; which workloads reach the port at all is the firewall's business.
    """
    network, own = layout.addresses.network, layout.addresses.block(DATABASE)
    return f"""#!/bin/sh
# Configures PostgreSQL each time before it starts: the machine's memory may have grown.
set -eu
mountpoint --quiet /var/lib/postgresql
mountpoint --quiet {_BACKUPS}
version=$(ls /etc/postgresql | sort -n | tail -1)
folder=/etc/postgresql/$version/main
quarter=$(awk '/^MemTotal:/ {{ printf "%d", $2 / 4096 }}' /proc/meminfo)
cat > "$folder/conf.d/tinhmau.conf" <<END
listen_addresses = '*'
port = {POSTGRESQL}
ssl = on
password_encryption = scram-sha-256
shared_buffers = ${{quarter}}MB
max_connections = 400
wal_level = replica
max_wal_senders = 8
hot_standby = on
archive_mode = on
archive_command = 'test ! -f {_BACKUPS}/wal/%f && cp %p {_BACKUPS}/wal/%f'
log_connections = on
log_disconnections = on
END
cat > "$folder/pg_hba.conf" <<END
local all postgres peer
local replication postgres peer
hostssl sameuser all {network} scram-sha-256
hostssl replication replicator {own} scram-sha-256
END
install -d -o postgres -g postgres -m 0700 {_BACKUPS}/base {_BACKUPS}/wal
"""


def _database_files(layout: Layout) -> list[dict[str, str]]:
    before_start = _unit(Service={"ExecStartPre": "+/usr/local/sbin/tinhmau-configure"})
    return [
        _file("/usr/local/sbin/tinhmau-configure", _configure(layout), mode="0755"),
        _file("/etc/systemd/system/postgresql@.service.d/tinhmau.conf", before_start),
    ]


def _primary(layout: Layout) -> dict[str, Any]:
    settings = layout.settings
    backup = f"""#!/bin/sh
# A base backup on the volume for backups, old ones away, and all of it encrypted to object storage where there is one.
set -eu
new={_BACKUPS}/base/$(date +%Y%m%dT%H%M%S)
runuser -u postgres -- pg_basebackup --pgdata "$new" --format tar --gzip --wal-method stream --checkpoint fast
find {_BACKUPS}/base -mindepth 1 -maxdepth 1 -type d -mtime +{settings.backup_keep_days} -exec rm -rf {{}} +
find {_BACKUPS}/wal -type f -mtime +{settings.backup_keep_days} -delete
/usr/local/sbin/tinhmau-upload
"""
    upload = f"""#!/bin/sh
# Copies what is new to object storage, encrypted here first.
set -eu
test -f {RCLONE_FILE} || exit 0
rclone --config {RCLONE_FILE} sync {_BACKUPS} encrypted:{DATABASE}
"""
    roles = _unit(
        Unit={"Description": "Roles and databases of the services", "After": "postgresql.service"},
        Service={
            "Type": "oneshot",
            "RemainAfterExit": "yes",
            "StandardInput": f"file:{ROLES_FILE}",
            "ExecStart": "/usr/sbin/runuser -u postgres -- psql --quiet --set ON_ERROR_STOP=1",
            "Restart": "on-failure",
            "RestartSec": "10",
        },
    )
    files = [
        *_database_files(layout),
        _file("/usr/local/sbin/tinhmau-backup", backup, mode="0755"),
        _file("/usr/local/sbin/tinhmau-upload", upload, mode="0755"),
        _file("/etc/systemd/system/tinhmau-roles.service", roles),
        _file("/etc/systemd/system/tinhmau-roles.path", _path_unit(ROLES_FILE, "tinhmau-roles.service")),
        *_timer("tinhmau-backup", f"*-*-* {settings.backup_hour:02}:00:00"),
        *_timer("tinhmau-upload", f"*:0/{WAL_MINUTES}"),
    ]
    return _DISKS | {
        "packages": _DATABASE_PACKAGES,
        "write_files": files,
        "runcmd": [
            ["systemctl", "daemon-reload"],
            ["systemctl", "restart", "postgresql"],
            ["systemctl", "enable", "--now", "tinhmau-roles.path", "tinhmau-backup.timer", "tinhmau-upload.timer"],
        ],
    }


def _timer(name: str, when: str) -> list[dict[str, str]]:
    service = _unit(
        Unit={"Description": name}, Service={"Type": "oneshot", "ExecStart": f"/usr/local/sbin/{name}", "Nice": "10"}
    )
    timer = _unit(
        Unit={"Description": f"{name}: {when}"},
        Timer={"OnCalendar": when, "Persistent": "true"},
        Install={"WantedBy": "timers.target"},
    )
    return [
        _file(f"/etc/systemd/system/{name}.service", service),
        _file(f"/etc/systemd/system/{name}.timer", timer),
    ]


def _standby(layout: Layout) -> dict[str, Any]:
    primary = layout.addresses.replica(DATABASE, 0)
    follow = f"""#!/bin/sh
# Copies the primary and follows it; a standby that follows already is left alone.
set -eu
version=$(ls /etc/postgresql | sort -n | tail -1)
data=/var/lib/postgresql/$version/main
test -f "$data/standby.signal" && exit 0
install -o postgres -g postgres -m 0600 {PASSFILE} /var/lib/postgresql/.pgpass
systemctl stop "postgresql@$version-main"
find "$data" -mindepth 1 -delete
runuser -u postgres -- env PGSSLMODE=require pg_basebackup --host {primary} --username replicator \\
  --pgdata "$data" --write-recovery-conf --wal-method stream --checkpoint fast
systemctl start "postgresql@$version-main"
"""
    unit = _unit(
        Unit={"Description": "Follows the primary"},
        Service={
            "Type": "oneshot",
            "RemainAfterExit": "yes",
            "ExecStart": "/usr/local/sbin/tinhmau-follow",
            "Restart": "on-failure",
            "RestartSec": "15",
        },
    )
    return _DISKS | {
        "packages": _DATABASE_PACKAGES,
        "write_files": [
            *_database_files(layout),
            _file("/usr/local/sbin/tinhmau-follow", follow, mode="0755"),
            _file("/etc/systemd/system/tinhmau-follow.service", unit),
            _file("/etc/systemd/system/tinhmau-follow.path", _path_unit(PASSFILE, "tinhmau-follow.service")),
        ],
        "runcmd": [
            ["systemctl", "daemon-reload"],
            ["systemctl", "restart", "postgresql"],
            ["systemctl", "enable", "--now", "tinhmau-follow.path"],
        ],
    }


def _bastion(layout: Layout) -> dict[str, Any]:
    mfa = layout.settings.admin_mfa
    methods = "publickey,keyboard-interactive" if mfa else "publickey"
    sshd = f"""PasswordAuthentication no
PermitRootLogin no
KbdInteractiveAuthentication {"yes" if mfa else "no"}
AuthenticationMethods {methods}
MaxAuthTries 3
LogLevel VERBOSE
"""
    script = """#!/bin/sh
# The second factor of SSH is a one-time code instead of the password; an administrator without one yet makes it at once
# (google-authenticator), until then the key alone lets in.
set -eu
grep -q pam_google_authenticator /etc/pam.d/sshd && exit 0
sed -i 's/^@include common-auth/# &/' /etc/pam.d/sshd
echo 'auth required pam_google_authenticator.so nullok' >> /etc/pam.d/sshd
"""
    files = [_file("/etc/ssh/sshd_config.d/10-tinhmau.conf", sshd, mode="0600")]
    commands: list[list[str]] = []
    if mfa:
        files.append(_file("/usr/local/sbin/tinhmau-second-factor", script, mode="0755"))
        commands.append(["/usr/local/sbin/tinhmau-second-factor"])
    return {
        "packages": ["libpam-google-authenticator"] if mfa else [],
        "write_files": files,
        "runcmd": [*commands, ["systemctl", "restart", "ssh"]],
    }
