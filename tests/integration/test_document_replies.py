"""A reply to an incoming document, from its page over a running hub to the page of who asked: in both eras."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
import small_province
from page_reader import PageReader, untranslated
from passing_through import passing_to
from running_service import PASSCODE_KEY, Place, Running
from signing_keys import Keys
from standin_lgsp import StandinLgsp

from loadtests.accounts import passcode

#: Era -> the day, the agencies' codes as that era writes them, and the axis.
ERAS = {
    "2018": ("2018-08-22", ("000.00.12.H07", "000.01.32.H07", "000.02.32.H07"), {"levels": 4}),
    "2026": ("2026-01-05", ("H07.12", "H07.32.01", "H07.32.02"), {"levels": 3, "profile": "xades"}),
}
_FROM_OFFICE = (
    "envelopes.send", "envelopes.list", "envelopes.get", "envelopes.received", "statuses.send", "statuses.list",
)  # fmt: skip
LETTER = {"kind": "Công văn", "subject": "V/v báo cáo", "content": "Đề nghị báo cáo.", "priority": 0}


class Province:
    """The small province in an era: its hub, its office, and two of its agencies."""

    def __init__(self, *, hub: Running, office: Running, department: str, commune: str) -> None:
        """Take what runs."""
        self.hub, self.office, self.department, self.commune = hub, office, department, commune

    def act(self, role: str, agency: str, path: str, body: object = None) -> dict[str, str]:
        """Let an official do something by the API."""
        token = self.office.sign_in(small_province.account(role, agency))
        answer = self.office.post(path, body, token=token)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def issue(self, agency: str, draft: object) -> str:
        """Sign and issue a draft; returns its DocumentId, known to all addressees."""
        self.act("leader", agency, f"/api/documents/{draft}/signature")
        document = self.act("document_clerk", agency, f"/api/documents/{draft}/issue")["document"]
        self.office.drained()
        for installation in ("tinh", "an-mau"):
            token = self.office.sign_in(f"poller.{installation}")
            assert self.office.post("/api/polls", {"installation": installation}, token=token).status_code == 200
        return document

    def browser(self, role: str, agency: str) -> PageReader:
        """Sign an official in."""
        account = small_province.account(role, agency)
        browser = PageReader(self.office.url).open("/sign-in")
        return browser.press("/sign-in", account=account, passcode=passcode(PASSCODE_KEY, account))


@pytest.fixture(scope="module", params=ERAS)
def province(
    request: pytest.FixtureRequest, place: Place, lgsp: StandinLgsp, reference_folder: Path
) -> Iterator[Province]:
    """The small province with its agencies named as in that era."""
    day, (department, commune, other), axis = ERAS[request.param]
    codes = dict(zip((small_province.DEPARTMENT, small_province.COMMUNE, small_province.OTHER_COMMUNE),
                     (department, commune, other), strict=True))  # fmt: skip

    def renamed(text: str) -> str:
        return re.sub("|".join(map(re.escape, codes)), lambda found: codes[found.group()], text)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("AGENCIES", "STAFF", "PROCEDURES"):
            told = renamed(msgspec.json.encode(getattr(small_province, name)).decode())
            patch.setattr(small_province, name, msgspec.json.decode(told))
        patch.setattr(small_province, "COMMUNE", commune)
        small_province.write(reference_folder)
        Keys(day=date.fromisoformat(day), every_leader=True).write(reference_folder)
        (reference_folder / "document_axis.json").write_bytes(msgspec.json.encode(axis))
        clock = (day, 9 * 3600.0)
        hub = place("dochub", clock=clock)
        for operation in _FROM_OFFICE:
            lgsp.answers[f"dochub.{operation}"] = passing_to(hub, consumer="office")
        office = place("office", clock=clock)
        yield Province(hub=hub, office=office, department=department, commune=commune)
        office.close()
        hub.close()


def test_a_reply_says_what_it_answers_and_both_sides_find_the_other_document(province: Province) -> None:
    """Drafted on the page of what came, to its sender; ResponseFor names it; each page links to the other document."""
    department, commune = province.department, province.commune
    asked = province.act("specialist", department, "/api/documents", LETTER | {"addressees": [commune]})["draft"]
    question = province.issue(department, asked)
    on = {"agency": commune, "document": question}
    province.act("document_clerk", commune, "/api/incoming/registration", on)

    answering = province.browser("specialist", commune).open("/incoming", document=question)
    answering.press("/desk/documents", subject="V/v trả lời", content="Đã báo cáo.")

    assert f"Trả lời văn bản đến {question}" in answering.text
    draft = answering.answer.url.rsplit("/", 1)[1]
    answer = province.issue(commune, draft)
    (sent,) = [row for row in province.hub.export("envelopes") if row["document"] == answer]
    _, day, notation = question.split(",")
    assert sent["addressees"] == [department]
    assert (
        f"<edXML:ResponseFor><edXML:OrganId>{department}</edXML:OrganId><edXML:Code>{notation}</edXML:Code>"
        f"<edXML:PromulgationDate>{day}</edXML:PromulgationDate><edXML:DocumentId>{question}</edXML:DocumentId>"
    ) in sent["xml"]
    asker = province.browser("specialist", department).open("/incoming", document=answer, lang="en")
    assert f"/documents/{asked}" in asker.links
    assert question in asker.text
    assert f"/documents/{draft}" in answering.open("/incoming", document=question).links
    assert answer in answering.text
    assert untranslated(asker.answer.text) == []
    assert untranslated(answering.open("/incoming", document=question, lang="en").answer.text) == []
    assert untranslated(answering.open(f"/documents/{draft}").answer.text) == []
    for one in (asker, answering):
        one.close()
