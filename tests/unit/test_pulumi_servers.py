"""What servers do when they first start, and the secret files that reach them afterwards by another way."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pulumi_cloud import MASTER, ROOT, as_kept, example

from infra.blueprint import DATABASE
from infra.program import deliveries, hand_over, userdata
from infra.program.deliveries import Upload
from infra.program.layout import draw
from infra.program.settings import SECRET_KEY, read

LAYOUT = draw(read(as_kept(example()), file="x", secrets=frozenset({SECRET_KEY})), file="x")
SERVERS = [(one, number) for one in LAYOUT.servers for number in range(one.replicas.value)]
UPLOAD = Upload(
    credential_id="id-1", credential_secret="s-1", auth_url="https://identity.example.vn/v3", region="region-two",
    container="thu-backups",
)  # fmt: skip
URLS = {one.name: f"https://{one.name}.example.vn" for one in LAYOUT.blueprint.workloads}
FILES = deliveries.files(LAYOUT, master=MASTER, public_urls=URLS, upload=UPLOAD)
#: Largest user data that the compute service takes, in base64.
_MOST_BYTES = 65535


def _document(name: str, number: int = 0) -> dict[str, Any]:
    (workload,) = (one for one in LAYOUT.servers if one.name == name)
    content: dict[str, Any] = yaml.safe_load(userdata.of(LAYOUT, workload, number))
    return content


def _files(name: str, number: int = 0) -> dict[str, str]:
    return {one["path"]: one["content"] for one in _document(name, number)["write_files"]}


@pytest.mark.parametrize(("workload", "number"), SERVERS, ids=lambda value: getattr(value, "name", value))
def test_user_data_is_a_cloud_config_that_fits(workload: Any, number: int) -> None:
    """It starts with the header, is YAML with known keys, no larger than the platform takes, and its scripts parse."""
    text = userdata.of(LAYOUT, workload, number)
    content = yaml.safe_load(text)

    assert text.startswith("#cloud-config\n")
    assert len(base64.b64encode(text.encode())) <= _MOST_BYTES
    assert set(content) <= {
        "apt", "disable_root", "fs_setup", "hostname", "mounts", "ntp", "package_update", "package_upgrade", "packages",
        "runcmd", "ssh_pwauth", "timezone", "write_files",
    }  # fmt: skip
    for file in content["write_files"]:
        if file["content"].startswith("#!/bin/sh"):
            assert file["permissions"] == "0755"
            subprocess.run(["sh", "-n"], input=file["content"], text=True, check=True)


def test_a_service_server_installs_a_checked_release_and_starts_once_it_has_its_secrets() -> None:
    """The archive's hash is checked before it is unpacked; the unit waits for secrets and reference data."""
    files, document = _files("onestop", 1), _document("onestop", 1)
    install, unit = files["/usr/local/sbin/tinhmau-install"], files["/etc/systemd/system/tinhmau.service"]

    assert install.index("sha256sum --check") < install.index("tar --extract")
    assert example()["releaseUrl"] in install
    assert example()["releaseSha256"] in install
    assert "ExecStart=/opt/tinhmau/venv/bin/python -m services.onestop" in unit
    assert f"ConditionPathExists={userdata.SECRETS_FILE}" in unit
    assert "EnvironmentFile=/etc/tinhmau/service.env\nEnvironmentFile=/etc/tinhmau/secrets.env" in unit
    assert "User=tinhmau" in unit
    assert "LISTEN=10.20.2.34:8081" in files["/etc/tinhmau/service.env"]
    assert ["systemctl", "enable", "--now", "tinhmau.path"] in document["runcmd"]
    assert document["apt"]["security"][0]["uri"] == "https://mirror.example.vn/debian-security"


