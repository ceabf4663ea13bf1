"""Passcodes of the run's accounts: the load side's own copy of the rule, so that it and the services check it twice."""

from __future__ import annotations

import hashlib
import hmac


def passcode(key: str, account: str) -> str:
    """First 12 hexadecimal digits of HMAC-SHA256(key, account): docs/wire.md, "sign-in"."""
    return hmac.new(key.encode(), account.encode(), hashlib.sha256).hexdigest()[:12]
