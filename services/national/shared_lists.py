"""The shared code lists (danh mục dùng chung): metadata, records, and records added at run time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import asyncpg
import msgspec
from starlette.requests import Request

from services.kit.kit import Kit
from services.kit.operations import Consumer, Operation
from services.kit.problems import Problem, decode

_MOST_ADDED = 1000


class Property(msgspec.Struct, frozen=True):
    """A field of a list's records, as `/dmdc/Metadata` tells it."""

    PropertyCode: str
    PropertyName: str
    PropertyType: str = "String"


class SharedList(msgspec.Struct, frozen=True):
    """One list; the first property is the key."""

    title: str
    properties: tuple[Property, ...]
    records: tuple[dict[str, str | None], ...] = ()

    @property
    def key(self) -> str:
        """Name of the field that tells records apart."""
        return self.properties[0].PropertyCode


class SharedLists:
    """`national.lists.*`."""

    def __init__(self, kit: Kit) -> None:
        """Answer from the reference data and what was added to it."""
        self._kit = kit

    @cached_property
    def lists(self) -> Mapping[str, SharedList]:
        """Every list by its code; a province without the file has none."""
        path = self._kit.reference.folder / "shared_lists.json"
        return msgspec.json.decode(path.read_bytes(), type=dict[str, SharedList]) if path.exists() else {}

    def operations(self) -> dict[str, Operation]:
        """By name."""
        return {
            "lists.metadata": Operation(at_once=self._metadata),
            "lists.records": Operation(at_once=self._records),
            "lists.add": Operation(at_once=self._add),
        }

    def known(self, code: str) -> SharedList:
        """Return a list. Raises a 404 Problem."""
        found = self.lists.get(code)
        if found is None:
            raise Problem(404, "no-such-list", f"Không có danh mục “{code[:60]}”.", known=sorted(self.lists))
        return found

    async def _metadata(self, request: Request, _consumer: Consumer) -> Any:
        return self.known(request.query_params.get("list", "")).properties

    async def _records(self, request: Request, _consumer: Consumer) -> Any:
        code = request.query_params.get("list", "")
        placed = self.known(code).records
        added = await self._kit.pool.fetch("SELECT record FROM shared_list_record WHERE list = $1 ORDER BY key", code)
        return [*placed, *(msgspec.json.decode(row["record"]) for row in added)]

    async def _add(self, request: Request, _consumer: Consumer) -> Any:
        """All records or none, as the guide's `MSG` tells it."""
        code = request.query_params.get("list", "")
        known = self.known(code)
        records: list[dict[str, str | None]] = decode(await request.body(), list[dict[str, str | None]])
        fields = {one.PropertyCode for one in known.properties}
        placed = {one[known.key] for one in known.records}
        wrong = [f"at most {_MOST_ADDED} records at a time"] if len(records) > _MOST_ADDED else []
        for number, record in enumerate(records[:_MOST_ADDED], 1):
            key = record.get(known.key)
            if not key:
                wrong.append(f"Record {number}: {known.key} is required")
            elif key in placed:
                wrong.append(f'Record {number}: {known.key} "{key}" is duplicate')
            wrong += [f"Record {number}: {name} is not a field" for name in sorted(record.keys() - fields)]
        if not wrong:
            rows = [(code, record[known.key], msgspec.json.encode(record).decode()) for record in records]
            try:
                async with self._kit.pool.acquire() as connection, connection.transaction():
                    await connection.executemany("INSERT INTO shared_list_record VALUES ($1, $2, $3)", rows)
            except asyncpg.UniqueViolationError as error:
                wrong.append(f"{known.key} is duplicate: {error.detail}")
        if wrong:
            return {"MSG": f"Data not insert: {'; '.join(wrong)}", "Count": 0}
        return {"MSG": "Done", "Count": len(records)}
