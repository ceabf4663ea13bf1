"""What an LGSP owes to callers who speak other provinces' dialects: the same against the reference and any address."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
import requests
from lgsp_under_test import SECONDS, Person, UnderTest, elsewhere
from running_service import AUDIT_TOKEN, LGSP_SECRET, PROVIDER_SECRET, Place, Running
from signing_keys import NINE, Keys
from small_province import BINH, COMMUNE, COMPANY, DEPARTMENT, LAN, OTHER_COMMUNE, PEOPLE

from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Organ, Response
from services.kit.edxml.status_message import StatusMessage, compose_status

DAY = "2018/08/22"
_CATALOGUE = (
    *(f"lists.{name}" for name in ("metadata", "records", "add")),
    *(f"civil.{name}" for name in (
        "dangKyHoTich", "danhMuc", "traTrangThaiHoSo", "ketQuaDangKyHS", "dsHoSoDangKy", "traHoSo", "traDanhSachHoSo",
    )),
    *(f"criminal.{name}" for name in (
        "nhanHoSoDangKy", "traTrangThaiHs", "traHoSo", "traDanhMuc", "danhDauHsThanhCong", "traDsTrangThaiHs",
    )),
    *(f"insurance.{name}" for name in (
        "getTraCuuTtHgdByMaSoBhxh", "getMaSoBhxhTheoTieuChi", "getTraCuuThongTinHgd",
    )),
    *(f"business.{name}" for name in (
        "chiTietDoanhNghiep", "danhSachHoSoTrongNgay", "danhSachHoSo", "tinhTrangHoSo",
    )),
    "population.confirm",
)  # fmt: skip
_DOCUMENTS = ("edoc.send", "edoc.list", "edoc.get", "edoc.update", "edoc.agencies")
_LISTS = {
    "madantoc": {
        "title": "Mã các dân tộc",
        "properties": [{"PropertyCode": "Ma", "PropertyName": "Mã", "PropertyType": "String"},
                       {"PropertyCode": "Ten", "PropertyName": "Tên", "PropertyType": "String"}],
        "records": [{"Ma": "01", "Ten": "Kinh"}, {"Ma": "02", "Ten": "Tày"}],
    },
    "giaytotuythan": {
        "title": "Giấy tờ tùy thân",
        "properties": [{"PropertyCode": "Ma", "PropertyName": "Mã"}, {"PropertyCode": "Ten", "PropertyName": "Tên"}],
        "records": [{"Ma": "3", "Ten": "Thẻ căn cước công dân"}],
    },
}  # fmt: skip


class Reference(msgspec.Struct, frozen=True):
    """The reference's services behind the tests."""

    lgsp: Running
    national: Running
    hub: Running
    keys: Keys


