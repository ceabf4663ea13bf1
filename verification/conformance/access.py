"""How a product is reached: its address and the keys it was placed with. Never shown, never written into a report."""

from __future__ import annotations

import msgspec


class Access(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read from the file that `--access` names, or made by whoever starts a double."""

    url: str  #: `http://…`; for an exchange by files the folder, as `file:///…`
    passcode_key: str = ""  #: passcodes are derived from it by the rule of docs/wire.md
    passcodes: dict[str, str] = {}  #: or given one by one, by account
    integration_key: str = ""  #: what the province's other systems show the product
    audit_token: str = ""  #: reference dialect: to read how much is still to be told
    clock_url: str = ""  #: a double's control address
    clock_file: str = ""  #: the reference one-stop's clock file (docs/reference-data.md)

    def __repr__(self) -> str:
        """Show the address only."""
        return f"Access({self.url})"
