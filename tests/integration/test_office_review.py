"""Drafting, review, personal signature, issue: who may do what to a draft, and what a province's rules demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from page_reader import PageReader
from running_service import PASSCODE_KEY, Place, Running
from signing_keys import Keys
from small_province import COMMUNE, DEPARTMENT, STAFF, account

from loadtests.accounts import passcode

KEYS = Keys()
AUTHOR, COLLEAGUE = account("specialist", DEPARTMENT), "specialist.two"
LEADER, CLERK = account("leader", DEPARTMENT), account("document_clerk", DEPARTMENT)
LETTER = {"kind": "Công văn", "subject": "V/v thử", "content": "Kính gửi.", "addressees": [COMMUNE], "priority": 0}


@pytest.fixture(scope="module")
def office(place: Place, reference_folder: Path) -> Running:
    """An office with two specialists in the department; its rules want every Tờ trình reviewed."""
    KEYS.write(reference_folder)
    staff = msgspec.json.decode((reference_folder / "staff.json").read_bytes())
    second = next(one for one in STAFF if one["account"] == AUTHOR) | {"account": COLLEAGUE, "name": "Chuyên viên Hai"}
    (reference_folder / "staff.json").write_bytes(msgspec.json.encode([*staff, second]))
    (reference_folder / "office_rules.json").write_bytes(msgspec.json.encode({"reviewed": ["Tờ trình"]}))
    return place("office")


def act(office: Running, who: str, draft: int, name: str, body: Any = None) -> requests.Response:
    """One step of one official."""
    return office.post(f"/api/documents/{draft}/{name}", body, token=office.sign_in(who))


def drafted(office: Running, **changes: Any) -> int:
    """Number of a fresh draft of the author's."""
    answer = office.post("/api/documents", LETTER | changes, token=office.sign_in(AUTHOR))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["draft"])


def events(office: Running, draft: int) -> list[str]:
    """What has been done to a draft."""
    return [row["event"] for row in office.export("events") if row["draft"] == draft]


def test_drafted_reviewed_signed_issued(office: Running) -> None:
    """The whole way, each by another; the book has every step."""
    draft = drafted(office, kind="Tờ trình")
    assert act(office, COLLEAGUE, draft, "review", {"remark": "Đúng thể thức"}).json()["state"] == "reviewed"
    assert act(office, LEADER, draft, "signature").json()["state"] == "signed"
    assert act(office, CLERK, draft, "issue").json()["state"] == "issued"
    assert events(office, draft) == ["drafted", "reviewed", "signed", "issued"]


@pytest.mark.parametrize(("who", "name"), [(LEADER, "signature"), (CLERK, "print")])
def test_what_must_be_reviewed_is_not_signed_before(office: Running, who: str, name: str) -> None:
    """Neither on screen nor on paper; the answer says what is missing."""
    draft = drafted(office, kind="Tờ trình")
    early = act(office, who, draft, name)
    assert (early.status_code, early.json()["title"], early.json()["state"]) == (409, "wrong-state", "draft")
    assert "reviewed" in early.json()["detail"]
    assert act(office, LEADER, draft, "review", {}).status_code == 200
    assert act(office, who, draft, name).status_code == 200


def test_other_kinds_may_be_reviewed_and_need_not_be(office: Running) -> None:
    """The rule names kinds."""
    assert act(office, LEADER, drafted(office), "signature").status_code == 200
    draft = drafted(office)
    assert act(office, COLLEAGUE, draft, "review", {}).status_code == 200
    assert act(office, LEADER, draft, "signature").status_code == 200


def test_a_draft_given_back_is_revised_by_its_author_and_reviewed_again(office: Running) -> None:
    """With what is to change; the leader signs the new text; nobody signs it in between."""
    draft = drafted(office, kind="Tờ trình")
    assert act(office, COLLEAGUE, draft, "return", {"remark": ""}).status_code == 422
    assert act(office, COLLEAGUE, draft, "return", {"remark": "Thiếu căn cứ"}).json()["state"] == "returned"
    assert act(office, LEADER, draft, "signature").status_code == 409
    new = {"subject": "V/v thử lần hai", "content": "Căn cứ kế hoạch."}
    assert act(office, COLLEAGUE, draft, "revision", new).json()["title"] == "not-the-author"
    wrong = act(office, AUTHOR, draft, "revision", {"subject": "", "content": ""}).json()
    assert [one["where"] for one in wrong["errors"]] == ["$.subject", "$.content"]
    assert act(office, AUTHOR, draft, "revision", new).json()["state"] == "draft"
    assert act(office, LEADER, draft, "signature").status_code == 409
    assert act(office, COLLEAGUE, draft, "review", {}).status_code == 200
    assert act(office, LEADER, draft, "signature").status_code == 200
    assert events(office, draft) == ["drafted", "given_back", "revised", "reviewed", "signed"]
    [row] = office.query("SELECT subject, text FROM document WHERE draft = $1", draft)
    assert row["subject"] == "V/v thử lần hai"
    assert "Căn cứ kế hoạch." in row["text"]


def test_nobody_reviews_a_draft_of_his_own(office: Running) -> None:
    """Nor does a clerk, nor anybody of another agency."""
    draft = drafted(office)
    for name, body in (("review", {}), ("return", {"remark": "x"})):
        assert act(office, AUTHOR, draft, name, body).json()["title"] == "own-draft"
        assert act(office, CLERK, draft, name, body).json()["title"] == "wrong-role"
        assert act(office, account("specialist", COMMUNE), draft, name, body).json()["title"] == "wrong-agency"


def test_a_colleague_reviews_on_the_page_of_the_draft(office: Running) -> None:
    """By a button that the author does not have; giving back and revising by form."""
    draft = drafted(office, kind="Tờ trình")
    reader, author = PageReader(office.url), PageReader(office.url)
    for who, name in ((reader, COLLEAGUE), (author, AUTHOR)):
        who.open("/sign-in").press("/sign-in", account=name, passcode=passcode(PASSCODE_KEY, name))
        who.open(f"/documents/{draft}")
    assert "Thẩm tra xong" not in author.text
    reader.press(f"/desk/documents/{draft}/return", remark="Thiếu nơi nhận")
    assert "bị trả lại, chờ sửa" in reader.text
    author.open(f"/documents/{draft}")
    assert "Thiếu nơi nhận" in author.text
    assert f">{LETTER['content']}</textarea>" in author.answer.text, "nobody types a text again to mend a word of it"
    author.press(f"/desk/documents/{draft}/revision", subject="V/v thử ba", content="Kính gửi hai nơi.")
    assert "V/v thử ba" in author.text
    reader.open(f"/documents/{draft}").press(f"/desk/documents/{draft}/review")
    assert "đã thẩm tra, chờ ký" in reader.text
    reader.close()
    author.close()