@pytest.fixture(scope="module")
def reference(place: Place, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Reference | None:
    """LGSP, national side and hub; nothing where another LGSP is tested."""
    if elsewhere():
        return None
    keys = Keys()
    keys.write(reference_folder)
    (reference_folder / "shared_lists.json").write_bytes(msgspec.json.encode(_LISTS))
    national, hub = place("national"), place("dochub")
    link = {"secret": LGSP_SECRET, "provider_secret": PROVIDER_SECRET}
    systems = {
        "phan-mem-lien-thong": link | {"url": ""}, DEPARTMENT: link | {"url": ""}, COMMUNE: link | {"url": ""},
        "national": link | {"secret": "n", "url": national.url}, "dochub": link | {"secret": "h", "url": hub.url},
    }  # fmt: skip
    contracts = [
        {"consumer": "phan-mem-lien-thong", "provider": "national", "operation": name} for name in _CATALOGUE
    ] + [
        {"consumer": agency, "provider": "dochub", "operation": name}
        for agency in (DEPARTMENT, COMMUNE)
        for name in _DOCUMENTS
    ]
    (reference_folder / "contracts.json").write_bytes(msgspec.json.encode(contracts))
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    registry.write_bytes(msgspec.json.encode({"systems": systems}))
    return Reference(place("lgsp", LGSP_REGISTRY=str(registry)), national, hub, keys)


@pytest.fixture(scope="module")
def lgsp(reference: Reference | None) -> UnderTest:
    """Whom the tests speak to."""
    other = elsewhere()
    if other:
        return other
    assert reference
    lan = PEOPLE[LAN]
    return UnderTest(
        reference.lgsp.url, "phan-mem-lien-thong", LGSP_SECRET, DEPARTMENT, LGSP_SECRET, COMMUNE, LGSP_SECRET,
        Person(LAN, lan["full_name"], lan["born"], lan["sex"], lan["commune"], lan["insurance_card"][-10:]), COMPANY,
    )  # fmt: skip


@pytest.fixture
def own(reference: Reference | None) -> Reference:
    """The reference, for what can only be seen from inside."""
    if reference is None:
        pytest.skip("another LGSP is tested: its clock, books and agencies' keys are its own")
    return reference


# Who calls.


def test_wso2_clients_get_a_bearer_token(lgsp: UnderTest) -> None:
    """`grant_type=client_credentials` with Basic gives access_token, token_type and expires_in."""
    basic = base64.b64encode(f"{lgsp.system}:{lgsp.secret}".encode()).decode()
    told = lgsp.oauth(Authorization=f"Basic {basic}").json()
    assert told["token_type"] == "Bearer"
    assert told["access_token"]
    assert 0 < told["expires_in"] <= 3600


@pytest.mark.parametrize("header", ["lgspaccesstoken", "Authorization"])
def test_base64_keys_get_a_token_and_open_a_call_by_themselves(lgsp: UnderTest, header: str) -> None:
    """The samples of HCMC and Hậu Giang send base64 JSON, for a token or with the call itself."""
    shown = {header: lgsp.access_token()}
    assert lgsp.oauth(**shown).json()["token_type"] == "Bearer"
    assert lgsp.get("/dmdc/Metadata/madantoc", headers=shown).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Basic bm9ib2R5Omd1ZXNz"}, {"lgspaccesstoken": "bm90IGpzb24="}, {"lgspaccesstoken": "%%%"}, {}],
    ids=["wrong-secret", "not-json", "not-base64", "nothing"],
)
def test_who_cannot_be_named_gets_no_token(lgsp: UnderTest, headers: dict[str, str]) -> None:
    """401 with the OAuth error `invalid_client`."""
    answer = lgsp.oauth(**headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_other_grants_are_not_given(lgsp: UnderTest) -> None:
    """Systems have no users who could log in with a password."""
    answer = lgsp.send("POST", "/token", data={"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(("headers", "code"), [({}, 900902), ({"Authorization": "Bearer forged"}, 900901)])
def test_the_catalogue_is_closed_to_strangers(lgsp: UnderTest, headers: dict[str, str], code: int) -> None:
    """Missing and invalid tokens are told apart, in the gateway's own form."""
    answer = lgsp.get("/dmdc/Category/madantoc", headers=headers)
    assert (answer.status_code, answer.json()["fault"]["code"]) == (401, code)


# Shared code lists.


def test_a_list_is_described_and_told_by_the_same_fields(lgsp: UnderTest) -> None:
    """Every record has exactly the properties that the metadata names."""
    fields = {one["PropertyCode"] for one in lgsp.get("/dmdc/Metadata/madantoc", headers=lgsp.bearer()).json()}
    records = lgsp.get("/dmdc/Category/madantoc", headers=lgsp.bearer()).json()
    assert records
    assert all(set(record) == fields for record in records)


def test_records_are_added_once(lgsp: UnderTest) -> None:
    """A new record is told from then on; the same key again is refused by name, and nothing of that request stays."""
    fresh = {"Ma": uuid.uuid4().hex[:8], "Ten": "Bản ghi thử"}
    first = lgsp.post("/dmdc/Category/madantoc", [fresh], **lgsp.bearer()).json()
    assert first == {"MSG": "Done", "Count": 1}
    other = {"Ma": uuid.uuid4().hex[:8], "Ten": "Không vào"}
    again = lgsp.post("/dmdc/Category/madantoc", [other, fresh], **lgsp.bearer()).json()
    assert again["Count"] == 0
    assert "duplicate" in again["MSG"]
    told = lgsp.get("/dmdc/Category/madantoc", headers=lgsp.bearer()).json()
    assert [one for one in told if one["Ma"] in {fresh["Ma"], other["Ma"]}] == [fresh]


# Civil status.


def _civil(lgsp: UnderTest, name: str, **body: Any) -> dict[str, Any]:
    told: dict[str, Any] = lgsp.post(f"/apiHoTichTuPhap/{name}", body, **lgsp.bearer()).json()
    return told


def _registration(lgsp: UnderTest, *, number: str, person: str) -> dict[str, Any]:
    message = f"<hoTich><nguoiYeuCau><soDinhDanh>{person}</soDinhDanh></nguoiYeuCau></hoTich>"
    return _civil(
        lgsp, "dangKyHoTich", maDonVi=lgsp.person.commune, module="KS", maHoSo=number, ngayTiepNhan="22/08/2018",
        data=message,
    )  # fmt: skip


def test_a_registration_is_received_and_still_uncomplete(lgsp: UnderTest) -> None:
    """State 1 at first, and no result: error 200."""
    number = f"HT-{uuid.uuid4()}"
    assert _registration(lgsp, number=number, person=lgsp.person.number)["trangThai"] == 1
    assert _registration(lgsp, number=number, person=lgsp.person.number)["trangThai"] == 1  # sent twice, the same
    named = {"maDonVi": lgsp.person.commune, "maHoSo": number}
    assert _civil(lgsp, "traTrangThaiHoSo", **named)["trangThai"] == 1
    assert _civil(lgsp, "ketQuaDangKyHS", **named)["maLoi"] == 200


def test_a_registration_of_an_unknown_person_needs_more(lgsp: UnderTest) -> None:
    """State 2 says what is missing: the population does not know the number."""
    number = f"HT-{uuid.uuid4()}"
    _registration(lgsp, number=number, person="099199999999")
    told = _civil(lgsp, "traTrangThaiHoSo", maDonVi=lgsp.person.commune, maHoSo=number)
    assert told["trangThai"] == 2
    assert "099199999999" in told["moTa"]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"maDonVi": "00000"}, 106), ({"data": "<a"}, 500), ({"data": "<!DOCTYPE a><a/>"}, 500), ({"module": ""}, 500)],
    ids=["strange-unit", "not-xml", "document-type", "no-module"],
)
def test_a_wrong_registration_gets_the_guides_code(lgsp: UnderTest, change: dict[str, str], code: int) -> None:
    """106 for the unit, 500 for the data."""
    body = {"maDonVi": lgsp.person.commune, "module": "KS", "maHoSo": f"HT-{uuid.uuid4()}",
            "ngayTiepNhan": "22/08/2018", "data": "<hoTich/>"}  # fmt: skip
    told = _civil(lgsp, "dangKyHoTich", **body | change)
    assert (told["trangThai"], told["maLoi"]) == (0, code)


