"""The officials and the portal of a trial, over any product that the norm's dialects reach."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from itertools import product as every

from simulation.timeline import VIETNAM
from verification.conformance.access import Access
from verification.conformance.agreement import Agreement, passcode
from verification.conformance.inspector import NAME, NUMBER
from verification.conformance.product import (
    Answer,
    AskSupplement,
    Decide,
    Examine,
    HandBack,
    Product,
    Receive,
    Submission,
    Who,
)

ROLES = ("reception_clerk", "specialist", "leader")
_GIVEN = (
    "An", "Bình", "Chiến", "Dũng", "Đoàn", "Giang", "Hằng", "Khánh", "Lan", "Mỹ", "Ngọc", "Oanh", "Phúc", "Quỳnh",
    "Sơn", "Thuỷ", "Ưu", "Vân", "Xuân", "Yến",
)  # fmt: skip
#: Different people, so that what belongs to one and is shown for another can be told.
NAMES = tuple(f"Nguyễn {' '.join(three)}" for three in every(_GIVEN, repeat=3))


class Desk:
    """A commune's one-stop with its three officials signed in."""

    def __init__(self, product: Product, access: Access, agreement: Agreement) -> None:
        """Sign all in. Raises Refusal, Unreadable or OutOfReach."""
        self.product, self.agreement = product, agreement
        self.procedure, self.agency = agreement.procedure("plain"), agreement.agency("commune")
        self._access = access
        self.clerk, self.specialist, self.leader = (self.sign_in(role) for role in ROLES)

    def sign_in(self, role: str) -> Who:
        """Sign one official in, anew. Raises Refusal, Unreadable or OutOfReach."""
        account = self.agreement.account(role, "commune")
        code = self._access.passcodes.get(account) or passcode(self._access.passcode_key, account)
        return self.product.sign_in(account, code)

    def handed(self, name: str = NAME) -> Receive:
        """Make what somebody hands in at the counter, with the fee in cash."""
        return Receive(procedure=self.procedure.code, number=NUMBER, name=name, cash=self.procedure.fee)

    def submission(self, number: int, name: str = NAME) -> Submission:
        """Make what the portal passes on; `number` is its own for each."""
        now = datetime.now(VIETNAM).replace(microsecond=0)
        return Submission(
            code=f"{self.agency.code}-{now:%y%m%d}-{number:06d}",
            procedure=self.procedure.code,
            agency=self.agency.code,
            number=NUMBER,
            name=name,
            fee=self.procedure.fee,
            submitted_at=now - timedelta(minutes=5),
        )

    def bring_to(self, state: str) -> Answer:
        """Receive a dossier and work on it until it is in that state."""
        do, answer = self.product.do, self.product.do(self.clerk, self.handed(), key=fresh_key())
        code = answer.code
        if state == "awaiting_supplement":
            return do(self.clerk, AskSupplement(code, "Bản sao giấy tờ"), key=fresh_key())
        if state in {"examined", "approved", "returned"}:
            answer = do(self.specialist, Examine(code, "approve"), key=fresh_key())
        if state in {"approved", "returned"}:
            answer = do(self.leader, Decide(code, "approve"), key=fresh_key())
        if state == "returned":
            answer = do(self.clerk, HandBack(code), key=fresh_key())
        return answer


def fresh_key() -> str:
    """Make the key of a request that is made once: it does not say in which part of a trial."""
    return str(uuid.uuid4())
