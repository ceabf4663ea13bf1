"""The signing keys of the province's agencies and leaders, each loaded when first used and then kept."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec

from services.kit.edxml.seal import Seal
from services.kit.languages import Text
from services.kit.problems import Problem


class _Holding(msgspec.Struct, frozen=True):
    key: str
    certificate: str


class _File(msgspec.Struct, frozen=True):
    organisation: dict[str, _Holding]
    personal: dict[str, _Holding]


class Keystore:
    """`keystore.json` of the reference data."""

    def __init__(self, path: Path) -> None:
        """Read the file, not yet the keys in it. Raises FileNotFoundError: an office without keys cannot work."""
        self._file = msgspec.json.decode(path.read_bytes(), type=_File)
        self._load = lru_cache(maxsize=None)(self._load_now)

    def organisation(self, agency: str) -> Seal:
        """Return the agency's seal. Raises a 409 Problem for an agency without one."""
        if agency not in self._file.organisation:
            raise Problem(
                409,
                "no-certificate",
                Text(
                    f"Cơ quan {agency} chưa được cấp chứng thư số nên chưa phát hành được.",
                    f"Agency {agency} has no certificate, so it cannot issue.",
                ),
            )
        return self._load("organisation", agency)

    def personal(self, account: str) -> Seal:
        """Return a leader's key. Raises a 409 Problem for one without: such a document is signed on paper."""
        if account not in self._file.personal:
            detail = Text(
                f"{account} chưa được cấp chứng thư số cá nhân: hãy in, ký tay rồi quét (in – ký – quét – nhập).",
                f"{account} has no personal certificate: print it, sign it by hand, scan it and import it.",
            )
            raise Problem(409, "no-certificate", detail)
        return self._load("personal", account)

    def _load_now(self, kind: str, holder: str) -> Seal:
        holding = (self._file.organisation if kind == "organisation" else self._file.personal)[holder]
        return Seal(key=holding.key, certificate=holding.certificate)

    def holding(self, agency: str) -> tuple[str, str]:
        """Return an agency's key and certificate as PEM texts. Raises a 409 Problem for an agency without them."""
        self.organisation(agency)
        held = self._file.organisation[agency]
        return held.key, held.certificate