def test_an_unknown_registration_is_not_found(lgsp: UnderTest) -> None:
    """Error 201 from every look-up."""
    named = {"maDonVi": lgsp.person.commune, "maHoSo": "HT-khong-co"}
    assert [_civil(lgsp, name, **named)["maLoi"] for name in ("traTrangThaiHoSo", "ketQuaDangKyHS")] == [201, 201]
    assert _civil(lgsp, "traHoSo", module="KS", maHoSo="999999999")["maLoi"] == 201
    assert _civil(lgsp, "danhMuc", loaiDanhMuc="9")["maLoi"] == 302
    assert msgspec.json.decode(_civil(lgsp, "danhMuc", loaiDanhMuc="3")["giaTri"])


# Criminal records.


def _record(lgsp: UnderTest, name: str, **body: Any) -> Any:
    return lgsp.post(f"/apiLyLichTuPhap/{name}", body, **lgsp.bearer()).json()


def _declaration(person: Person, **change: Any) -> dict[str, Any]:
    plain = {
        "fullName": person.name, "genderId": int(person.sex == "male"), "birthDateStr": person.born[:4],
        "nationalityId": 1, "idTypeId": 3, "identifyNo": person.number, "phone": "0900000000",
        "declareDate": "22/08/2018", "declareTypeId": 3846, "requestQty": 1, "objectRequestId": 72, "formType": 1,
    }  # fmt: skip
    return plain | change


