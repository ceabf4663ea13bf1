"""A vendor's one-stop product behind this service (SYS-ONESTOP-VENDORS): every act is the product's before it is ours.

The adapter. The product numbers what is received and says of each act what it led to; the service's own books,
outboxes and papers follow it. What the product does not know stays with the adapter: linked agencies (`referred`; for
the product the dossier is still `received`), and withdrawals. Where the product's answer is not what the norm says,
nothing is written, and the official is told which product said what (TRB-VENDOR-MISMATCH).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from functools import partial
from http.client import HTTPConnection

import aiohttp
import msgspec
import structlog
from prometheus_client import Counter

from services.kit.accounts import passcode
from services.kit.beside import Beside
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.reference import Product as Wanted
from services.onestop.dialects import DIALECTS
from services.onestop.dialects.base import Deed, Dialect, Done, Link, OutOfReachError, ProductError, Refusal, Told, send
from services.onestop.states import DECIDE, DELIVER, GIVE_OPINION, HAND_BACK, REFER, SUPPLEMENT, WITHDRAW, Act

log = structlog.get_logger()
_DISAGREED = Counter(
    "onestop_product_disagreements_total", "Answers of the vendor's product that the norm does not have"
)
_RESTARTED = Counter("onestop_product_restarts_total", "Times that the vendor's product ended and was started again")
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_AGAIN_SECONDS = 0.5  # before a product that has ended is started again
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR", "TZ")
_PR_SET_PDEATHSIG = 1
_OUTCOMES: Mapping[str, str] = {"approved": "approve", "rejected": "reject"}
#: Acts that stay with the adapter, because the product does not know them.
_OURS = (REFER, GIVE_OPINION, WITHDRAW)
#: Why it refuses -> ours.
_STATUS: Mapping[str, tuple[int, str]] = {
    "sign-in": (403, "wrong-role"), "fee": (409, "fee-unpaid"), "rights": (403, "wrong-role"),
    "unknown": (404, "not-found"), "order": (409, "wrong-state"), "content": (422, "invalid"),
}  # fmt: skip


class _Started(msgspec.Struct):
    url: str


class _HandedOver(msgspec.Struct):
    """A dossier as the product hands it over (docs/howto/judge-a-bid.md): nothing that is private."""

    code: str
    state: str
    paid: int


class Product:
    """The product as a process beside this one, and the way of speaking to it."""

    def __init__(self, kit: Kit, wanted: Wanted) -> None:
        """`wanted` names the product and what is planted in it."""
        self._kit, self._wanted = kit, wanted
        self._process: asyncio.subprocess.Process | None = None
        self._http: aiohttp.ClientSession | None = None
        self._link: Link | None = None
        self._dialect: Dialect | None = None
        self._keeper = Beside()

    async def start(self) -> None:
        """Start the product; it ends with this process, however that ends, and is started again when it ends alone."""
        self._http = aiohttp.ClientSession(timeout=_TIMEOUT)
        await self._launch()
        self._keeper.start(self._keep())

    async def stop(self) -> None:
        """End it."""
        await self._keeper.stop()
        if self._http:
            await self._http.close()
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def _launch(self) -> None:
        assert self._http  # noqa: S101 -- start() makes it
        settings, parent, name = self._kit.settings, os.getpid(), self._wanted.name
        exchange = settings.state_dir / "exchange"
        exchange.mkdir(parents=True, exist_ok=True)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "REFERENCE_DATA": str(settings.reference_data),
            "PASSCODE_KEY": settings.passcode_key,
            "PROVIDER_SECRET": settings.provider_secret,
            "LISTEN": "127.0.0.1:0",
            "STORE": str(settings.state_dir / f"{name}.db"),
            "EXCHANGE_FOLDER": str(exchange),
            "PLANTED": ",".join(self._wanted.planted),
        }

        def tie() -> None:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "services.vendors", name,
            stdout=asyncio.subprocess.PIPE, env=environment, preexec_fn=tie,
        )  # fmt: skip
        assert self._process.stdout  # noqa: S101 -- asked for above
        said = await self._process.stdout.readline()
        if not said:
            message = f"the product {name} did not start"
            raise ProductError(message)
        url = msgspec.json.decode(said, type=_Started).url
        self._link = Link(url, exchange, settings.provider_secret, partial(passcode, settings.passcode_key), self._http)
        self._dialect = DIALECTS[name](self._link)
        log.info("product-started", product=name, planted=list(self._wanted.planted), url=url)

    async def _keep(self) -> None:
        """Start it again whenever it ends: what it has answered for is in its store."""
        while self._process:
            code = await self._process.wait()
            log.error("product-ended", product=self._wanted.name, code=code)
            await asyncio.sleep(_AGAIN_SECONDS)
            with suppress(ProductError, OSError):
                await self._launch()
                _RESTARTED.inc()

    # What officials do

    async def receive(self, account: str, deed: Deed, *, key: str) -> str:
        """Let the product take a dossier in at the counter; returns the code that it gives."""
        done = await self._do(account, deed, key=key, wanted="received")
        return done.code

    async def act(
        self, act: Act, code: str, state: str, *, actor: str, key: str, note: str, cash: int, proposal: str
    ) -> str | None:
        """Let the product do what we are about to write; returns the number of the parcel, if it sends one.

        Raises a Problem when the product refuses, or says that the dossier came to another state.
        """
        if act in _OURS:
            return None
        if act is DELIVER:
            return None  # follow_parcel tells it, by the product's own number
        if act is SUPPLEMENT and actor == "applicant":
            await self._tell(Told(what="supplemented", code=code, note=note or "bổ sung trực tuyến"))
            return None
        deed = Deed(
            act=act.event, code=code, cash=cash, note=note, delivery=note if act is HAND_BACK else "",
            outcome=_OUTCOMES.get(state, "") if act is DECIDE else proposal,
        )  # fmt: skip
        done = await self._do(actor, deed, key=key, wanted=state)
        return done.parcel

    async def _do(self, account: str, deed: Deed, *, key: str, wanted: str) -> Done:
        try:
            dialect = await self._spoken_to()
            try:
                done = await dialect.do(account, deed, key=key)
            except Refusal as refusal:
                if refusal.kind != "order":
                    raise
                # It may have done this for somebody who was not told of it, because we ended before we could write it.
                done = await dialect.look(account, deed.code)
                if done.state != wanted:
                    raise
                log.warning("product-was-ahead", product=self._wanted.name, code=deed.code, state=wanted)
        except OutOfReachError as error:  # somebody waits for an answer; what other systems tell is told again
            raise Problem(
                503,
                "product-out-of-reach",
                Text(
                    f"Phần mềm một cửa “{self._wanted.name}” chưa trả lời; xin thử lại sau.",
                    f"The one-stop product “{self._wanted.name}” does not answer; please try again later.",
                ),
            ) from error
        except Refusal as refusal:
            status, title = _STATUS.get(refusal.kind, (502, "product-disagrees"))
            detail = Text(
                f"Phần mềm một cửa “{self._wanted.name}”: {refusal.detail}",
                f"The one-stop product “{self._wanted.name}”: {refusal.detail}",
            )
            raise Problem(status, title, detail) from refusal
        self._agree(wanted, done)
        return done

    # What other systems tell

    async def submit(
        self, *, code: str, procedure: str, agency: str, number: str, name: str, company: str, fee: int, delivery: str
    ) -> None:
        """Pass on a dossier that was submitted at the portal; the same one again changes nothing."""
        await self._tell(
            Told(
                what="submitted", code=code, procedure=procedure, agency=agency, number=number, name=name,
                company=company, fee=fee, delivery=delivery, at=self._kit.clock.now(),
            )
        )  # fmt: skip

    async def pay(self, code: str, order: str, amount: int) -> None:
        """Pass a fee on that was paid online, once for each order."""
        await self._tell(Told(what="paid", code=code, order=order, amount=amount))

    async def follow_parcel(self, parcel: str) -> None:
        """Pass on that a parcel was delivered."""
        await self._tell(Told(what="delivered", parcel=parcel))

    async def _tell(self, told: Told) -> None:
        dialect = await self._spoken_to()
        try:
            await dialect.tell(told)
        except Refusal as refusal:
            if refusal.kind != "order":
                message = f"{self._wanted.name} did not take {told.what}: {refusal.kind}"
                raise ProductError(message) from refusal
            log.info("product-out-of-order", what=told.what)  # it has been there already, or has gone further meanwhile

    # Its book

    def book(self) -> Iterator[bytes]:
        """Code, state and what was paid of every dossier that the product has, one a line."""
        assert self._link  # noqa: S101 -- asked for after start()
        with closing(HTTPConnection(self._link.url.removeprefix("http://"), timeout=_TIMEOUT.total)) as connection:
            connection.request("GET", "/ban-giao/ho-so.jsonl", headers={"X-Khoa-Lien-Thong": self._link.key})
            for line in connection.getresponse():
                yield msgspec.json.encode(msgspec.json.decode(line, type=_HandedOver)) + b"\n"

    # Its wire

    async def _spoken_to(self) -> Dialect:
        """Find the way of speaking to it, once its clock shows official time."""
        assert self._link  # noqa: S101 -- start() comes first
        assert self._dialect  # noqa: S101 -- as above
        dialect = self._dialect
        await send(self._link, "PUT", "/control/clock", msgspec.json.encode({"moment": self._kit.clock.now()}), {})
        return dialect

    def _agree(self, state: str, done: Done) -> None:
        if done.state == state:
            return
        _DISAGREED.inc()
        log.error("product-disagrees", product=self._wanted.name, code=done.code, norm=state, said=done.state)
        raise Problem(
            502, "product-disagrees", Text(
                f"Phần mềm một cửa “{self._wanted.name}” báo hồ sơ {done.code} ở trạng thái “{done.state}”, chuẩn "
                f"là “{state}”; chưa ghi gì. Kiểm tra phần mềm bằng tinhmau conformance.",
                f"The one-stop product “{self._wanted.name}” says that dossier {done.code} is in the state "
                f"“{done.state}”, the norm is “{state}”; nothing was written. Check it with tinhmau conformance.",
            ),
        )  # fmt: skip
