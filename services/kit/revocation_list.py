"""The signing authority's revocation list, believed only when its own key signed it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
import structlog
from cryptography import x509

from services.kit.lgsp_client import Answer

log = structlog.get_logger()


class _Answer(msgspec.Struct):
    crl: str


class RevocationList(msgspec.Struct, frozen=True):
    """What had been revoked when the list was made."""

    revoked: Mapping[int, datetime]  #: serial number -> since when
    until: datetime | None  #: how long the list is good for, official time


def believed(answer: Answer, authority: x509.Certificate) -> RevocationList | None:
    """Read the answer of `national.signing.revocations`; None where there is none, or none of the authority's.

    Raises ValueError and msgspec.MsgspecError for what is no list.
    """
    if not answer.good:
        log.warning("revocations-not-answered", outcome=answer.outcome, status=answer.status)
        return None
    told = x509.load_pem_x509_crl(answer.json(_Answer).crl.encode())
    public = authority.public_key()
    if told.issuer != authority.subject or not told.is_signature_valid(public):  # type: ignore[arg-type]
        log.error("revocations-not-the-authoritys")
        return None
    revoked = {one.serial_number: one.revocation_date_utc for one in told}
    return RevocationList(revoked, told.next_update_utc)
