"""Puts a service together and serves it on its one socket."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import asyncpg
import msgspec
import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kit import database, logs, openapi, problems, proof, tls
from services.kit.calls import CallBook
from services.kit.clock import Clock
from services.kit.gate import MOST_UNDER_WAY, Gate
from services.kit.heads import BoundedProtocol
from services.kit.kit import Kit, json
from services.kit.lgsp_client import LgspClient
from services.kit.operations import Before, Operation, Provider, nothing_before
from services.kit.outbox import Outbox
from services.kit.problems import Problem
from services.kit.settings import Settings, from_environment

log = structlog.get_logger()
_MIB = 1 << 20


async def _nothing() -> None:
    pass


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What makes one service different from the others."""

    routes: Sequence[BaseRoute]
    operations: Mapping[str, Operation] = {}  #: offered to other systems behind the LGSP
    exports: Mapping[str, str] = {}  #: name -> SQL whose rows are the book of that name
    whole: Mapping[str, Callable[[str], Awaitable[str]]] = {}  #: name -> adds to a line of that book what no row has
    files: Mapping[str, Callable[[], Iterator[bytes]]] = {}  #: name -> NDJSON of a book kept beside the database
    settled: Callable[[], Awaitable[None]] = _nothing  #: before books are read: what is on its way into them is there
    in_flight: str = "SELECT 0"  #: SQL that counts what others still have to fetch here
    direct: Mapping[str, ASGIApp] = {}  #: path prefix -> application past all routing, for what must cost little
    before: Before = nothing_before  #: what every call of an operation goes through first
    start: Callable[[], Awaitable[None]] = _nothing  #: after migrations, before ready
    stop: Callable[[], Awaitable[None]] = _nothing


_DOORS = 32  # connections taken at each turn of the loop; assumed: far more than arrive during one
_UNACKED = slice(24, 28)  # tcpi_unacked in Linux's struct tcp_info; of a listener, the length of its queue

Build = Callable[[Kit], Parts]


def serve(build: Build, *, destinations: Sequence[str] = (), max_body_bytes: int = _MIB) -> None:
    """Run the service described by `build` until SIGTERM. `destinations` are the systems its outbox delivers to."""
    settings = from_environment()
    logs.configure(settings.service)
    gc.set_threshold(2_000, 50, 50)  # a look at 2,000 young objects takes half a millisecond, in which nobody is served
    app = _App(settings, build, destinations, max_body_bytes)
    config = uvicorn.Config(
        app.asgi,
        loop="uvloop",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # nobody here asks for the client's address
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        backlog=2048,
        lifespan="on",
        **{"http": BoundedProtocol, **tls.server_options(settings)},
    )
    app.listener = listener = _listen(settings)
    # libuv takes one connection for each handle at each turn of the loop. With a single handle, a busy service takes
    # so few that clients give up in the queue, and it goes on to work for those who have left.
    doors = [listener, *(listener.dup() for _ in range(_DOORS - 1))]
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=doors)


def _listen(settings: Settings) -> socket.socket:
    kind, _, rest = settings.listen.partition(":")
    if kind == "fd":
        return socket.socket(fileno=int(rest))
    listener = socket.create_server((kind, int(rest)), backlog=2048)
    listener.set_inheritable(True)
    return listener


def connections_waiting(listener: socket.socket | None) -> int:
    """Count connections that the kernel has completed and nobody has taken yet."""
    if listener is None:
        return 0
    return int.from_bytes(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)[_UNACKED], sys.byteorder)


