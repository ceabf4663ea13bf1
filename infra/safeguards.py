"""What a data centre promises beyond zones, sizes and flows, so that the level-3 rules can be held against it."""

from __future__ import annotations

from typing import Literal

import msgspec


class BackupCopy(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the data is: the live data counts as a copy too."""

    medium: Literal["block", "object"]  #: kind of storage
    elsewhere: bool  #: outside the place where the data centre runs
    every_minutes: int  #: how old it may become; 0 for the live data
    automatic: bool = True


class Safeguards(msgspec.Struct, frozen=True, kw_only=True):
    """What is set for protection. Whoever draws it up takes it from a configuration, not from wishes."""

    encrypted_in_transit: bool  #: what users and officials reach answers in TLS
    encrypted_at_rest: bool  #: volumes are of an encrypted type
    backups_encrypted: bool  #: before they leave the server
    copies: tuple[BackupCopy, ...]
    log_days: int  #: how long logs are kept
    admin_mfa: bool  #: administrators sign in with two factors
    admin_from: tuple[str, ...]  #: address blocks from which administrators may come
    officials_from: tuple[str, ...]  #: address blocks from which officials may come
    outbound_to: tuple[str, ...]  #: address blocks that servers may call outside the data centre
    weak_secrets: tuple[str, ...] = ()  #: names of secrets with a known, empty or short value
