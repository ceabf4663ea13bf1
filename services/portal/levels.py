"""The four service levels (SYS-LEVELS): how far a procedure runs online. Each level adds to the one below."""

from __future__ import annotations

from collections.abc import Mapping

from services.kit.problems import Problem
from services.kit.reference import Procedure

#: The lowest level that allows it.
FORM, SUBMISSION, PAYMENT, RESULT = 2, 3, 4, 4

NAMES: Mapping[int, str] = {
    1: "Mức độ 1: cung cấp đầy đủ thông tin về thủ tục",
    2: "Mức độ 2: tải mẫu đơn, tờ khai; nộp trực tiếp hoặc qua bưu điện",
    3: "Mức độ 3: điền và gửi hồ sơ trực tuyến; nộp lệ phí và nhận kết quả tại quầy",
    4: "Mức độ 4: nộp lệ phí trực tuyến; nhận kết quả trực tuyến, tại quầy hoặc qua bưu điện",
}


#: Since Nghị định 42/2022/NĐ-CP there are two kinds of online service; the two lower levels are information only.
NAMES_2026: Mapping[int, str] = {
    1: "Cung cấp thông tin",
    2: "Cung cấp thông tin, tải mẫu đơn",
    3: "Dịch vụ công trực tuyến một phần",
    4: "Dịch vụ công trực tuyến toàn trình",
}


def names(era: str) -> Mapping[int, str]:
    """Name the levels as the era does."""
    return NAMES if era == "2018" else NAMES_2026


def require(procedure: Procedure, level: int, what: str) -> None:
    """Raise 409 `wrong-level` unless the procedure's level allows `what`."""
    if procedure.level < level:
        raise Problem(
            409,
            "wrong-level",
            f"Thủ tục {procedure.code} ở mức độ {procedure.level}, {what} cần mức độ {level} trở lên.",
            level=procedure.level,
        )
