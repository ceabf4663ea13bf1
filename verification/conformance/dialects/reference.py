"""The reference one-stop's own dialect: docs/wire.md. The listener plays the LGSP with portal and nation behind it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import jwt
import msgspec

from verification.conformance import waiting
from verification.conformance.access import Access
from verification.conformance.dialects import common
from verification.conformance.listener import Listener
from verification.conformance.product import (
    Accept,
    Act,
    Answer,
    AskSupplement,
    Decide,
    Examine,
    Field,
    HandBack,
    News,
    Receive,
    Refusal,
    Sight,
    Step,
    Submission,
    Supplement,
    Told,
    Unreadable,
    Who,
    Why,
)
from verification.conformance.wire import Pace, Wire

_SERVICE = "onestop"
_TOKEN_SECONDS = 60
_REFUSED = 400
_WHY: Mapping[str, Why] = {
    "not-signed-in": "sign-in", "wrong-passcode": "sign-in", "unknown-account": "sign-in", "not-from-lgsp": "sign-in",
    "wrong-role": "rights", "other-agency": "rights", "needs-leader": "rights", "no-agency": "rights",
    "not-found": "unknown", "wrong-state": "order", "fee-unpaid": "fee", "invalid": "content",
}  # fmt: skip
_FIELDS: Mapping[str, Field] = {
    "$.procedure": "procedure", "$.applicant.personal_number": "number", "$.applicant.full_name": "name",
    "$.fee_cash": "cash", "$.delivery": "delivery", "$.by": "delivery", "$.what": "what",
}  # fmt: skip


class ReferenceOneStop:
    """A product that speaks as the reference does."""

    name = "Tỉnh Mẫu"
    resolution = timedelta(microseconds=1)

    def __init__(self, access: Access, listener: Listener, pace: Pace | None = None) -> None:
        """Its LGSP_URL must be the listener's address; `integration_key` is its PROVIDER_SECRET."""
        self._wire, self._access = Wire(access.url, pace), access
        self.last = ""
        self._items: dict[str, tuple[str, Any]] = {}
        self._lock = threading.Lock()
        listener.hear = self._hear

    def sign_in(self, account: str, passcode: str) -> Who:
        """Let an official in."""
        told = self._ask("POST", "/api/sign-in", {"account": account, "passcode": passcode})
        return Who(account, told["token"])

    def do(self, who: Who, act: Act, *, key: str) -> Answer:  # noqa: PLR0911 -- one way out for each act
        """Do one act."""
        match act:
            case Receive():
                body = {
                    "procedure": act.procedure, "fee_cash": act.cash, "delivery": act.delivery,
                    "applicant": {"personal_number": act.number, "full_name": act.name},
                }  # fmt: skip
                return self._act(who, "", body, key)
            case Accept():
                return self._act(who, f"/{act.code}/acceptance", None, key)
            case AskSupplement():
                return self._act(who, f"/{act.code}/supplement-request", {"what": act.what}, key)
            case Supplement():
                return self._act(who, f"/{act.code}/supplement", {"what": act.what}, key)
            case Examine():
                return self._act(who, f"/{act.code}/examination", {"proposal": act.proposal}, key)
            case Decide():
                return self._act(who, f"/{act.code}/decision", {"decision": act.decision}, key)
            case HandBack():
                return self._act(who, f"/{act.code}/return", {"by": act.by, "fee_cash": act.cash}, key)

    def receive_together(self, who: Who, acts: Sequence[Receive]) -> list[Answer]:
        """Receive several at once."""
        return common.in_threads(self, who, acts)

    def look(self, who: Who, code: str) -> Sight:
        """Show one dossier."""
        told = self._ask("GET", f"/api/dossiers/{code}", who=who)
        return Sight(
            code=told["code"],
            procedure=told["procedure"],
            agency=told["agency"],
            state=told["state"],
            name=told["applicant"]["full_name"],
            number=told["applicant"]["personal_number"],
            fee=told["fee"],
            paid=told["paid"],
            received_at=_moment(told["received_at"]),
            due_at=_moment(told["due_at"]),
            steps=tuple(
                Step(
                    step["seq"], step["state"], step["actor"], common.needed(_moment(step["at"]), "history.at")
                )
                for step in told["history"]
            ),
        )  # fmt: skip

    def desk(self, who: Who) -> list[str]:
        """List open dossiers."""
        return [row["code"] for row in self._ask("GET", "/api/desk", who=who)["dossiers"]]

    def submit(self, submission: Submission, *, key: str) -> None:
        """Pass a dossier on."""
        body = {
            "code": submission.code, "procedure": submission.procedure, "agency": submission.agency,
            "applicant": {"personal_number": submission.number, "full_name": submission.name}, "company": None,
            "delivery": "counter", "submitted_at": submission.submitted_at, "fee": submission.fee, "form": {},
            "request_key": key,
        }  # fmt: skip
        self._pass_on("dossiers.submit", body, key)

    def pay(self, code: str, order: str, amount: int, *, key: str) -> None:
        """Tell of a payment."""
        at = datetime.now().astimezone()
        self._pass_on("payments.add", {"code": code, "order": order, "amount": amount, "at": at}, key)

    def deliver(self, parcel: str) -> None:
        """Tell of a delivery."""
        self._pass_on("parcels.status", {"parcel": parcel, "status": "delivered"}, f"delivered-{parcel}")

    def told(self, code: str) -> Told:
        """Wait until its outbox is empty."""
        waiting.until(lambda: self._ask("GET", "/backlog", token=self._access.audit_token)["outbox"] == 0)
        with self._lock:
            mine = [(name, body) for name, body in self._items.values() if body.get("code") == code]
        portal = tuple(
            News(seq=body["seq"], state=body["state"], whole=msgspec.json.encode(body).decode())
            for name, body in mine
            if name == "portal.dossiers.progress"
        )
        nation = tuple(
            News(seq=body["seq"], state=body["state"], national=body["TrangThaiHoSo"])
            for name, body in mine
            if name.startswith("national.dvcqg.")
        )
        return Told(portal, nation)

    def close(self) -> None:
        """End the connection."""
        self._wire.close()

    def _hear(self, path: str, body: Any) -> Any:
        """Answer as the LGSP: a token to whoever asks, and every outbox item is taken."""
        if path == "/token":
            return {"token": "inspection", "expires_in": 3600}
        _, _, provider, operation = path.split("/")
        items = body.get("items", []) if isinstance(body, dict) else []
        with self._lock:
            for item in items:
                self._items.setdefault(item["key"], (f"{provider}.{operation}", item["body"]))
        return {"results": [{"key": item["key"], "result": "done"} for item in items]}

    def _act(self, who: Who, path: str, body: Any, key: str) -> Answer:
        told = self._ask("POST", f"/api/dossiers{path}", body, who=who, key=key)
        return Answer(told["code"], told["state"], _moment(told.get("due_at")), told.get("parcel") or "")

    def _pass_on(self, operation: str, body: Any, key: str) -> None:
        claims = {
            "sub": "portal", "call": str(uuid.uuid4()), "op": operation, "aud": _SERVICE,
            "exp": int(time.time()) + _TOKEN_SECONDS,
        }  # fmt: skip
        token = jwt.encode(claims, self._access.integration_key, algorithm="HS256")
        batch = {"items": [{"key": key, "body": body}]}
        told = self._ask("POST", f"/lgsp/{operation}", batch, lgsp_token=token)
        result = told["results"][0]
        if result["result"] != "done":
            raise Refusal("unclear" if result["result"] == "again" else "content", result["detail"])

    def _ask(
        self, method: str, path: str, body: Any = None, *, who: Who | None = None, key: str = "", token: str = "",
        lgsp_token: str = "",
    ) -> Any:  # fmt: skip
        bearer = who.session if who else token
        headers = {
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {bearer}"} if bearer else {}),
            **({"Idempotency-Key": key} if key else {}),
            **({"X-Lgsp-Token": lgsp_token} if lgsp_token else {}),
        }
        self.last = f"{method} {path}"
        reply = self._wire.request(method, path, b"" if body is None else msgspec.json.encode(body), headers)
        try:
            told = msgspec.json.decode(reply.body)
        except msgspec.DecodeError as error:
            message = f"{method} {path}: {reply.status}, không phải JSON"
            raise Unreadable(message) from error
        if reply.status < _REFUSED:
            return told
        fields = [_FIELDS.get(mistake["where"], "other") for mistake in told.get("errors", [])]
        raise Refusal(_WHY.get(told.get("title", ""), "unclear"), f"{reply.status} {told.get('detail', '')}", fields)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
