"""The four service levels (SYS-LEVELS): how far a procedure runs online. Each level adds to the one below."""

from __future__ import annotations

from collections.abc import Mapping

from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.reference import Procedure

#: The lowest level that allows it.
FORM, SUBMISSION, PAYMENT, RESULT = 2, 3, 4, 4

NAMES: Mapping[int, str] = {
    1: Text("Mức độ 1: cung cấp đầy đủ thông tin về thủ tục", "Level 1: full information about the procedure"),
    2: Text(
        "Mức độ 2: tải mẫu đơn, tờ khai; nộp trực tiếp hoặc qua bưu điện",
        "Level 2: forms to download; hand in at the counter or by post",
    ),
    3: Text(
        "Mức độ 3: điền và gửi hồ sơ trực tuyến; nộp lệ phí và nhận kết quả tại quầy",
        "Level 3: fill in and submit online; pay and collect at the counter",
    ),
    4: Text(
        "Mức độ 4: nộp lệ phí trực tuyến; nhận kết quả trực tuyến, tại quầy hoặc qua bưu điện",
        "Level 4: pay online; result online, at the counter or by post",
    ),
}


#: Since Nghị định 42/2022/NĐ-CP there are two kinds of online service; the two lower levels are information only.
NAMES_2026: Mapping[int, str] = {
    1: Text("Cung cấp thông tin", "Information only"),
    2: Text("Cung cấp thông tin, tải mẫu đơn", "Information and forms to download"),
    3: Text("Dịch vụ công trực tuyến một phần", "Partly online"),
    4: Text("Dịch vụ công trực tuyến toàn trình", "Wholly online"),
}


def names(era: str) -> Mapping[int, str]:
    """Name the levels as the era does."""
    return NAMES if era == "2018" else NAMES_2026


def require(procedure: Procedure, level: int, what: Text) -> None:
    """Raise 409 `wrong-level` unless the procedure's level allows `what`, which is said in both languages."""
    if procedure.level < level:
        raise Problem(
            409,
            "wrong-level",
            Text(
                f"Thủ tục {procedure.code} ở mức độ {procedure.level}, {what} cần mức độ {level} trở lên.",
                f"Procedure {procedure.code} is at level {procedure.level}; {what.english} needs level {level}.",
            ),
            level=procedure.level,
        )
