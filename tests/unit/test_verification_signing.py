"""Who signed on screen is read from the hub's envelopes, and believed only when the signature holds."""

from __future__ import annotations

import edxml_samples as samples
import msgspec
import pytest

from services.kit.edxml import archive
from services.kit.edxml.composing import compose
from services.kit.edxml.envelope import Organ
from services.office import paper
from verification.records import Envelope, OfficeEvent
from verification.signing import detour, signing

AUTHORITY = samples.SmallAuthority()
SEAL = AUTHORITY.seal(samples.DEPARTMENT)
LEADER = Organ("leader.000.00.12.H07.1", "Nguyễn Thị Đoàn")


def kept(*, signer: samples.SmallAuthority | None, text: str = "Kính gửi.", doc_type: str = "new") -> Envelope:
    """An envelope as the hub keeps it, with a leader's signature made under `signer`, or signed on paper."""
    signature = signer.seal(LEADER).sign_content(b"K\xc3\xadnh g\xe1\xbb\xadi.") if signer else None
    attached = paper.attachment(text, signature=signature, pages=2)
    envelope = msgspec.structs.replace(samples.envelope(), attachments=(attached,))
    return Envelope(
        document="d", sender="s", addressees=(), digest="", xml=SEAL.sign_envelope(compose(envelope)), doc_type=doc_type
    )


def test_a_share_is_counted_over_new_documents() -> None:
    """Two of four signed on screen; a recall counts as none."""
    envelopes = [
        kept(signer=AUTHORITY),
        kept(signer=AUTHORITY),
        kept(signer=None),
        kept(signer=None),
        kept(signer=AUTHORITY, doc_type="recall"),
    ]
    found = signing(envelopes, AUTHORITY.pem)
    assert (found.documents, found.on_screen, found.share) == (4, 2, 0.5)


@pytest.mark.parametrize("case", ["stranger", "another text", "damaged"])
def test_a_signature_that_does_not_hold_is_none(case: str) -> None:
    """Of another authority, over another text, or torn."""
    if case == "stranger":
        envelope = kept(signer=samples.SmallAuthority())
    elif case == "another text":
        envelope = kept(signer=AUTHORITY, text="Kính gửi. Và thêm.")
    else:
        envelope = kept(signer=AUTHORITY)
        files = {"van-ban.txt": b"x", "chu-ky-ca-nhan.json": b"{}"}
        torn = msgspec.structs.replace(samples.envelope().attachments[0], archive=archive.pack(files))
        text = compose(msgspec.structs.replace(samples.envelope(), attachments=(torn,)))
        envelope = msgspec.structs.replace(envelope, xml=SEAL.sign_envelope(text))
    assert signing([envelope], AUTHORITY.pem).on_screen == 0


def test_papers_detour_is_spread_over_all_documents() -> None:
    """Twenty and ten minutes from print to scan over four issued documents: seven and a half each."""
    told = [
        (1, "printed", "09:00"), (1, "scanned", "09:20"), (2, "printed", "10:00"), (2, "scanned", "10:10"),
        (3, "signed", "10:00"), (4, "printed", "16:50"), (1, "issued", "11:00"), (2, "issued", "11:00"),
        (3, "issued", "11:00"), (5, "issued", "11:00"),
    ]  # fmt: skip
    events = [OfficeEvent(draft=draft, event=name, at=f"2018-08-22T{at}:00+07:00") for draft, name, at in told]
    found = detour(events)
    assert (found.documents, found.on_paper, found.minutes_a_document) == (4, 2, 7.5)