def _asked(lgsp: UnderTest, number: str, **change: Any) -> Any:
    return _record(
        lgsp, "nhanHoSoDangKy", idMinistryJustice="83", idReceivedDec=number, dateReceivedDec="22/08/2018",
        datePromissoryDec="05/09/2018", declarationWSForm=_declaration(lgsp.person, **change),
        residenceWSForm=[{"fromDateStr": "2010", "toDateStr": "2018", "residencePlace": "An Mẫu"}], mandatorWSForm={},
    )  # fmt: skip


def test_a_record_request_is_taken_followed_and_marked(lgsp: UnderTest) -> None:
    """It is told as state 3 until it is marked as fetched, and then no more; its form comes back field by field."""
    number = f"LL-{uuid.uuid4()}"
    taken = _asked(lgsp, number)
    assert taken["STATUS"] == "1", taken
    assert _asked(lgsp, number)["ID"] == taken["ID"]
    assert _record(lgsp, "LLTP-API-traTrangThaiHs", idReceivedDec=number, infoType="2")["DEC_STATUS_ID"] == 3
    listed = _record(lgsp, "traDsTrangThaiHs", infoType="2")["LISTCONTENT"]
    assert [(one["DECLARATION_ID"], one["DEC_STATUS_ID"]) for one in listed if one["RECEIVE_NO"] == number] == [
        (taken["ID"], 3)
    ]
    [returned] = [
        one["declarationTraHoSoForm"]
        for one in _record(lgsp, "traHoSo", infoType="2")
        if one["declarationTraHoSoForm"]["declarationId"] == taken["ID"]
    ]
    assert returned.items() >= _declaration(lgsp.person).items()
    assert _record(lgsp, "danhDauHsThanhCong", declarationId=taken["ID"], infoType="2")["STATUS"] == "1"
    left = _record(lgsp, "traDsTrangThaiHs", infoType="2")["LISTCONTENT"]
    assert not [one for one in left if one["RECEIVE_NO"] == number]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fullName": "Không Phải Tên"}, "fullName"), ({"identifyNo": "099199999999"}, "identifyNo"),
        ({"genderId": "1"}, "genderId"), ({"formType": 3}, "formType"), ({"birthDateStr": "8-3-1990"}, "birthDateStr"),
        ({"declareTypeId": 3845}, "mandatorWSForm.fullName"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_record_request_with_a_mistake_names_the_field(lgsp: UnderTest, change: dict[str, Any], field: str) -> None:
    """Mandatory fields, kinds, listed values, and the person behind the number."""
    told = _asked(lgsp, f"LL-{uuid.uuid4()}", **change)
    assert told["STATUS"] == "0"
    assert field in told["DESCRIPTION"]


# Social insurance and business register.


def test_insurance_answers_about_a_person_of_the_population(lgsp: UnderTest) -> None:
    """Number to person, criteria to number, and both agree."""
    person = lgsp.person
    born = person.born.replace("-", "")
    by_number = lgsp.post("/apiBHXH/getTraCuuTtHgdByMaSoBhxh", {"maSoBhxh": person.insurance_number}, **lgsp.bearer())
    told = by_number.json()
    assert (told["hoTen"], told["ngaySinh"], told["gioiTinh"], told["maXaKs"]) == (
        person.name, born, "1" if person.sex == "male" else "2", person.commune,
    )  # fmt: skip
    criteria = {"hoTen": person.name, "ngaySinh": born, "loaiNgaySinh": "0", "maXaKs": person.commune, "isKs": "0"}
    found = lgsp.post("/apiBHXH/getMaSoBhxhTheoTieuChi", criteria, **lgsp.bearer()).json()
    assert found["maSoBhxh"] == person.insurance_number
    year = criteria | {"ngaySinh": born[:4], "loaiNgaySinh": "1"}
    assert lgsp.post("/apiBHXH/getMaSoBhxhTheoTieuChi", year, **lgsp.bearer()).json()["maSoBhxh"]
    crooked = criteria | {"ngaySinh": born[:6]}  # says "whole date" and gives a month
    assert lgsp.post("/apiBHXH/getMaSoBhxhTheoTieuChi", crooked, **lgsp.bearer()).json()["maSoBhxh"] is None
    [member] = lgsp.post("/apiBHXH/getTraCuuThongTinHgd", {"soSo": person.insurance_number}, **lgsp.bearer()).json()
    assert (member["maSo"], member["hoTen"]) == (person.insurance_number, person.name)
    assert lgsp.post("/apiBHXH/getTraCuuTtHgdByMaSoBhxh", {"maSoBhxh": "0"}, **lgsp.bearer()).json()["trangThai"] == "0"


def test_a_company_is_told_with_the_blocks_of_the_guide(lgsp: UnderTest) -> None:
    """Status 1 and the four blocks; an unknown number is status 0 with a message."""
    told = lgsp.get("/apiCSDLDKDN/chiTietDoanhNghiep", headers=lgsp.bearer(), msdn=lgsp.company).json()
    assert (told["Status"], told["DataCount"]) == ("1", 1)
    assert {"MainInformation", "HOAdress", "BusinessActivity", "Member"} <= told.keys()
    assert told["MainInformation"]["ENTERPRISE_GDT_CODE"] == lgsp.company
    unknown = lgsp.get("/apiCSDLDKDN/chiTietDoanhNghiep", headers=lgsp.bearer(), msdn="0000000000").json()
    assert unknown["Status"] == "0"


@pytest.mark.parametrize(
    ("since", "until", "status"),
    [("01/08/2018", "06/08/2018", "1"), ("01/08/2018", "07/08/2018", "0"), ("2018-08-01", "05/08/2018", "0")],
    ids=["five-days", "six-days", "not-a-day"],
)
def test_dossiers_are_listed_for_five_days_at_most(lgsp: UnderTest, since: str, until: str, status: str) -> None:
    """The guide's own bound between from_date and to_date."""
    told = lgsp.get("/apiCSDLDKDN/danhSachHoSo", headers=lgsp.bearer(), from_date=since, to_date=until).json()
    assert told["Status"] == status


# The population check.


def _soap(fields: str) -> str:
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:dan="http://dancuquocgia.bca">'
        f"<soap:Body><dan:XacThucThongTinCongDanRequest>{fields}</dan:XacThucThongTinCongDanRequest></soap:Body>"
        "</soap:Envelope>"
    )


