"""A person's own signature over a document's text, kept beside the document and sent along in its attachment.

Plain ECDSA P-256 with SHA-256 over the bytes of the text, so that any tool can check it, e.g.
`openssl dgst -sha256 -verify leader.pub -signature chu-ky.bin van-ban.txt`.
"""

from __future__ import annotations

import msgspec

ALGORITHM = "ECDSA-P256-SHA256"


class ContentSignature(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed which bytes."""

    algorithm: str = ALGORITHM
    digest: str  #: SHA-256 of the text, hexadecimal
    value: str  #: base64 of the DER signature
    certificate: str  #: the signer's, PEM
