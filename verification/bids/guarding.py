"""Attempts on a product's safety that the norm's scenarios do not make: hostile text, a wrong key, sessions."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from verification.bids.bid import Bid
from verification.bids.desk import Desk, fresh_key
from verification.bids.evidence import Guarded
from verification.bids.handing_over import KEY, REFUSED, WRONG_KEY
from verification.conformance.access import Access
from verification.conformance.agreement import Agreement, passcode
from verification.conformance.product import OutOfReach, Product, Refusal, Unreadable
from verification.conformance.wire import Pace, Wire

#: What passes for a name on a form and for something else in a database, a page or an envelope.
_HOSTILE = ("Nguyễn'; DROP TABLE ho_so; --", "<script>alert(1)</script>", "Trần ]]><x/>&amp; Ý", '=1+1|"x",\\')
_SHORTEST_SESSION = 16  # letters; 128 bits in the densest common writing are 22, a UUID has 32. Assumed

Make = Callable[[Access], Product]


class Ends(msgspec.Struct, frozen=True):
    """Where the product hands everything over; no attempt where it does not."""

    handover: str
    pace: Pace | None = None


def attempt(bid: Bid, desk: Desk, access: Access, agreement: Agreement, make: Make, ends: Ends) -> list[Guarded]:
    """Make all attempts; `make` opens another connection with other keys."""
    made = [_hostile(desk), _wrong_key(desk, access, make), _sessions(access, agreement, make), _transport(bid)]
    return [*made, *([_everything(ends)] if ends.handover else [])]


def _hostile(desk: Desk) -> Guarded:
    spoilt = []
    for name in _HOSTILE:
        try:
            code = desk.product.do(desk.clerk, desk.handed(name), key=fresh_key()).code
            kept = desk.product.look(desk.clerk, code).name
        except Refusal as refusal:
            if refusal.why != "content":
                spoilt.append(f"“{name}” → {refusal.said}")
        except (Unreadable, OutOfReach) as error:
            spoilt.append(f"“{name}” → {error}")
        else:
            if kept != name:
                spoilt.append(f"“{name}” → “{kept}”")
    return Guarded(
        id="hostile-text", what="Chữ giống lệnh SQL, HTML, XML, công thức: giữ nguyên hoặc từ chối rõ ràng",
        kept=not spoilt, found="; ".join(spoilt) or f"{len(_HOSTILE)} mẫu, không mẫu nào gây hại",
    )  # fmt: skip


def _wrong_key(desk: Desk, access: Access, make: Make) -> Guarded:
    what = "Sai khoá liên thông thì không nhận hồ sơ"
    product, submission = make(replace(access, integration_key=WRONG_KEY)), desk.submission(99_999)
    try:
        product.submit(submission, key=fresh_key())
    except Refusal as refusal:
        # Whoever refuses it for another reason has not looked at the key; whoever refuses and keeps it, neither.
        for_the_key = refusal.why in {"sign-in", "rights"}
        if _is_there(desk, submission.code):
            return Guarded(id="wrong-key", what=what, kept=False, found=f"từ chối nhưng vẫn giữ: {refusal.said}")
        return Guarded(id="wrong-key", what=what, kept=for_the_key or None, found=f"từ chối: {refusal.said}")
    except (Unreadable, OutOfReach) as error:
        return Guarded(id="wrong-key", what=what, kept=None, found=str(error))
    finally:
        product.close()
    return Guarded(id="wrong-key", what=what, kept=False, found="đã nhận")


def _is_there(desk: Desk, code: str) -> bool:
    try:
        desk.product.look(desk.clerk, code)
    except (Refusal, Unreadable, OutOfReach):
        return False
    return True


def _everything(ends: Ends) -> Guarded:
    """Ask for all data with a wrong key: whoever gets them has everybody's."""
    what, headers = "Sai khoá thì không bàn giao dữ liệu", {KEY: WRONG_KEY}
    wire = Wire(ends.handover, ends.pace)
    try:
        given = [
            path
            for path in ("/manifest.json", "/ho-so.jsonl")
            if wire.request("GET", path, headers=headers).status < REFUSED
        ]
    except OutOfReach as error:
        return Guarded(id="handover-key", what=what, kept=None, found=str(error))
    finally:
        wire.close()
    return Guarded(
        id="handover-key", what=what, kept=not given, found=f"đã giao: {', '.join(given)}" if given else "từ chối"
    )


def _sessions(access: Access, agreement: Agreement, make: Make) -> Guarded:
    what = f"Mã phiên khác nhau, dài ít nhất {_SHORTEST_SESSION} ký tự, không phải số đếm"
    account = agreement.account("reception_clerk", "commune")
    code = access.passcodes.get(account) or passcode(access.passcode_key, account)
    product = make(access)
    try:
        names = [product.sign_in(account, code).session for _ in range(3)]
    except (Refusal, Unreadable, OutOfReach) as error:
        return Guarded(id="sessions", what=what, kept=None, found=str(error))
    finally:
        product.close()
    different, shortest = len(set(names)), min(map(len, names))
    counted = all(name.isdecimal() for name in names)
    kept = different == len(names) and shortest >= _SHORTEST_SESSION and not counted
    found = f"{different} trong {len(names)} mã khác nhau, ngắn nhất {shortest} ký tự" + (
        ", toàn số" if counted else ""
    )
    return Guarded(id="sessions", what=what, kept=kept, found=found)


def _transport(bid: Bid) -> Guarded:
    what = "Địa chỉ ngoài máy này phải dùng TLS"
    told = bid.endpoints
    addresses = [told.url, told.upgrade, told.handover] if told else []
    outside = [address for address in addresses if address and not _is_here(address)]
    if not outside:
        return Guarded(id="transport", what=what, kept=True, found="chạy trên chính máy này")
    plain = [address for address in outside if not address.startswith("https:")]
    return Guarded(
        id="transport", what=what, kept=not plain, found=f"không mã hoá: {', '.join(plain)}" if plain else "https"
    )


def _is_here(address: str) -> bool:
    """Whether an address is a folder, or can only be this machine; a name may begin like one and be elsewhere."""
    parts = urlsplit(address)
    try:
        return parts.scheme == "file" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"