def test_a_service_gets_every_variable_that_it_needs() -> None:
    """Environment and delivery together hold what docs/reference-data.md asks of each service, each variable once."""
    text = (ROOT / "services" / "kit" / "settings.py").read_text("utf-8")
    needed = {name for name in ("SERVICE", "PUBLIC_URL", "DATABASE_URL", "REFERENCE_DATA", "STATE_DIR", "AUDIT_TOKEN",
                                "PASSCODE_KEY", "TOKEN_KEY", "LISTEN") if f'"{name}"' in text}  # fmt: skip

    for workload in LAYOUT.blueprint.workloads:
        if workload.kind == "database":
            continue
        own = _files(workload.name)["/etc/tinhmau/service.env"].splitlines()
        brought = FILES[f"{workload.name}-0"][userdata.SECRETS_FILE].splitlines()
        names = [line.partition("=")[0] for line in own + brought]
        assert len(names) == len(set(names))
        assert needed <= set(names)
        special = {"lgsp": "LGSP_REGISTRY", "portal": "PAYMENT_SECRET"}.get(workload.name, "LGSP_URL")
        assert special in names


def test_the_lgsp_knows_every_system_by_the_secret_that_the_system_has() -> None:
    """Registry and deliveries agree, counterparts are in it with their real address."""
    registry = json.loads(FILES["lgsp-0"][userdata.REGISTRY_FILE])["systems"]
    office = dict(line.split("=", 1) for line in FILES["office-0"][userdata.SECRETS_FILE].splitlines())

    assert registry["office"]["secret"] == office["LGSP_SECRET"]
    assert registry["office"]["provider_secret"] == office["PROVIDER_SECRET"]
    assert registry["national"]["url"] == "https://ndxp.example.vn"
    assert "lgsp" not in registry


def test_secrets_differ_by_holder_and_follow_the_master() -> None:
    """Two services have different passwords, two replicas the same, another master gives others; weak ones are told."""
    other = deliveries.files(LAYOUT, master=MASTER[::-1], public_urls=URLS, upload=UPLOAD)

    assert FILES["portal-0"] == FILES["portal-1"]
    assert deliveries.derive(MASTER, "token_key", "portal") != deliveries.derive(MASTER, "token_key", "office")
    assert FILES["portal-0"] != other["portal-0"]
    assert deliveries.weak("a" * 64)
    assert deliveries.weak("correct horse battery staple")
    assert not deliveries.weak(MASTER)


def test_the_primary_lets_each_role_into_its_own_database_only() -> None:
    """TLS and password for everybody, roles and databases are made again without error, nobody else's are open."""
    configure = _files(DATABASE)["/usr/local/sbin/tinhmau-configure"]
    roles = FILES["postgresql-0"][userdata.ROLES_FILE]

    lines = [line for line in configure.splitlines() if line.startswith(("host", "local"))]
    assert lines == [
        "local all postgres peer",
        "local replication postgres peer",
        "hostssl sameuser all 10.20.0.0/16 scram-sha-256",
        "hostssl replication replicator 10.20.4.32/28 scram-sha-256",
    ]
    for database in LAYOUT.blueprint.databases:
        assert database.name == database.role  # what "sameuser" stands on
        assert f"CREATE DATABASE {database.name} OWNER {database.role}" in roles
        assert f"REVOKE ALL ON DATABASE {database.name} FROM PUBLIC;" in roles


def test_a_standby_follows_and_a_primary_backs_up() -> None:
    """Replica 0 takes backups at the hour that is set and uploads them; replica 1 copies the primary and follows it."""
    primary, standby = _files(DATABASE, 0), _files(DATABASE, 1)

    assert "OnCalendar=*-*-* 01:00:00" in primary["/etc/systemd/system/tinhmau-backup.timer"]
    assert "OnCalendar=*:0/15" in primary["/etc/systemd/system/tinhmau-upload.timer"]
    assert "--host 10.20.4.33" in standby["/usr/local/sbin/tinhmau-follow"]
    assert "/usr/local/sbin/tinhmau-backup" not in standby
    assert FILES["postgresql-1"].keys() == {userdata.PASSFILE}
    password = FILES["postgresql-1"][userdata.PASSFILE].strip().rpartition(":")[2]
    assert (
        f"ALTER ROLE replicator LOGIN REPLICATION PASSWORD '{password}';" in FILES["postgresql-0"][userdata.ROLES_FILE]
    )