def _check(lgsp: UnderTest, body: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status, and TonTai or the fault's text."""
    answer = lgsp.send(
        "POST", "/soap/XacThucThongTinCongDan", data=body.encode(),
        headers={"Content-Type": "text/xml; charset=utf-8", **headers},
    )  # fmt: skip
    root = ET.fromstring(answer.content)  # noqa: S314 -- what our own side has answered
    found = [one.text or "" for one in root.iter() if one.tag.rpartition("}")[2] in {"TonTai", "faultstring"}]
    return answer.status_code, found[0]


def _fields(**change: str) -> str:
    plain = {"MaYeuCau": "1", "MaDichVu": "XT01", "MaCanBo": "cb", "SoDinhDanh": "", "SoCMND": "", "HoVaTen": ""}
    return "".join(f"<dan:{name}>{value}</dan:{name}>" for name, value in (plain | change).items())


def test_a_person_is_confirmed_by_number_and_name(lgsp: UnderTest) -> None:
    """True for both together, false for the right number with another name."""
    person = lgsp.person
    right = _soap(_fields(SoDinhDanh=person.number, HoVaTen=person.name))
    wrong = _soap(_fields(SoDinhDanh=person.number, HoVaTen="Người Khác"))
    assert _check(lgsp, right, lgsp.bearer()) == (200, "true")
    assert _check(lgsp, wrong, lgsp.bearer()) == (200, "false")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (_soap("<dan:HoVaTen>A</dan:HoVaTen>"), "MaYeuCau"),
        (_soap(_fields(HoVaTen="A")), "SoDinhDanh"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + _soap(_fields()), "DOCTYPE"),
        ("<a/>", "soap:Body"),
    ],
    ids=["field-missing", "no-number", "entity", "no-envelope"],
)
def test_a_wrong_check_is_a_fault_that_says_why(lgsp: UnderTest, body: str, says: str) -> None:
    """Status 500, as SOAP 1.1 wants it, with the reason."""
    status, text = _check(lgsp, body, lgsp.bearer())
    assert status == 500
    assert says in text


