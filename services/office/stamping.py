"""Time stamps for the signatures on papers (RFC 3161): the national authority's, asked for over the LGSP.

A stamp is believed only when it is over the very signature asked about, carries the number asked with, and whoever made
it may stamp time by the province's trust anchor. Imported only where papers are signed: pyHanko takes half a second.
"""

from __future__ import annotations

import asyncio

import msgspec
from asn1crypto import pem as asn1_pem
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from services.kit.kit import Kit

_PATIENCE_SECONDS = 3.0  # somebody waits for the paper; assumed
_MOST_BYTES = 4000  # of an answer, so that it fits into the room kept for it (pdf.py); ours have about 1,570


class NotStampedError(Exception):
    """No stamp was to be had, or none that can be believed; the message says why."""


class _Answer(msgspec.Struct):
    response: bytes


class Stamper(TimeStamper):
    """Asks on the service's own loop, while the paper is signed in a thread with another."""

    def __init__(self, kit: Kit, loop: asyncio.AbstractEventLoop) -> None:
        """`loop` is the one that the LGSP's connections belong to."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._kit, self._loop = kit, loop

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask once, and return what can be believed. Raises NotStampedError."""
        asked = self._kit.lgsp.call(
            "national",
            "signing.timestamp",
            body={"request": req.dump()},
            purpose="time-stamp",
            within=_PATIENCE_SECONDS,
        )
        answer = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, self._loop))
        if not answer.good:
            raise NotStampedError(f"{answer.outcome} {answer.status}")
        try:
            raw = answer.json(_Answer).response
            if len(raw) > _MOST_BYTES:
                raise NotStampedError(f"an answer of {len(raw)} bytes")
            response = tsp.TimeStampResp.load(raw, strict=True)
            await self._believe(response, req)
        # What a damaged answer raises depends on where it is damaged.
        except (ValueError, TypeError, KeyError, AttributeError, msgspec.MsgspecError) as error:
            raise NotStampedError(f"not a time stamp: {error}") from error
        return response

    async def _believe(self, response: tsp.TimeStampResp, req: tsp.TimeStampReq) -> None:
        if response["status"]["status"].native != "granted":
            raise NotStampedError(f"status {response['status']['status'].native}")
        signed = response["time_stamp_token"]["content"]
        told, imprint = signed["encap_content_info"]["content"].parsed, req["message_imprint"]
        if told["nonce"].native != req["nonce"].native:
            raise NotStampedError("an answer to an earlier question")
        if told["message_imprint"].native != imprint.native:
            raise NotStampedError("over something else")
        folder = self._kit.reference.folder
        _, _, der = asn1_pem.unarmor((folder / "certificate-authority.pem").read_bytes())
        anchor = asn1_x509.Certificate.load(der)
        context = ValidationContext(trust_roots=[anchor], allow_fetching=False, moment=self._kit.clock.now())
        judged = TimestampSignatureStatus(
            **await validate_tst_signed_data(signed, context, lambda _: imprint["hashed_message"].native)
        )
        if not (judged.intact and judged.valid and judged.trusted):
            raise NotStampedError("does not hold by the province's trust anchor")
