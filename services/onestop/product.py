"""A vendor's one-stop product behind this service (SYS-ONESTOP-VENDORS): every act is the product's before it is ours.

The adapter for Sen's JSON API. The product numbers what is received and says of each act what it led to; the service's
own books, outboxes and papers follow it. What the product does not know stays with the adapter: linked agencies
(`referred`; for the product the dossier is still `received`), and withdrawals. Where the product's answer is not what
the norm says, nothing is written, and the official is told which product said what (TRB-VENDOR-MISMATCH).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec
import structlog
from prometheus_client import Counter

from services.kit.accounts import passcode
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.reference import Product as Wanted
from services.onestop.states import (
    ACCEPT,
    ASK_SUPPLEMENT,
    DECIDE,
    DELIVER,
    EXAMINE,
    GIVE_OPINION,
    HAND_BACK,
    REFER,
    SUPPLEMENT,
    WITHDRAW,
    Act,
)

log = structlog.get_logger()
_DISAGREED = Counter(
    "onestop_product_disagreements_total", "Answers of the vendor's product that the norm does not have"
)
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR", "TZ")
_PR_SET_PDEATHSIG = 1
_STATES = ("submitted", "received", "awaiting_supplement", "examined", "approved", "rejected", "posted", "returned")
_DELIVERIES: Mapping[str, str] = {"counter": "TAI_QUAY", "online": "TRUC_TUYEN", "post": "BUU_CHINH"}
_OUTCOMES: Mapping[str, str] = {"approve": "DONG_Y", "approved": "DONG_Y", "reject": "TU_CHOI", "rejected": "TU_CHOI"}
#: Acts that stay with the adapter, because the product does not know them.
_OURS = (REFER, GIVE_OPINION, WITHDRAW)
#: Its error -> ours.
_STATUS: Mapping[int, tuple[int, str]] = {
    401: (403, "wrong-role"), 402: (409, "fee-unpaid"), 403: (403, "wrong-role"), 404: (404, "not-found"),
    409: (409, "wrong-state"), 422: (422, "invalid"),
}  # fmt: skip
_OUT_OF_ORDER = 409


class ProductError(Exception):
    """The product answers what the norm does not have, or not at all."""


class OutOfReachError(ProductError):
    """The product does not answer."""


class _Answer(msgspec.Struct, rename="camel"):
    ma_loi: int
    thong_diep: str = ""
    du_lieu: Any = None


class Done(msgspec.Struct, rename="camel"):
    """What the product says of a dossier after an act."""

    ma_ho_so: str
    trang_thai: int
    ma_buu_gui: str | None = None

    @property
    def state(self) -> str:
        """By our name; its number where the product's documents have none."""
        return _STATES[self.trang_thai] if 0 <= self.trang_thai < len(_STATES) else str(self.trang_thai)