def test_a_check_without_a_token_is_a_fault(lgsp: UnderTest) -> None:
    """Nobody asks about people anonymously."""
    assert _check(lgsp, _soap(_fields()), {})[0] == 500


# Documents.


def _agency(lgsp: UnderTest, *, receiver: bool = False, secret: str = "") -> dict[str, str]:
    code, own = (lgsp.receiver, lgsp.receiver_secret) if receiver else (lgsp.agency, lgsp.agency_secret)
    login = {"username": code, "password": own, "applicationCode": "contract-test", "otp": None,
             "twoFactorProvider": None, "typeObjs": [0, 1]}  # fmt: skip
    token = lgsp.post("/v1/auth/login?allow_anonymous=true", login).json()["data"]["token"]
    return {"Authorization": f"Bearer {token}", "X-SystemId": code, "X-SecretKey": secret or own}


def _send(lgsp: UnderTest, text: bytes, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    parts = {"files": {"edocFile": ("van-ban.edxml", text, "application/xml")}, "data": {"messageType": "edoc"}} | more
    told: dict[str, Any] = lgsp.send("POST", "/v1/sendEdoc", headers=headers, **parts).json()
    return told


def _code(told: dict[str, Any]) -> str:
    return "0" if told["success"] else str(told["data"]["errorCode"])


def test_documents_need_a_session_and_an_agencys_key(lgsp: UnderTest) -> None:
    """Without a token the answer is a bare 401, as seen at a live gateway; a wrong key is code 15."""
    assert lgsp.send("POST", "/v1/sendEdoc").status_code == 401
    assert _code(_send(lgsp, b"<a/>", _agency(lgsp, secret="guess"))) == "15"
    assert lgsp.post("/v1/auth/login", {"username": "x", "password": "y"}).status_code == 401


@pytest.mark.parametrize(
    ("text", "code"), [(b"", "10"), (b"not xml", "22"), (b"<edXML/>", "22"), (b"\xff\xfe", "22")],
    ids=["empty", "not-xml", "no-envelope", "not-utf-8"],
)  # fmt: skip
def test_what_is_no_envelope_is_told_by_code(lgsp: UnderTest, text: bytes, code: str) -> None:
    """10 for a file that is not there, 22 for one that is not edXML."""
    assert _code(_send(lgsp, text, _agency(lgsp))) == code


def test_an_upload_that_cannot_be_taken_apart_is_code_21(lgsp: UnderTest) -> None:
    """Its multipart form has no boundary."""
    headers = {**_agency(lgsp), "Content-Type": "multipart/form-data"}
    told = lgsp.send("POST", "/v1/sendEdoc", headers=headers, data=b"--x").json()
    assert _code(told) == "21"


def test_the_directory_names_the_receiver(lgsp: UnderTest) -> None:
    """`getAgenciesList` needs the session only."""
    listed = lgsp.get("/v1/getAgenciesList", headers=_agency(lgsp)).json()["data"]
    assert lgsp.receiver in {one["orgCode"] for one in listed}


def test_a_document_goes_from_agency_to_agency(lgsp: UnderTest, own: Reference) -> None:
    """Sent, listed as initial, fetched whole, reported on, and the sender reads the statuses; sent twice it is one."""
    text = own.keys.sealed(4001).encode()
    sent = _send(lgsp, text, _agency(lgsp))
    assert _code(sent) == "0", sent
    assert _send(lgsp, text, _agency(lgsp))["docId"] == sent["docId"]
    there = _agency(lgsp, receiver=True)
    window = {"fromDate": DAY, "toDate": DAY}
    listed = lgsp.get("/v1/syncReceivedEdocList", headers=there, messageType="edoc", **window).json()["data"]
    assert [(one["from"], one["status"]) for one in listed if one["docId"] == sent["docId"]] == [
        (lgsp.agency, "initial")
    ]
    fetched = lgsp.get("/v1/getEdoc", headers=there, docId=sent["docId"]).json()["data"]
    assert fetched["edxml"].encode() == text
    assert fetched["edocCode"].startswith("4001/")
    for status in ("01", "03", "done"):
        told = lgsp.post("/v1/updateStatus", {"docId": sent["docId"], "status": status}, **there).json()
        assert told["success"], told
    back = lgsp.post("/v1/updateStatus", {"docId": sent["docId"], "status": "02"}, **there).json()
    assert _code(back) == "20"  # nothing follows 06
    heard = lgsp.get("/v1/syncReceivedEdocList", headers=_agency(lgsp), messageType="status", **window).json()["data"]
    assert [one["status"] for one in heard if one["docId"] == sent["docId"]] == ["01", "03", "06"]
    deliveries = own.hub.export("deliveries")
    assert [one["addressee"] for one in deliveries if ",4001/" in one["document"]] == [lgsp.receiver]


def test_a_document_is_nobody_elses_business(lgsp: UnderTest, own: Reference) -> None:
    """An agency neither sends in another's name nor reads what was not sent to it."""
    foreign = own.keys.sealed(4002, sender=COMMUNE, addressees=(DEPARTMENT,)).encode()
    assert _code(_send(lgsp, foreign, _agency(lgsp))) == "19"
    headers = _agency(lgsp)
    nothing = lgsp.get("/v1/getEdoc", headers=headers, docId=str(uuid.uuid4())).json()
    assert _code(nothing) == "10"
    sent = _send(lgsp, own.keys.sealed(4013, addressees=(COMMUNE,)).encode(), headers)
    for agency, code in ((OTHER_COMMUNE, "10"), (COMMUNE, "0")):
        asked = own.hub.call("edoc.get", consumer=agency, query={"docId": sent["docId"]}).json()
        assert _code(asked) == code, agency
    reported = own.hub.call("edoc.update", consumer=OTHER_COMMUNE, body={"docId": sent["docId"], "status": "01"})
    assert _code(reported.json()) == "20"


def test_a_status_may_come_as_an_edxml_message(lgsp: UnderTest, own: Reference) -> None:
    """By `sendEdoc` with messageType `status`: the sender reads it with its description; not in another's name."""
    document = f"{DEPARTMENT},2018/08/22,4014/SGTVT-VP"
    sent = _send(lgsp, own.keys.sealed(4014, addressees=(COMMUNE,)).encode(), _agency(lgsp))
    there, status = _agency(lgsp, receiver=True), {"data": {"messageType": "status"}}
    message = StatusMessage(
        sender=Organ(COMMUNE, "UBND xã"), about=Response(organ=DEPARTMENT, document=DocumentId.parse(document)),
        code="01", at=NINE, staff_department="Văn thư", staff_name="Văn thư xã",
    )  # fmt: skip

    def report(message: StatusMessage, headers: dict[str, str]) -> dict[str, Any]:
        parts = {"files": {"edocFile": ("tt.edxml", compose_status(message).encode(), "application/xml")}, **status}
        return _send(lgsp, b"", headers, **parts)

    assert report(message, there)["docId"] == sent["docId"]
    refused = msgspec.structs.replace(message, code="02", description="Gửi nhầm nơi")
    assert _code(report(refused, _agency(lgsp))) == "19"
    assert _code(report(refused, there)) == "0"
    assert _code(report(msgspec.structs.replace(message, code="06"), there)) == "20"  # nothing follows 02
    told = _send(lgsp, b"", there, files={"edocFile": ("tt.edxml", b"<edXML/>", "application/xml")}, **status)
    assert _code(told) == "22"
    rows = own.hub.query("SELECT status, description FROM status WHERE document = $1 ORDER BY seq", document)
    assert [(row["status"], row["description"]) for row in rows] == [("01", ""), ("02", "Gửi nhầm nơi")]


def test_unknown_and_locked_receivers_have_codes_of_their_own(lgsp: UnderTest, own: Reference) -> None:
    """18 and 23; a lock holds for offices of our own as well, and ends."""
    stranger = own.keys.sealed(4003, addressees=("000.09.99.H07",)).encode()
    assert _code(_send(lgsp, stranger, _agency(lgsp))) == "18"
    control = {"url": f"{own.hub.url}/control/agencies", "headers": {"Authorization": f"Bearer {AUDIT_TOKEN}"}}
    requests.put(json={"locked": {COMMUNE: "đang sáp nhập"}}, timeout=SECONDS, **control).raise_for_status()
    locked = own.keys.sealed(4004).encode()
    assert _code(_send(lgsp, locked, _agency(lgsp))) == "23"
    [refused] = own.hub.deliver("envelopes.send", {"xml": locked.decode()}, consumer="office")
    assert (refused["result"], "đang sáp nhập" in refused["detail"]) == ("refused", True)
    requests.put(json={"locked": {}}, timeout=SECONDS, **control).raise_for_status()
    assert _code(_send(lgsp, locked, _agency(lgsp))) == "0"


def test_every_call_of_a_dialect_has_its_audit_row(lgsp: UnderTest, own: Reference) -> None:
    """Who, whom and what are those of the real call, whatever the address was."""
    call = str(uuid.uuid4())
    lgsp.get("/dmdc/Metadata/madantoc", headers={**lgsp.bearer(), "X-Call-Id": call})
    [row] = [one for one in own.lgsp.export("audit") if one["call"] == call]
    assert (row["consumer"], row["provider"], row["operation"], row["purpose"], row["outcome"]) == (
        "phan-mem-lien-thong", "national", "lists.metadata", "quang-binh", "answered",
    )  # fmt: skip
    assert [one["peer"] for one in own.national.export("calls") if one["call"] == call] == ["phan-mem-lien-thong"]


def test_time_brings_registrations_and_records_to_their_end(lgsp: UnderTest, own: Reference) -> None:
    """By the official clock: civil status is done the same day, a criminal record within ten."""
    number, record = f"HT-{uuid.uuid4()}", f"LL-{uuid.uuid4()}"
    _registration(lgsp, number=number, person=BINH)
    _asked(lgsp, record)
    named = {"maDonVi": lgsp.person.commune, "maHoSo": number}
    own.national.set_clock("2018-09-03", 9 * 3600.0)
    try:
        while _civil(lgsp, "traTrangThaiHoSo", **named)["trangThai"] != 4:
            pass  # the service looks at the clock's file four times a second
        [entry] = _civil(lgsp, "ketQuaDangKyHS", **named)["giaTri"]
        assert entry["maHoSo"] == number
        assert _civil(lgsp, "traHoSo", module="KS", maHoSo=entry["id"])["giaTri"] == [entry]
        told = _record(lgsp, "traTrangThaiHs", idReceivedDec=record, infoType="2")
        assert (told["DEC_STATUS_ID"], told["ISSUE_DATE"]) == (5, "01/09/2018")
    finally:
        own.national.set_clock("2018-08-22", 9 * 3600.0)
