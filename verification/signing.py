"""Who signs on screen, and what signing on paper costs: measured on what the hub holds and the offices wrote down.

The hub's own envelopes say how a document was signed: a leader who signed on screen left a personal signature in the
attachment, beside the text it covers. It is counted only when it verifies and its certificate is the run's own
(FIG-SIGN-VP, FIG-SIGN-HD; TRB-WETSIGN).
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable
from datetime import datetime

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

from verification.records import Envelope, OfficeEvent

_TEXT, _SIGNATURE = "van-ban.txt", "chu-ky-ca-nhan.json"
_NAMESPACE = "{http://www.mic.gov.vn/TBT/QCVN_102_2016}"
_WEAK = 'SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"'
_MINUTE = 60.0


class _Personal(msgspec.Struct):
    value: str
    certificate: str


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """How documents were signed."""

    documents: int  #: new ones that the hub accepted
    on_screen: int  #: of those, with a leader's own signature that verifies

    @property
    def share(self) -> float:
        """Between 0 and 1; of at least one document."""
        return self.on_screen / self.documents


class Detour(msgspec.Struct, frozen=True, kw_only=True):
    """What paper cost the document clerks, in official minutes from print to scan."""

    documents: int  #: issued, on paper or not
    on_paper: int
    minutes: float  #: of all detours together

    @property
    def minutes_a_document(self) -> float:
        """Over all documents issued, at least one."""
        return self.minutes / self.documents


def signing(envelopes: Iterable[Envelope], authority: bytes) -> Signing:
    """Look into every envelope of a new document."""
    issuer = x509.load_pem_x509_certificate(authority)
    new = [one for one in envelopes if one.doc_type == "new"]
    return Signing(documents=len(new), on_screen=sum(_signed_on_screen(one.xml, issuer) for one in new))


def _signed_on_screen(xml: str, issuer: x509.Certificate) -> bool:
    try:
        root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
        packed = root.findtext(f".//{_NAMESPACE}ContentTransferEncoded") or ""
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed))) as attached:
            if _SIGNATURE not in attached.namelist():
                return False
            text, told = attached.read(_TEXT), attached.read(_SIGNATURE)
        personal = msgspec.json.decode(told, type=_Personal)
        certificate = x509.load_pem_x509_certificate(personal.certificate.encode())
        certificate.verify_directly_issued_by(issuer)
        key = certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(base64.b64decode(personal.value), text, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, etree.XMLSyntaxError, zipfile.BadZipFile, KeyError, ValueError, TypeError):
        return False
    return True


def weak(envelopes: Iterable[Envelope]) -> list[str]:
    """Documents whose envelope is sealed with SHA-1: accepted in the older era, and never a good sign."""
    return sorted(one.document for one in envelopes if _WEAK in one.xml)


def detour(events: Iterable[OfficeEvent]) -> Detour:
    """Follow each draft from print to scan; what was not scanned that day cost nothing yet."""
    printed: dict[str, datetime] = {}
    minutes, on_paper, issued = 0.0, 0, 0
    for event in events:
        draft = str(event.draft or "")
        if event.event == "printed" and event.at:
            printed[draft] = datetime.fromisoformat(event.at)
        elif event.event == "scanned" and event.at and draft in printed:
            minutes += (datetime.fromisoformat(event.at) - printed[draft]).total_seconds() / _MINUTE
            on_paper += 1
        elif event.event == "issued":
            issued += 1
    return Detour(documents=issued, on_paper=on_paper, minutes=minutes)
