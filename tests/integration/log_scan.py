"""Looks for what must never stand in a service's log: secrets of its stack, tokens of officials, citizens' numbers."""

from __future__ import annotations

import re

from running_service import PASSCODE_KEY, Running
from small_province import PEOPLE

from loadtests.accounts import passcode

_SECRETS = ("AUDIT_TOKEN", "PASSCODE_KEY", "TOKEN_KEY", "LGSP_SECRET", "PROVIDER_SECRET", "PAYMENT_SECRET")
#: Signed tokens, private keys, and passwords in an address of a database.
_PATTERNS = {
    "a token": re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a private key": re.compile(r"BEGIN (EC |RSA )?PRIVATE KEY"),
    "a password in an address": re.compile(r"://[^/\s:@]+:[^/\s@]+@"),
}


def leaked(service: Running) -> list[str]:
    """Name what a service has logged and must not: never the thing itself."""
    log = service.log()
    found = [name for name in _SECRETS if service.settings.get(name) and service.settings[name] in log]
    found += [f"the number of {person['full_name']}" for number, person in PEOPLE.items() if number in log]
    found += [f"the passcode of {number[:3]}…" for number in PEOPLE if passcode(PASSCODE_KEY, number) in log]
    return found + [what for what, pattern in _PATTERNS.items() if pattern.search(log)]
