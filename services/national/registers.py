"""Registers that others look things up in: population, insurance, business, procedures."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import structlog
from starlette.requests import Request

from services.kit.kit import Kit
from services.kit.operations import Consumer
from services.kit.problems import Problem, decode
from services.kit.reference import Procedure

log = structlog.get_logger()
_LANDHOLDERS = 0.6  # share of grown people who hold a certificate; assumed


class _Verify(msgspec.Struct):
    personal_number: str
    full_name: str = ""


async def load(pool: asyncpg.Pool, folder: Path) -> None:
    """Load people.csv and companies.csv once. Copied into an emptied table in one transaction: whole or not at all."""
    async with pool.acquire() as connection:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_indexes WHERE indexname = 'person_pkey')"):
            return
        async with connection.transaction():
            await connection.execute("TRUNCATE person, company")
            await connection.copy_to_table(
                "person", source=folder / "people.csv", format="csv", header=True, timeout=300
            )
            await connection.execute("ALTER TABLE person ADD PRIMARY KEY (personal_number)")
            await connection.copy_to_table("company", source=folder / "companies.csv", format="csv", header=True)
        await connection.execute("ANALYZE person, company")
        log.info("registers-loaded", people=await connection.fetchval("SELECT count(*) FROM person"))


class Registers:
    """At-once look-ups."""

    def __init__(self, kit: Kit) -> None:
        """Answer from the service's database and reference data."""
        self._kit = kit

    async def verify_person(self, request: Request, _consumer: Consumer) -> Any:
        """XacThucThongTinCongDan: does this person exist, and (when a name is given) is it theirs?"""
        asked: _Verify = decode(await request.body(), _Verify)
        row = await self._kit.pool.fetchrow(
            "SELECT full_name, sex, born::text, commune FROM person WHERE personal_number = $1", asked.personal_number
        )
        matches = row is not None and asked.full_name in {"", row["full_name"]}
        return {"exists": matches, "person": dict(row) if row and matches else None}

    async def look_up_company(self, request: Request, _consumer: Consumer) -> Any:
        """ChiTietDoanhNghiep by tax code."""
        tax_code = _wanted(request, "tax_code")
        row = await self._kit.pool.fetchrow(
            "SELECT tax_code, name, director, province_code FROM company WHERE tax_code = $1", tax_code
        )
        return {"exists": row is not None, "company": dict(row) if row else None}

    async def check_insurance(self, request: Request, _consumer: Consumer) -> Any:
        """Whether a person holds a health insurance card."""
        number = _wanted(request, "personal_number")
        card = await self._kit.pool.fetchval("SELECT insurance_card FROM person WHERE personal_number = $1", number)
        return {"insured": bool(card), "card": card or None}

    async def look_up_land(self, request: Request, _consumer: Consumer) -> Any:
        """Land certificate of a person, by personal number (SYS-DB-LAND).

        The population has no land: who holds some is derived from the number, so that it is always the same person's.
        """
        number = _wanted(request, "personal_number")
        row = await self._kit.pool.fetchrow(
            "SELECT commune, born <= $2::date - interval '25 years' AS grown FROM person WHERE personal_number = $1",
            number,
            self._kit.clock.now().date(),
        )
        drawn = hashlib.sha256(f"land|{number}".encode()).digest()
        if row is None or not row["grown"] or drawn[0] >= _LANDHOLDERS * 256:
            return {"exists": False, "parcel": None}
        parcel = {
            "certificate": f"CS{int.from_bytes(drawn[1:4]) % 10**6:06d}",
            "sheet": drawn[4] % 60 + 1,
            "number": int.from_bytes(drawn[5:7]) % 900 + 1,
            "area_m2": int.from_bytes(drawn[7:9]) % 1900 + 100,
            "commune": row["commune"],
        }
        return {"exists": True, "parcel": parcel}

    async def list_procedures(self, _request: Request, _consumer: Consumer) -> Any:
        """LayDanhSachTTHC: the national catalogue."""
        return {"procedures": list((await self.catalogue()).values())}

    async def look_up_procedure(self, request: Request, _consumer: Consumer) -> Any:
        """LayThuTuc: one procedure of the national catalogue."""
        found = (await self.catalogue()).get(_wanted(request, "code"))
        return {"exists": found is not None, "procedure": found}

    async def list_agencies(self, _request: Request, _consumer: Consumer) -> Any:
        """LayDanhMucCoQuan: the province's agencies."""
        return {
            "agencies": [
                {"MaCoQuan": one.code, "TenCoQuan": one.name, "CapCoQuan": one.tier, "MaCoQuanCha": one.parent}
                for one in self._kit.reference.agencies.values()
            ]
        }

    async def list_fields(self, _request: Request, _consumer: Consumer) -> Any:
        """LayDanhMucLinhVuc: the fields of the national catalogue, and how many procedures each has."""
        counted = Counter(one.field for one in (await self.catalogue()).values())
        return {"fields": [{"TenLinhVuc": name, "SoThuTuc": count} for name, count in sorted(counted.items())]}

    async def change_catalogue(self, changes: dict[str, dict[str, Any] | None]) -> None:
        """Change the nation's catalogue at run time: fields of a procedure, a whole new one, or None to take it out."""
        async with self._kit.pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM catalogue_change")
            rows = [(code, msgspec.json.encode(change).decode()) for code, change in changes.items()]
            await connection.executemany("INSERT INTO catalogue_change VALUES ($1, $2)", rows)
        await self.catalogue()  # says at once when a change makes no procedure

    async def catalogue(self) -> dict[str, Procedure]:
        """The nation's catalogue as it stands now."""
        known = dict(self._kit.reference.national_procedures)
        for row in await self._kit.pool.fetch("SELECT procedure, change FROM catalogue_change ORDER BY procedure"):
            code, change = row["procedure"], msgspec.json.decode(row["change"])
            if change is None:
                known.pop(code, None)
                continue
            before = msgspec.to_builtins(known[code]) if code in known else {}
            known[code] = msgspec.convert({**before, **change, "code": code}, Procedure)
        return known


def _wanted(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not value:
        raise Problem(400, "missing-parameter", f"Thiếu tham số “{name}”.", parameter=name)
    return value
