"""Environment of each service (docs/reference-data.md) and the LGSP's registry. Pure functions."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.local.folder import Folder

#: What a service needs of the surroundings to run at all; nothing else of the user's environment reaches it.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "TZ")
_PAYERS = ("portal", "national")


def passed_on(surroundings: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The part of the surroundings that every child may see."""
    return {name: surroundings[name] for name in _PASSED_ON if name in surroundings}


def new_secret() -> str:
    """256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def service_secrets(
    services: Sequence[str], *, audit_token: str, passcode_key: str, payment_secret: str
) -> dict[str, dict[str, str]]:
    """Secret variables of each service, made anew; shared ones are handed in."""
    made: dict[str, dict[str, str]] = {}
    for name in services:
        made[name] = {"AUDIT_TOKEN": audit_token, "PASSCODE_KEY": passcode_key, "TOKEN_KEY": new_secret()}
        if name != "lgsp":
            made[name] |= {"LGSP_SECRET": new_secret(), "PROVIDER_SECRET": new_secret()}
        if name in _PAYERS:
            made[name]["PAYMENT_SECRET"] = payment_secret
    return made


def environment(
    service: str,
    *,
    given: Mapping[str, str],
    urls: Mapping[str, str],
    database_url: str,
    reference: str,
    folder: Folder,
) -> dict[str, str]:
    """Everything in the environment of a service but LISTEN_FD. `given` are its secrets."""
    variables = {
        "SERVICE": service,
        "PUBLIC_URL": urls[service],
        "DATABASE_URL": database_url,
        "REFERENCE_DATA": reference,
        "STATE_DIR": str(state_dir(service, folder)),
        "CLOCK_FILE": str(folder.clock),
        **given,
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    if service == "lgsp":
        variables["LGSP_REGISTRY"] = str(folder.registry)
    if service == "dochub":
        variables["OBJECT_STORE"] = (state_dir(service, folder) / "objects").absolute().as_uri()
    if "lgsp" in urls:
        variables["LGSP_URL"] = urls["lgsp"]
    return variables


def state_dir(service: str, folder: Folder) -> Path:
    """A folder of the service's own, for files that must outlive a restart."""
    return folder.services / service


def registry(secrets_of: Mapping[str, Mapping[str, str]], urls: Mapping[str, str]) -> dict[str, Any]:
    """What the LGSP is told about the systems behind it."""
    return {
        "systems": {
            name: {"secret": given["LGSP_SECRET"], "provider_secret": given["PROVIDER_SECRET"], "url": urls[name]}
            for name, given in secrets_of.items()
            if "LGSP_SECRET" in given
        }
    }