def test_backups_are_encrypted_before_they_leave() -> None:
    """Uploads go through rclone's crypt remote; the password is hidden as rclone reads it."""
    config = FILES["postgresql-0"][userdata.RCLONE_FILE]
    hidden = next(line for line in config.splitlines() if line.startswith("password")).partition(" = ")[2]
    raw = base64.urlsafe_b64decode(hidden + "=" * (-len(hidden) % 4))
    decryptor = Cipher(algorithms.AES(deliveries._RCLONE_KEY), modes.CTR(raw[:16])).decryptor()

    assert "remote = storage:thu-backups" in config
    assert "encrypted:postgresql" in _files(DATABASE)["/usr/local/sbin/tinhmau-upload"]
    assert decryptor.update(raw[16:]).decode() == deliveries.derive(MASTER, "backup_key", DATABASE)


def test_administrators_need_key_and_code() -> None:
    """SSH on the administrators' host takes no password, no root, and asks for two factors."""
    sshd = _files("bastion")["/etc/ssh/sshd_config.d/10-tinhmau.conf"]

    assert "AuthenticationMethods publickey,keyboard-interactive" in sshd
    assert "PasswordAuthentication no" in sshd
    assert "PermitRootLogin no" in sshd
    assert "libpam-google-authenticator" in _document("bastion")["packages"]


def test_logs_are_kept_as_long_as_the_configuration_says() -> None:
    """Every server keeps its journal for 92 days."""
    for workload, number in SERVERS:
        assert "MaxRetentionSec=92day" in _files(workload.name, number)["/etc/systemd/journald.conf.d/tinhmau.conf"]


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A folder of reference data, the signers' keys among it."""
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "province.json").write_text("{}")
    (folder / "keystore.json").write_text('{"organisation": {}}')
    return folder


@pytest.fixture
def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `ssh` that keeps what it is sent, and fails for the host 10.20.1.34."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "ssh"
    script.write_text(
        '#!/bin/sh\nfor last; do host=$last; [ "${last#debian@10}" = "$last" ] || break; done\n'
        f'echo "$@" >> {tmp_path}/calls\ncat > {tmp_path}/"${{host#debian@}}".tar\n'
        '[ "$host" != debian@10.20.1.34 ]\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def _outputs() -> str:
    addresses = {f"{one.name}-{number}": LAYOUT.addresses.replica(one.name, number) for one, number in SERVERS}
    return json.dumps({"deliveries": FILES, "servers": addresses, "bastion": "192.0.2.7"})


def _contents(archive: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(archive) as tar:
        return {one.name: one for one in tar.getmembers()}


def test_files_reach_each_server_through_the_administrators_host(
    fake_ssh: Path, reference: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The database first; every file 0600; signing keys only where documents are signed; a failure names its server."""
    monkeypatch.setattr("sys.stdin", io.StringIO(_outputs()))

    code = hand_over.main(["--reference", str(reference)])

    calls = (fake_ssh / "calls").read_text().splitlines()
    assert code == 70
    assert len(calls) == len(SERVERS) - 1  # nothing secret belongs on the administrators' host
    assert "debian@10.20.4.33" in calls[0]
    assert all("debian@192.0.2.7" in call for call in calls)
    office, portal = _contents(fake_ssh / "10.20.2.49.tar"), _contents(fake_ssh / "10.20.1.33.tar")
    assert "srv/tinhmau/reference/keystore.json" in office
    assert "srv/tinhmau/reference/keystore.json" not in portal
    assert {oct(one.mode) for one in (office | portal).values()} == {"0o600"}
    assert list(portal)[-1] == "srv/tinhmau/reference/.complete"
    assert portal["etc/tinhmau/secrets.env"].uname == "root"
    told = capsys.readouterr()
    assert "portal-1 (10.20.1.34)" in told.err
    assert "PASSCODE" not in told.out + told.err


def test_outputs_without_secrets_are_refused(
    reference: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --show-secrets Pulumi prints "[secret]"; the message says which command to use."""
    monkeypatch.setattr("sys.stdin", io.StringIO('{"deliveries": "[secret]", "servers": {}, "bastion": ""}'))

    assert hand_over.main(["--reference", str(reference)]) == 64
    assert "--show-secrets" in capsys.readouterr().err
