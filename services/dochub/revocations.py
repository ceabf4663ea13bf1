"""What the signing authority has revoked, as the hub last heard it over the LGSP.

The list is asked for every few seconds and believed only when the authority's own key signed it. While the authority
is out of reach the last list counts: documents do not stop for it, and what was revoked stays revoked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import structlog
from cryptography import x509

from services.kit import revocation_list
from services.kit.beside import Beside
from services.kit.kit import Kit

log = structlog.get_logger()
_ASK_EVERY_SECONDS = 5.0  # assumed


class Revocations:
    """Looked up for every seal; renewed beside the traffic."""

    def __init__(self, kit: Kit, authority: bytes) -> None:
        """`authority` is the certificate that signs the list, PEM."""
        self._kit = kit
        self._authority = x509.load_pem_x509_certificate(authority)
        self._revoked: Mapping[int, datetime] = {}
        self._task = Beside()

    def since(self, certificate: x509.Certificate) -> datetime | None:
        """Since when it has been revoked; None for one that has not."""
        return self._revoked.get(certificate.serial_number)

    def all(self) -> dict[str, datetime]:
        """Everything that has been revoked: serial number, hexadecimal, and since when."""
        return {f"{serial:x}": since for serial, since in self._revoked.items()}

    async def start(self) -> None:
        """Ask from now on."""
        self._task.start(self._follow())

    async def stop(self) -> None:
        """Ask no more."""
        await self._task.stop()

    async def _follow(self) -> None:
        while True:
            try:
                await self._ask()
            except Exception:
                log.exception("revocations-not-read")
            await asyncio.sleep(_ASK_EVERY_SECONDS)

    async def _ask(self) -> None:
        answer = await self._kit.lgsp.call("national", "signing.revocations", purpose="revocations")
        if told := revocation_list.believed(answer, self._authority):
            self._revoked = told.revoked