class Product:
    """The product as a process beside this one, and the way of speaking to it."""

    def __init__(self, kit: Kit, wanted: Wanted) -> None:
        """`wanted` names the product and what is planted in it."""
        self._kit, self._wanted = kit, wanted
        self._url = ""
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._sessions: dict[str, str] = {}

    async def start(self) -> None:
        """Start the product; it ends with this process, however that ends."""
        settings, parent = self._kit.settings, os.getpid()
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "REFERENCE_DATA": str(settings.reference_data),
            "PASSCODE_KEY": settings.passcode_key,
            "PROVIDER_SECRET": settings.provider_secret,
            "LISTEN": "127.0.0.1:0",
            "PLANTED": ",".join(self._wanted.planted),
        }

        def tie() -> None:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "services.vendors", self._wanted.name,
            stdout=asyncio.subprocess.PIPE, env=environment, preexec_fn=tie,
        )  # fmt: skip
        assert self._process.stdout  # noqa: S101 -- asked for above
        said = await self._process.stdout.readline()
        if not said:
            message = f"the product {self._wanted.name} did not start"
            raise ProductError(message)
        self._url = msgspec.json.decode(said)["url"]
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        log.info("product-started", product=self._wanted.name, planted=list(self._wanted.planted))

    async def stop(self) -> None:
        """End it."""
        if self._session:
            await self._session.close()
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    # What officials do

    async def receive(self, account: str, body: Mapping[str, Any], *, key: str) -> str:
        """Let the product take a dossier in at the counter; returns the code that it gives."""
        done = await self._as_official(account, "/api/ho-so", body, key=key)
        self._agree("received", done)
        return done.ma_ho_so

    async def act(
        self, act: Act, code: str, state: str, *, actor: str, key: str, note: str, cash: int, proposal: str
    ) -> str | None:
        """Let the product do what we are about to write; returns the number of the parcel, if it sends one.

        Raises a Problem when the product refuses, ProductError when it says that the dossier came to another state.
        """
        if act in _OURS:
            return None
        if act is DELIVER:
            return None  # follow_parcel tells it, by the product's own number
        if act is SUPPLEMENT and actor == "applicant":
            await self._told("bo-sung", {"maHoSo": code, "noiDung": note or "bổ sung trực tuyến"})
            return None
        path, body = self._words(act, state, note=note, cash=cash, proposal=proposal)
        done = await self._as_official(actor, f"/api/ho-so/{code}/{path}", body, key=key)
        self._agree(state, done)
        return done.ma_buu_gui

    @staticmethod
    def _words(act: Act, state: str, *, note: str, cash: int, proposal: str) -> tuple[str, dict[str, Any]]:
        words: dict[str, tuple[str, dict[str, Any]]] = {
            ACCEPT.event: ("tiep-nhan", {}),
            ASK_SUPPLEMENT.event: ("yeu-cau-bo-sung", {"noiDung": note}),
            SUPPLEMENT.event: ("bo-sung", {"noiDung": note}),
            EXAMINE.event: ("tham-dinh", {"yKien": _OUTCOMES.get(proposal, "")}),
            DECIDE.event: ("phe-duyet", {"quyetDinh": _OUTCOMES.get(state, "")}),
            HAND_BACK.event: ("tra-ket-qua", {"cachTra": _DELIVERIES.get(note, ""), "tienMat": _money(cash)}),
        }
        return words[act.event]

    # What other systems tell

    async def submit(
        self, *, code: str, procedure: str, agency: str, number: str, name: str, company: str, fee: int, delivery: str
    ) -> None:
        """Pass on a dossier that was submitted at the portal; the same one again changes nothing."""
        await self._told(
            "ho-so",
            {"maHoSo": code, "maThuTuc": procedure, "maCoQuan": agency, "maSoThue": company, "lePhi": _money(fee),
             "nguoiNop": {"soDinhDanh": number, "hoTen": name}, "cachTra": _DELIVERIES[delivery],
             "nopLuc": round(self._kit.clock.now().timestamp() * 1000)},
        )  # fmt: skip

    async def pay(self, code: str, order: str, amount: int) -> None:
        """Pass a fee on that was paid online, once for each order."""
        await self._told("thanh-toan", {"maHoSo": code, "maLenh": order, "soTien": _money(amount)})

    async def follow_parcel(self, parcel: str) -> None:
        """Pass on that a parcel was delivered."""
        await self._told("buu-gui", {"maBuuGui": parcel})

    # Its wire

    async def _as_official(self, account: str, path: str, body: Mapping[str, Any], *, key: str) -> Done:
        try:
            await self._set_clock()
            for fresh in (False, True):
                session = await self._signed_in(account, fresh=fresh)
                answer = await self._post(path, body, {"X-Ma-Phien": session, "X-Ma-Yeu-Cau": key})
                if answer.ma_loi != 401:  # noqa: PLR2004 -- its session has ended: once more with a new one
                    break
        except OutOfReachError as error:  # somebody waits for an answer; what other systems tell is told again
            raise Problem(
                503,
                "product-out-of-reach",
                Text(
                    f"Phần mềm một cửa “{self._wanted.name}” chưa trả lời; xin thử lại sau.",
                    f"The one-stop product “{self._wanted.name}” does not answer; please try again later.",
                ),
            ) from error
        if answer.ma_loi:
            raise self._problem(answer)
        return msgspec.convert(answer.du_lieu, Done)

    async def _signed_in(self, account: str, *, fresh: bool) -> str:
        if fresh or account not in self._sessions:
            right = passcode(self._kit.settings.passcode_key, account)
            answer = await self._post("/api/dang-nhap", {"tenDangNhap": account, "matKhau": right}, {})
            if answer.ma_loi:
                raise self._problem(answer)
            self._sessions[account] = answer.du_lieu["maPhien"]
        return self._sessions[account]

    async def _told(self, what: str, body: Mapping[str, Any]) -> None:
        await self._set_clock()
        key = {"X-Khoa-Lien-Thong": self._kit.settings.provider_secret}
        answer = await self._post(f"/lien-thong/{what}", body, key)
        if answer.ma_loi == _OUT_OF_ORDER:
            log.info("product-out-of-order", what=what)  # it has been there already, or has gone further meanwhile
        elif answer.ma_loi:
            message = f"{self._wanted.name} did not take {what}: {answer.ma_loi}"
            raise ProductError(message)

    async def _set_clock(self) -> None:
        await self._send("PUT", "/control/clock", {"moment": self._kit.clock.now()}, {})

    async def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> _Answer:
        raw = await self._send("POST", path, body, headers)
        try:
            return msgspec.json.decode(raw, type=_Answer)
        except msgspec.MsgspecError as error:
            message = f"{self._wanted.name} answered {path} with what its documents do not have: {error}"
            raise ProductError(message) from error

    async def _send(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
        assert self._session  # noqa: S101 -- start() comes first
        try:
            async with self._session.request(
                method, self._url + path, data=msgspec.json.encode(body), headers=headers
            ) as answer:
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise OutOfReachError(OutOfReachError.__doc__) from error

    def _problem(self, answer: _Answer) -> Problem:
        status, title = _STATUS.get(answer.ma_loi, (502, "product-disagrees"))
        return Problem(
            status,
            title,
            Text(
                f"Phần mềm một cửa “{self._wanted.name}”: {answer.thong_diep}",
                f"The one-stop product “{self._wanted.name}”: {answer.thong_diep}",
            ),
        )

    def _agree(self, state: str, done: Done) -> None:
        if done.state == state:
            return
        _DISAGREED.inc()
        log.error("product-disagrees", product=self._wanted.name, code=done.ma_ho_so, norm=state, said=done.state)
        raise Problem(
            502, "product-disagrees", Text(
                f"Phần mềm một cửa “{self._wanted.name}” báo hồ sơ {done.ma_ho_so} ở trạng thái “{done.state}”, chuẩn "
                f"là “{state}”; chưa ghi gì. Kiểm tra phần mềm bằng tinhmau conformance.",
                f"The one-stop product “{self._wanted.name}” says that dossier {done.ma_ho_so} is in the state "
                f"“{done.state}”, the norm is “{state}”; nothing was written. Check it with tinhmau conformance.",
            ),
        )  # fmt: skip


def handed(procedure: str, number: str, name: str, *, company: str, cash: int, delivery: str) -> dict[str, Any]:
    """Write a dossier handed in at the counter, in the product's words."""
    return {
        "maThuTuc": procedure,
        "nguoiNop": {"soDinhDanh": number, "hoTen": name},
        "maSoThue": company,
        "tienMat": _money(cash),
        "cachTra": _DELIVERIES[delivery],
    }


def _money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")
