"""The scan of logs that ends every module of service tests finds what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest
from log_scan import leaked
from running_service import AUDIT_TOKEN, TOKEN_KEY, Running
from small_province import LAN

from services.kit.accounts import Account, issue_token


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("request", []),
        (f"audit {AUDIT_TOKEN}", ["AUDIT_TOKEN"]),
        (f"applicant {LAN}", ["the number of Nguyễn Thị Lan"]),
        (f"bearer {issue_token(TOKEN_KEY, Account('a', 'b', 'leader', 'c'))}", ["a token"]),
        ("postgresql://onestop:hidden@127.0.0.1/onestop", ["a password in an address"]),
    ],
    ids=["nothing", "secret", "number", "token", "password"],
)
def test_a_leak_is_named_and_not_repeated(tmp_path: Path, line: str, named: list[str]) -> None:
    """Each kind of leak is found by its name; the thing itself is not in the report."""
    service = Running("onestop", folder=tmp_path, settings={})
    service.log_file.write_text(line, "utf-8")

    assert leaked(service) == named
    service.close()