class _App:
    def __init__(self, settings: Settings, build: Build, destinations: Sequence[str], max_body_bytes: int) -> None:
        self._settings, self._build, self._destinations = settings, build, destinations
        self._kit: Kit | None = None
        self._parts: Parts | None = None
        self._provider: Provider | None = None
        self._direct: Mapping[str, ASGIApp] = {}
        self._ready = False
        self.listener: socket.socket | None = None
        self.starlette = Starlette(
            lifespan=self._lifespan,
            exception_handlers={
                Problem: problems.on_problem,
                404: self._no_route,
                Exception: self._on_surprise,
                asyncpg.DataError: self._on_data,
                TimeoutError: self._on_database,
                **dict.fromkeys(database.UNAVAILABLE, self._on_database),
            },
        )
        self.asgi = Gate(
            self._dispatch,
            max_body_bytes=max_body_bytes,
            most_under_way=settings.most_under_way or MOST_UNDER_WAY,
        )

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._direct and scope["type"] == "http":
            for prefix, app in self._direct.items():
                if scope["path"].startswith(prefix):
                    await app(scope, receive, send)
                    return
        await self.starlette(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        settings = self._settings
        pool = await database.connect(settings.database_url, connections=settings.database_connections)
        database.show(pool)
        await database.migrate(pool, "services.kit", f"services.{settings.service}")
        book = CallBook(settings.state_dir)
        lgsp = LgspClient(
            system=settings.service,
            url=settings.lgsp_url,
            secret=settings.lgsp_secret,
            book=book,
            secured=tls.client_context(settings),
        )
        # Deliveries have connections of their own, so that they go on while clients queue for the others.
        letters = await database.connect(settings.database_url, connections=max(1, len(self._destinations)))
        outbox = Outbox(letters, lgsp, self._destinations)
        kit = Kit(settings=settings, pool=pool, outbox=outbox, lgsp=lgsp, book=book, clock=Clock(settings.clock_file))
        parts = self._build(kit)
        self._kit, self._parts, self._direct = kit, parts, parts.direct
        self._provider = Provider(
            dict(parts.operations),
            service=settings.service,
            secret=settings.provider_secret,
            book=book,
            begin=kit.begin,
            before=parts.before,
        )
        self.starlette.router.routes.extend([*self._common(), *parts.routes])
        await lgsp.start()
        await parts.start()
        outbox.start()
        gc.collect()
        gc.freeze()  # what lives as long as the process need not be looked at again while serving
        self._ready = True
        log.info("ready", service=settings.service)
        try:
            yield
        finally:
            self._ready = False
            await outbox.stop()
            await parts.stop()
            await lgsp.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(3):
                    await letters.close()
                    await pool.close()
            log.info("stopped", service=settings.service)

    def _common(self) -> list[BaseRoute]:
        assert self._provider  # noqa: S101 -- called after it is made
        return [
            Route("/health", self._health),
            Route("/ready", self._is_ready),
            Route("/metrics", self._metrics),
            Route("/backlog", self._backlog),
            Route("/openapi.json", self._openapi),
            Route("/export", self._export_names),
            Route("/export/{name}", self._export),
            Route("/lgsp/{operation}", self._provider.serve, methods=["GET", "POST"]),
        ]

    async def _health(self, _request: Request) -> Response:
        return json({"service": self._settings.service, "alive": True})

    async def _is_ready(self, _request: Request) -> Response:
        assert self._kit  # noqa: S101 -- routes exist only after the lifespan began
        await self._kit.pool.fetchval("SELECT 1")
        return json({"service": self._settings.service, "ready": self._ready}, 200 if self._ready else 503)

    async def _metrics(self, _request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def _openapi(self, _request: Request) -> Response:
        assert self._kit  # noqa: S101 -- routes exist only after the lifespan began
        assert self._parts  # noqa: S101 -- routes exist only after the lifespan began
        routes = self.starlette.router.routes
        return json(openapi.document(self._settings.service, routes, self._parts.operations, self._kit.bodies))

    def _auditor(self, request: Request) -> Kit:
        proof.check_auditor(request, self._settings.audit_token)
        assert self._kit  # noqa: S101 -- routes exist only after the lifespan began
        return self._kit

    async def _backlog(self, request: Request) -> Response:
        kit = self._auditor(request)
        assert self._parts  # noqa: S101 -- routes exist only after the lifespan began
        # Counted first: what a request leaves in the outbox while we look is then counted there.
        requests = self.asgi.under_way + connections_waiting(self.listener)
        in_flight = await kit.pool.fetchval(self._parts.in_flight)
        return json({"outbox": await kit.outbox.backlog(), "in_flight": in_flight, "requests": requests})

    def _books(self) -> dict[str, str]:
        assert self._parts  # noqa: S101 -- routes exist only after the lifespan began
        letters = "SELECT key, destination, operation, subject, detail FROM dead_letter ORDER BY key"
        return {**self._parts.exports, "dead_letters": letters}

    def _files(self) -> Mapping[str, Callable[[], Iterator[bytes]]]:
        """Books kept beside the database; the LGSP calls nobody and keeps the audit instead of a call book."""
        assert self._kit  # noqa: S101 -- routes exist only after the lifespan began
        assert self._parts  # noqa: S101 -- routes exist only after the lifespan began
        calls = {} if self._settings.service == "lgsp" else {"calls": self._kit.book.chunks}
        return {**calls, **self._parts.files}

    async def _export_names(self, request: Request) -> Response:
        self._auditor(request)
        return json({"exports": [*self._books(), *self._files()]})

    async def _export(self, request: Request) -> Response:
        kit = self._auditor(request)
        name = request.path_params["name"]
        if name in self._files():
            return StreamingResponse(self._files()[name](), media_type="application/x-ndjson")
        sql = self._books().get(name)
        if sql is None:
            raise problems.not_found(f"sổ “{name}”")
        assert self._parts  # noqa: S101 -- routes exist only after the lifespan began
        await self._parts.settled()
        whole = self._parts.whole.get(name)

        async def lines() -> AsyncIterator[bytes]:
            async with kit.pool.acquire() as connection, connection.transaction(readonly=True):
                chunk: list[str] = []
                query = f"SELECT row_to_json(book)::text AS line FROM ({sql}) AS book"  # noqa: S608 -- our own SQL
                async for row in connection.cursor(query, prefetch=500):
                    chunk.append(await whole(row["line"]) if whole else row["line"])
                    if len(chunk) == 500:  # noqa: PLR2004 -- as many as a prefetch
                        yield ("\n".join(chunk) + "\n").encode()
                        chunk.clear()
                if chunk:
                    yield ("\n".join(chunk) + "\n").encode()

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def _no_route(self, _request: Request, _error: Exception) -> Response:
        return Problem(404, "no-route", "Không có địa chỉ này.").response()

    async def _on_database(self, request: Request, error: Exception) -> Response:
        log.warning("database-unavailable", path=request.url.path, error=repr(error))
        return Problem(503, "database-unavailable", "Cơ sở dữ liệu tạm thời gián đoạn; xin thử lại.").response()

    async def _on_data(self, _request: Request, _error: Exception) -> Response:
        """Text that no database column can hold, such as a NUL: the sender's mistake, whatever the field."""
        return Problem(422, "invalid", "Nội dung có ký tự không lưu được; xin gõ lại.").response()

    async def _on_surprise(self, request: Request, error: Exception) -> Response:
        log.error("surprise", path=request.url.path, exc_info=error)
        return (
            PlainTextResponse("internal error", 500)
            if self._kit is None
            else Problem(500, "internal", "Lỗi bên trong dịch vụ; mã vết (trace_id) giúp tìm trong nhật ký.").response()
        )
