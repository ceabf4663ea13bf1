"""The 2026 door: search at the nation, e-ID, agency, the province's form in three steps, CAPTCHA, code."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from national_side import Nation
from page_reader import PageReader
from running_service import PASSCODE_KEY, Place, Running
from small_province import AGENT, DEPARTMENT, FREE, LAN, ONLINE, PEOPLE, SAME_DAY
from standin_lgsp import Call, StandinLgsp

from loadtests.accounts import passcode

_NUMBERS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


@pytest.fixture(scope="module")
def reference_2026(reference_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small province in the 2026 era."""
    folder = tmp_path_factory.mktemp("reference-2026") / "given"
    shutil.copytree(reference_folder, folder)
    head = msgspec.json.decode((folder / "province.json").read_bytes())
    (folder / "province.json").write_bytes(msgspec.json.encode({**head, "era": "2026"}))
    procedures = msgspec.json.decode((folder / "procedures.json").read_bytes())
    fields = {ONLINE: "Đất đai", FREE: "Y tế"}
    changed = [{**one, "field": fields.get(one["code"], one["field"])} for one in procedures]
    (folder / "procedures.json").write_bytes(msgspec.json.encode(changed))
    return folder


@pytest.fixture(scope="module")
def national(place: Place, lgsp: StandinLgsp, reference_2026: Path) -> Running:
    """The nation, which the stand-in LGSP passes calls on to."""
    running = place("national", clock=("2026-07-01", 9 * 3600.0), REFERENCE_DATA=str(reference_2026))
    Nation(lgsp)

    def passed_on(call: Call) -> tuple[int, Any]:
        answer = running.call(call.operation, consumer="portal", body=call.body, query=call.query)
        return answer.status_code, answer.json()

    names = ("identity.register", "identity.token", "identity.keys", "dvcqg.offer", "dvcqg.lookup", "land.lookup",
             "insurance.check")  # fmt: skip
    lgsp.answers |= {f"national.{name}": passed_on for name in names}
    return running


@pytest.fixture(scope="module")
def portal(place: Place, national: Running, lgsp: StandinLgsp, reference_2026: Path) -> Running:  # noqa: ARG001 -- first
    """The province's system of information for procedures, once the nation knows its forms."""
    running = place(
        "portal", clock=("2026-07-01", 9 * 3600.0), REFERENCE_DATA=str(reference_2026), CAPTCHA="words:seam"
    )
    lgsp.wait_for_call("national.dvcqg.offer")
    return running


@pytest.fixture
def reader(national: Running) -> Iterator[PageReader]:
    """Somebody with a browser at the national portal."""
    made = PageReader(national.url)
    yield made
    made.close()


