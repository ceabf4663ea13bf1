"""Object storage for what is too large for a database row: immutable objects, each named by its own SHA-256.

`OBJECT_STORE` says where: `file:///folder` (a disk that all processes of the service share), or `s3+https://host/bucket`
for anything that speaks the S3 protocol. Unset: large texts stay in the database. An object is written and durable
before the row that names it is committed, so a row never names what is not there; an object whose row was never
committed is found in its place when its sender comes again.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

import aiohttp

_ALGORITHM = "AWS4-HMAC-SHA256"
_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)


class ObjectStoreError(ConnectionError):
    """The store does not take or give an object now; the request may be tried again."""


class DamagedObjectError(Exception):
    """The store gives other bytes than were put, or has lost them."""


class Objects(Protocol):
    """Keeps objects."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep an object, durable on return; putting it again changes nothing. Raises ObjectStoreError."""

    async def get(self, name: str) -> bytes:
        """Return an object. Raises DamagedObjectError, ObjectStoreError."""

    async def close(self) -> None:
        """Let go of connections."""


def open_store(where: str, *, key: str = "", secret: str = "") -> Objects | None:
    """Make the store that `OBJECT_STORE` names, None for none. Raises ValueError for what is neither kind."""
    if not where:
        return None
    parts = urlsplit(where)
    if parts.scheme == "file" and parts.path.startswith("/"):
        return Folder(Path(unquote(parts.path)))
    if parts.scheme in {"s3+http", "s3+https"} and parts.netloc and parts.path.strip("/") and key and secret:
        return Bucket(where.removeprefix("s3+").rstrip("/"), key=key, secret=secret)
    message = f"OBJECT_STORE={where!r}: file:///folder, or s3+https://host/bucket with OBJECT_STORE_KEY and _SECRET"
    raise ValueError(message)


def name_of(content: bytes) -> str:
    """Name of an object."""
    return hashlib.sha256(content).hexdigest()


class Folder:
    """Objects as files."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing."""
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def put(self, name: str, content: bytes) -> None:
        """Write, flush, and give it its name."""
        try:
            await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise ObjectStoreError(str(error)) from error

    async def get(self, name: str) -> bytes:
        """Read it."""
        try:
            content = await asyncio.to_thread((self._folder / name[:2] / name).read_bytes)
        except FileNotFoundError as error:
            raise DamagedObjectError(f"{name} is not in {self._folder}") from error
        except OSError as error:
            raise ObjectStoreError(str(error)) from error
        return _checked(name, content)

    async def close(self) -> None:
        """Nothing is open."""

    def _write(self, name: str, content: bytes) -> None:
        shelf = self._folder / name[:2]
        if not shelf.is_dir():
            shelf.mkdir(mode=0o700, exist_ok=True)
            _flush(self._folder)
        place = shelf / name
        if not place.exists():
            fresh = shelf / f".{name}.{uuid.uuid4().hex}"
            try:
                with fresh.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(place)
            finally:
                with suppress(FileNotFoundError):
                    fresh.unlink()
        _flush(shelf)  # somebody else's rename, too, is durable only now


class Bucket:
    """Objects in a bucket behind the S3 protocol (Signature Version 4)."""

    def __init__(self, url: str, *, key: str, secret: str, region: str = "us-east-1") -> None:
        """`url` is the bucket's address, `key` and `secret` the credential."""
        parts = urlsplit(url)
        self._url, self._host, self._path = url, parts.netloc, parts.path
        self._key, self._secret, self._region = key, secret, region
        self._session: aiohttp.ClientSession | None = None

    async def put(self, name: str, content: bytes) -> None:
        """PUT it; the store answers once it has it."""
        await self._ask("PUT", name, content)

    async def get(self, name: str) -> bytes:
        """GET it."""
        return _checked(name, await self._ask("GET", name, b""))

    async def close(self) -> None:
        """Close connections."""
        if self._session:
            await self._session.close()

    async def _ask(self, method: str, name: str, content: bytes) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=False)
        digest, now = hashlib.sha256(content).hexdigest(), datetime.now(UTC)
        headers = {"host": self._host, "x-amz-content-sha256": digest, "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}"}
        headers["authorization"] = self._signed(method, f"{self._path}/{name}", headers, digest)
        try:
            async with self._session.request(
                method, f"{self._url}/{name}", data=content or None, headers=headers
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ObjectStoreError(f"{self._host}: {error!r}") from error
        if answer.status == 404 and method == "GET":  # noqa: PLR2004
            raise DamagedObjectError(f"{name} is not in {self._url}")
        if answer.status != 200:  # noqa: PLR2004
            raise ObjectStoreError(f"{self._host} answers {answer.status}: {body[:200]!r}")
        return body

    def _signed(self, method: str, path: str, headers: Mapping[str, str], digest: str) -> str:
        return authorization(
            method, path, headers, digest=digest, key=self._key, secret=self._secret, region=self._region
        )


def authorization(
    method: str, path: str, headers: Mapping[str, str], *, digest: str, key: str, secret: str, region: str
) -> str:
    """Header `Authorization` by AWS Signature Version 4; `headers` have lower-case names, x-amz-date among them."""
    names = ";".join(sorted(headers))
    told = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join((method, quote(path), "", told, names, digest))
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    derived = b"AWS4" + secret.encode()
    for part in (moment[:8], region, "s3", "aws4_request"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    signature = hmac.new(derived, text.encode(), "sha256").hexdigest()
    return f"{_ALGORITHM} Credential={key}/{scope},SignedHeaders={names},Signature={signature}"


def _checked(name: str, content: bytes) -> bytes:
    if name_of(content) != name:
        raise DamagedObjectError(f"{name} holds other bytes")
    return content


def _flush(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
