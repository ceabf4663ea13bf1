"""The stack's own authority and its certificates, without a Docker engine: what proves what, and what follows."""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from infra import demand
from infra.blueprint import DATABASE, draw_up
from infra.docker_target import certificates, gateway, layout, secret_files
from infra.docker_target.layout import BACKUP, OUTSIDE
from infra.docker_target.settings import Issuer, Placement, Tls
from simulation import province_files

_MASTER, _OTHER = "0f" * 32, "1e" * 32
_TOY = province_files.load("toy")
_BLUEPRINT = draw_up(_TOY, demand.demand_of_province(_TOY))
_TLS = Tls(since="2026-03-01", issuer=1, trusted=(Issuer(number=1, since="2026-01-01"),))
_FOLLOWING = Tls(since="2026-03-02", issuer=2, trusted=(Issuer(number=2, since="2026-03-02"),))


def _shakes_hands(tmp_path: Path, *, trusted: str, held: certificates.Holding, name: str) -> bool:
    """Whether a caller who trusts these believes a server with this certificate; no network is needed."""
    (tmp_path / "server.pem").write_text(held.certificate + held.key)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "server.pem")
    calling = ssl.create_default_context(cadata=trusted)
    to_server, to_caller = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = calling.wrap_bio(to_caller, to_server, server_hostname=name)
    server = serving.wrap_bio(to_server, to_caller, server_side=True)
    for _ in range(4):
        for one in (caller, server):
            try:
                one.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return caller.version() == "TLSv1.3"


def _held(master: str, tls: Tls, names: Sequence[str] = ("lgsp",)) -> certificates.Holding:
    return certificates.issue(master, tls, holder="integration-gateway", names=names)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_server_is_believed_under_its_name_by_those_who_trust_its_authority(tmp_path: Path) -> None:
    """Not under another name, and not where another stack's authority is trusted, or the one before."""
    held = _held(_MASTER, certificates.begin())
    now, other = (certificates.trusted(master, certificates.begin()) for master in (_MASTER, _OTHER))
    before = certificates.trusted(_MASTER, _TLS)

    assert _shakes_hands(tmp_path, trusted=now, held=held, name="lgsp")
    assert not _shakes_hands(tmp_path, trusted=now, held=held, name="portal")
    assert not _shakes_hands(tmp_path, trusted=other, held=held, name="lgsp")
    assert not _shakes_hands(tmp_path, trusted=before, held=held, name="lgsp")


def test_in_every_step_of_a_rotation_both_sides_believe_each_other(tmp_path: Path) -> None:
    """Also while a step is under way: whoever is a step behind meets whoever is a step ahead."""
    steps = (certificates.begin(), *certificates.rotation(certificates.begin()))

    for one, following in pairwise(steps):
        for trusting, serving in ((one, one), (one, following), (following, one), (following, following)):
            trusted, held = certificates.trusted(_MASTER, trusting), _held(_MASTER, serving)
            assert _shakes_hands(tmp_path, trusted=trusted, held=held, name="lgsp"), (trusting, serving)
    assert [one.number for one in steps[-1].trusted] == [2]


def test_the_same_settings_give_the_same_bytes() -> None:
    """So a second `up` changes nothing; another master secret, authority, date or holder gives another key."""
    assert _held(_MASTER, _TLS) == _held(_MASTER, _TLS)
    keys = {
        _held(_MASTER, _TLS).key,
        _held(_OTHER, _TLS).key,
        _held(_MASTER, _FOLLOWING).key,
        certificates.issue(_MASTER, _TLS, holder="dmz-gateway", names=["portal"]).key,
    }
    assert len(keys) == 4


def test_certificates_hold_for_a_year_and_an_authority_may_sign_nothing_but_servers() -> None:
    """397 days from the day before they were issued."""
    held = x509.load_pem_x509_certificate(_held(_MASTER, _TLS).certificate.encode())
    (issuer,) = x509.load_pem_x509_certificates(certificates.trusted(_MASTER, _TLS).encode())

    assert held.not_valid_before_utc.date().isoformat() == "2026-02-28"
    assert (held.not_valid_after_utc - held.not_valid_before_utc).days == 398
    constraints = issuer.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS).value
    assert isinstance(constraints, x509.BasicConstraints)
    assert (constraints.ca, constraints.path_length) == (True, 0)
    held.verify_directly_issued_by(issuer)


def test_every_way_between_zones_is_encrypted_and_visitors_come_by_this_machine() -> None:
    """Each door that a workload or the backup uses speaks TLS 1.3; those published on 127.0.0.1 do not."""
    drawn = layout.draw(_BLUEPRINT, block="10.77.0.0/16", backup=True, standby=True)
    for one in drawn.gateways:
        written = gateway.configuration(one, _BLUEPRINT, standby=True, tls=True)
        speaking = set(re.findall(r"bind (\S+) ssl crt \S+ ssl-min-ver TLSv1\.3", written))
        assert speaking == {f"{door.address}:{door.port}" for door in one.doors if door.source != OUTSIDE}
    assert (BACKUP, DATABASE) in {(door.source, door.destination) for door in drawn.doors}


def test_who_calls_is_told_whom_to_trust_and_only_gateways_hold_keys() -> None:
    """A service and the backup have the authority's certificate; a gateway's key can be read by itself alone."""
    drawn = layout.draw(_BLUEPRINT, block="10.77.0.0/16", backup=True)
    placement = Placement(
        stack="s", layout=drawn, ports={}, reference="/r", runtime="r:1", services="s:1", tls=_TLS
    )  # fmt: skip
    service = {one.path: one for one in secret_files.of_service(
        drawn, "lgsp", master=_MASTER, public_url="http://x", tls=_TLS)}  # fmt: skip
    backup = {one.path: one for one in secret_files.of_backup(master=_MASTER, tls=_TLS)}
    zone = {one.path: one for one in secret_files.of_gateway(placement, drawn.gateways[0], master=_MASTER)}

    assert "sslmode=verify-full&sslnegotiation=direct" in service["secrets.env"].content
    assert '"url":"https://portal:' in service["registry.json"].content
    assert service["authority.pem"].content == backup["authority.pem"].content
    assert "PRIVATE KEY" not in "".join(one.content for one in (*service.values(), *backup.values()))
    assert "verify required" in backup["line.cfg"].content
    assert zone["server.pem"].mode == 0o400
    assert "PRIVATE KEY" in zone["server.pem"].content
