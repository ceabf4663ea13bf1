"""Sen's API: `POST /api/dang-nhap`, `/api/ho-so…` for officials, `/lien-thong/…` for the province's other systems."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from services.vendors.engine.agreement import Official
from services.vendors.engine.dossier import Dossier, Handed, News, Trouble
from services.vendors.engine.hours import VIETNAM
from services.vendors.engine.http import Asked, Told, json
from services.vendors.engine.office import Office
from services.vendors.sen import words
from services.vendors.sen.webhook import Webhook


class _SignIn(msgspec.Struct, rename="camel"):
    ten_dang_nhap: str = ""
    mat_khau: str = ""


class _Person(msgspec.Struct, rename="camel"):
    so_dinh_danh: str = ""
    ho_ten: str = ""


class _Act(msgspec.Struct, rename="camel"):
    """Whatever an act may carry."""

    ma_ho_so: str = ""
    ma_thu_tuc: str = ""
    ma_co_quan: str = ""
    nguoi_nop: _Person = msgspec.field(default_factory=_Person)
    ma_so_thue: str = ""
    tien_mat: str = "0"
    le_phi: str = "0"
    cach_tra: str = ""
    noi_dung: str = ""
    y_kien: str = ""
    quyet_dinh: str = ""
    nop_luc: int = 0
    ma_lenh: str = ""
    so_tien: str = "0"
    ma_buu_gui: str = ""


class Face:
    """The product's face."""

    def __init__(self, office: Office, *, integration_key: str, webhook: Webhook) -> None:
        """`integration_key` is what the province's other systems show in X-Khoa-Lien-Thong."""
        self._office, self._key, self._webhook = office, integration_key, webhook
        self._sessions: dict[str, Official] = {}
        for news in office.untold():
            self._tell(news)
        office.listeners.append(self._tell)

    def start_over(self) -> None:
        """Forget sessions, and news that nobody has taken."""
        self._sessions.clear()
        self._webhook.start_over()

    def _tell(self, news: News) -> None:
        if self._office.knows(news):
            body = words.news(news, undocumented=self._office.quirky("state-undocumented"))
            self._webhook.send(body, then=lambda: self._office.told(news))

    def answer(self, asked: Asked) -> Told:
        """Answer one request; what goes wrong is said inside the answer."""
        try:
            return json({"maLoi": 0, "thongDiep": "Thành công", "duLieu": self._do(asked)})
        except Trouble as trouble:
            wrong = [{"truong": words.FIELDS[name], "moTa": why} for name, why in trouble.fields.items()]
            if self._office.quirky("error-mute"):
                return json({"maLoi": 500, "thongDiep": "Có lỗi xảy ra", "loi": []})
            return json({"maLoi": words.ERRORS[trouble.kind], "thongDiep": trouble.detail, "loi": wrong})
        except msgspec.MsgspecError as error:
            return json({"maLoi": 422, "thongDiep": f"Không đọc được nội dung: {error}", "loi": []})

    def _do(self, asked: Asked) -> Any:  # noqa: PLR0911 -- one way out for each address
        parts = asked.path.strip("/").split("/")
        match (asked.method, *parts):
            case ("POST", "api", "dang-nhap"):
                return self._sign_in(msgspec.json.decode(asked.body, type=_SignIn))
            case ("GET", "api", "hang-doi"):
                return {"conLai": self._webhook.waiting}
            case ("GET", "api", "ho-so"):
                return [self._write(dossier) for dossier in self._office.desk(self._who(asked))]
            case ("GET", "api", "ho-so", code):
                return self._write(self._office.look(self._who(asked), code))
            case ("POST", "api", "ho-so"):
                return self._as_official(asked, "", "")
            case ("POST", "api", "ho-so", code, act):
                return self._as_official(asked, code, act)
            case ("POST", "lien-thong", what):
                return self._told(asked, what)
        raise Trouble("unknown", "Không có địa chỉ này.")

    def _sign_in(self, wanted: _SignIn) -> dict[str, str]:
        official = self._office.sign_in(wanted.ten_dang_nhap, wanted.mat_khau)
        session = self._office.new_session()
        self._sessions[session] = official
        return {"maPhien": session, "hoTen": official.name, "maCoQuan": official.agency}

    def _who(self, asked: Asked) -> Official:
        official = self._sessions.get(asked.headers.get("x-ma-phien", ""))
        if official is None:
            raise Trouble("sign-in", "Chưa đăng nhập.")
        return official

    def _as_official(self, asked: Asked, code: str, act: str) -> dict[str, Any]:
        who = self._who(asked)
        body = msgspec.json.decode(asked.body or b"{}", type=_Act)
        number = "" if self._office.quirky("not-idempotent") else asked.headers.get("x-ma-yeu-cau", "")
        reply = self._office.once(number, lambda: msgspec.json.encode(self._write(self._act(who, code, act, body))))
        return msgspec.json.decode(reply, type=dict[str, Any])

    def _act(self, who: Official, code: str, act: str, body: _Act) -> Dossier:
        office = self._office
        acts: dict[str, Callable[[], Dossier]] = {
            "": lambda: office.receive(who, _handed(body)),
            "tiep-nhan": lambda: office.accept(who, code),
            "yeu-cau-bo-sung": lambda: office.ask_supplement(who, code, body.noi_dung),
            "bo-sung": lambda: office.supplement(who, code, body.noi_dung),
            "tham-dinh": lambda: office.examine(who, code, words.OUTCOMES.get(body.y_kien, "")),
            "phe-duyet": lambda: office.decide(who, code, words.OUTCOMES.get(body.quyet_dinh, "")),
            "tra-ket-qua": lambda: office.hand_back(
                who, code, words.DELIVERIES.get(body.cach_tra, ""), words.amount(body.tien_mat)
            ),
        }
        if act not in acts:
            raise Trouble("unknown", "Không có việc này.")
        return acts[act]()

    def _told(self, asked: Asked, what: str) -> dict[str, Any]:
        if not hmac.compare_digest(asked.headers.get("x-khoa-lien-thong", "").encode(), self._key.encode()):
            raise Trouble("sign-in", "Sai khoá liên thông.")
        body = msgspec.json.decode(asked.body, type=_Act)
        match what:
            case "ho-so":
                at = datetime.fromtimestamp(body.nop_luc / 1000, VIETNAM)
                fee = words.amount(body.le_phi)
                self._office.submit(body.ma_ho_so, body.ma_co_quan, _handed(body), fee=fee, at=at)
            case "bo-sung":
                self._office.supplement(None, body.ma_ho_so, body.noi_dung)
            case "thanh-toan":
                self._office.pay(body.ma_ho_so, body.ma_lenh, words.amount(body.so_tien))
            case "buu-gui":
                self._office.follow_parcel(body.ma_buu_gui)
            case _:
                raise Trouble("unknown", "Không có tin này.")
        return {"daNhan": True}

    def _write(self, dossier: Dossier) -> dict[str, Any]:
        quirky = self._office.quirky
        return words.dossier(dossier, thousands=quirky("fee-in-thousands"), undocumented=quirky("state-undocumented"))


def _handed(body: _Act) -> Handed:
    return Handed(
        procedure=body.ma_thu_tuc,
        number=body.nguoi_nop.so_dinh_danh,
        name=body.nguoi_nop.ho_ten,
        company=body.ma_so_thue,
        delivery=words.DELIVERIES.get(body.cach_tra, ""),
        cash=words.amount(body.tien_mat),
    )