def to_the_form(reader: PageReader, national: Running) -> PageReader:
    """Search, procedure, sign-on, agency: to the province's form, signed in already."""
    reader.open("/dvc", q="phu hieu xe")
    reader.open(reader.tree.xpath("//ul//a/@href")[0])
    assert "Toàn trình" in reader.text
    reader.open(f"/dvc/nop/{FREE}")
    assert "/oidc/sign-on" in reader.answer.url
    reader.press("/oidc/sign-on", account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
    assert "Chọn cơ quan" in reader.text
    reader.open(f"/dvc/nop/{FREE}", agency=DEPARTMENT)
    if "/sign-in" in reader.answer.url:  # the province asks the nation, who knows already
        back = reader.tree.xpath("//a[contains(@href, '/sign-in/national')]/@href")[0]
        reader.open(reader.answer.url.partition("/sign-in")[0] + back)
    reader.address = reader.answer.url.partition("/apply")[0]
    assert reader.address != national.url
    return reader


def test_from_the_nations_door_to_a_code(reader: PageReader, portal: Running, national: Running) -> None:
    """The whole way of 2026: one sign-on, three steps, a question answered, and a code that the nation tracks."""
    to_the_form(reader, national)
    form = f"/apply/{FREE}"
    assert "Bước 1/3" in reader.text
    reader.press(form, "next", request="Xin cấp phù hiệu", company="1300000011")
    assert "Bước 2/3" in reader.text
    letter = {"file.letter": ("uy quyen.pdf", b"%PDF-1.7 x", "application/pdf")}
    reader.press(form, "next", files=letter) if "ủy quyền" in reader.text else reader.press(form, "next")
    assert "Bước 3/3" in reader.text
    first, _, second, *_ = reader.tree.xpath("//label[@for='captcha']/text()")[0].lower().split()
    reader.press(form, "submit", delivery="online", captcha=str(_NUMBERS.index(first) + _NUMBERS.index(second)))

    assert "Đã nộp hồ sơ" in reader.text, reader.text
    code = reader.answer.url.rpartition("/")[2].partition("?")[0]
    assert code.startswith(f"{DEPARTMENT}-260701-")
    known = {"code": code, "procedure": FREE, "state": "submitted", "seq": 0}
    assert national.deliver("dvcqg.dossiers", known, consumer="onestop")[0]["result"] == "done"
    tracked = requests.get(f"{national.url}/dvc/tracking", params={"code": code}, timeout=30)
    assert f"<h2>Hồ sơ {code}</h2>" in tracked.text
    assert national.call("dvcqg.lookup", consumer="portal", query={"code": code}).json()["dossier"] == known
    assert portal.get(f"/api/dossiers/{code}").json()["state"] == "submitted"


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize(("answer", "status"), [("99", 422), ("", 422), ("seam", 200)], ids=["wrong", "none", "seam"])
def test_the_question_stops_a_program_and_the_seam_lets_a_test_through(
    reader: PageReader, national: Running, answer: str, status: int
) -> None:
    """A wrong answer hands nothing in and asks anew; the answer set for load and tests passes."""
    to_the_form(reader, national).press(f"/apply/{FREE}", "next", request="x")
    reader.press(f"/apply/{FREE}", "next").press(f"/apply/{FREE}", "submit", captcha=answer)

    assert reader.status == status, reader.text
    assert ("câu hỏi kiểm tra" in reader.complaints.lower()) is (status == 422)


def test_sys_levels_2026_names_and_refusals(reader: PageReader, national: Running, portal: Running) -> None:
    """Một phần and toàn trình stand for levels 3 and 4; what is information only is refused at the door, too."""
    assert "toàn trình" in portal.get(f"/procedures/{FREE}").text
    refused = reader.open(f"/dvc/nop/{SAME_DAY}").status
    at_home = PageReader(portal.url)
    at_home.open("/sign-in").press("/sign-in", account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
    offered, refused_at_home = at_home.open(f"/apply/{FREE}").status, at_home.open(f"/apply/{SAME_DAY}").status
    at_home.close()

    assert (refused, offered, refused_at_home) == (409, 200, 409)
    assert national.get("/dvc/nop/9.999999").status_code == 404


def test_sys_national_portal_a_dossier_handed_in_at_the_nation_arrives_and_its_state_goes_back(
    portal: Running, national: Running, lgsp: StandinLgsp
) -> None:
    """SYS-NATIONAL-PORTAL: numbered by both, sent on once, tracked by either code; what cannot be filed is refused."""
    token = national.sign_in(LAN)
    body = {"procedure": FREE, "agency": DEPARTMENT, "form": {"request": "x"}, "delivery": "online"}
    filed = national.post("/api/dossiers", body, token=token)
    code = filed.json()["code"]
    (handed_over,) = lgsp.wait_for("portal.dossiers.receive", lambda one: one["MaHoSo"] == code)

    assert filed.status_code == 201
    assert portal.deliver("dossiers.receive", handed_over, consumer="national", keys=["k1"])[0]["result"] == "done"
    assert portal.deliver("dossiers.receive", handed_over, consumer="national", keys=["k1"])[0]["result"] == "done"
    (told,) = lgsp.wait_for("national.dvcqg.numbered", lambda one: one["MaHoSo"] == code)
    assert len(lgsp.wait_for("onestop.dossiers.submit", lambda one: one["code"] == told["code"])) == 1
    assert national.deliver("dvcqg.numbered", told, consumer="portal")[0]["result"] == "done"
    known = {"code": told["code"], "procedure": FREE, "state": "received", "seq": 1}
    national.deliver("dvcqg.dossiers", known, consumer="onestop")

    tracked = requests.get(f"{national.url}/dvc/tracking", params={"code": code}, timeout=30).text
    assert told["code"] in tracked
    mine = portal.get(f"/api/dossiers/{told['code']}/result", token=portal.sign_in(LAN))
    assert mine.status_code == 409, "it is Lan's own, without a result yet"
    for change in ({"MaTTHC": SAME_DAY}, {"DonViXuLy": "x"}, {"NoiDung": {}}):
        (refused,) = portal.deliver("dossiers.receive", {**handed_over, **change}, consumer="national")
        assert refused["result"] == "refused", change
    assert national.post("/api/dossiers", body).status_code == 401


def test_sys_db_land_nobody_holds_land_before_they_are_grown(
    place: Place, national: Running, reference_2026: Path
) -> None:
    """Who is 25 on the official day may hold land; whatever year it is for the machine, in 2004 none of them was."""
    earlier = place("national", clock=("2004-01-01", 9 * 3600.0), REFERENCE_DATA=str(reference_2026))

    def holders(nation: Running) -> list[str]:
        asked = {
            number: nation.call("land.lookup", consumer="portal", query={"personal_number": number})
            for number in PEOPLE
        }
        return [number for number, answer in asked.items() if answer.json()["exists"]]

    assert holders(national)
    assert holders(earlier) == []


def test_sys_db_land_and_insurance_fill_forms_in_where_the_field_asks(portal: Running, national: Running) -> None:
    """SYS-DB-LAND, SYS-DB-INSURANCE: the parcel and the card of the simulated person stand in the form, untyped."""
    holders = [
        number
        for number in PEOPLE
        if national.call("land.lookup", consumer="portal", query={"personal_number": number}).json()["exists"]
    ]
    assert holders, "none of the small province's people holds land"
    for account, procedure, words in (
        (holders[0], ONLINE, "Giấy chứng nhận quyền sử dụng đất"),
        (AGENT, FREE, PEOPLE[AGENT]["insurance_card"]),
    ):
        reader = PageReader(portal.url)
        reader.open("/sign-in").press("/sign-in", account=account, passcode=passcode(PASSCODE_KEY, account))
        assert words in reader.open(f"/apply/{procedure}").text
        reader.close()
