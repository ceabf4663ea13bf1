"""Every mismatch that can be planted: a switch by name, the product that has it, and what it then does wrong.

The kind of thing that made three products in one province “not match”; each is invented and said of no real product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from services.vendors import weaknesses


class Quirk(msgspec.Struct, frozen=True):
    """One planted mismatch."""

    product: str
    does: str  #: in Vietnamese, for whoever switches it on


QUIRKS: Mapping[str, Quirk] = {
    # Sen: a JSON API.
    "code-own-number": Quirk("sen", "đánh số hồ sơ theo cách riêng của sản phẩm"),
    "code-replaced": Quirk("sen", "khi tiếp nhận hồ sơ trực tuyến thì cấp mã khác thay mã của cổng"),
    "fee-in-thousands": Quirk("sen", "ghi lệ phí theo nghìn đồng"),
    "deadline-calendar-hours": Quirk("sen", "đếm thời hạn theo giờ đồng hồ, cả đêm và ngày nghỉ"),
    "deadline-from-submission": Quirk("sen", "tính hạn từ lúc nộp trên cổng, không từ lúc tiếp nhận"),
    "skips-received": Quirk("sen", "tiếp nhận trực tuyến xong là coi như đã thẩm định"),
    "decides-unexamined": Quirk("sen", "cho quyết định khi chưa thẩm định"),
    "any-agency": Quirk("sen", "cho cán bộ cơ quan khác xử lý hồ sơ"),
    "not-idempotent": Quirk("sen", "gửi lại cùng một yêu cầu thì tạo thêm hồ sơ"),
    "news-doubled": Quirk("sen", "báo mỗi thay đổi hai lần với hai số hiệu tin"),
    "waits-as-received": Quirk("sen", "đang chờ bổ sung nhưng báo ra ngoài là đã tiếp nhận"),
    "unpaid-result": Quirk("sen", "trả kết quả khi lệ phí còn thiếu"),
    "error-mute": Quirk("sen", "mọi lỗi chỉ ghi “Có lỗi xảy ra”"),
    "name-decomposed": Quirk("sen", "lưu họ tên bằng Unicode tổ hợp (NFD)"),
    "number-in-news": Quirk("sen", "gửi kèm số định danh của người nộp trong tin báo"),
    "state-undocumented": Quirk("sen", "trả mã trạng thái 99 không có trong tài liệu"),
    # Trúc: SOAP and XML.
    "utc-times": Quirk("truc", "ghi giờ UTC mà không nói múi giờ"),
    "code-day-utc": Quirk("truc", "lấy ngày trong mã hồ sơ theo giờ UTC, nên trước 7 giờ sáng là ngày hôm trước"),
    "same-day-eight-hours": Quirk("truc", "thủ tục trả trong ngày bị hẹn sau tám giờ làm việc"),
    "pause-ignored": Quirk("truc", "thời hạn vẫn chạy trong lúc chờ bổ sung"),
    "rejection-as-approval": Quirk("truc", "từ chối nhưng ghi trạng thái như chấp thuận"),
    "national-numbers-swapped": Quirk("truc", "đảo mã trạng thái quốc gia của “đã duyệt” và “đã trả”"),
    "tail-four-only": Quirk("truc", "không nhận mã hồ sơ có phần đuôi sáu chữ số"),
    "unknown-procedure-taken": Quirk("truc", "nhận cả mã thủ tục không có trong danh mục"),
    "name-uppercase": Quirk("truc", "đổi họ tên thành chữ hoa không dấu"),
    "anonymous-session": Quirk("truc", "phiên làm việc để trống vẫn làm được việc"),
    "reads-everywhere": Quirk("truc", "cho cán bộ cơ quan khác xem hồ sơ"),
    "online-twice": Quirk("truc", "cổng gửi lại cùng hồ sơ thì xoá tiến độ, bắt đầu lại"),
    "payment-rounded": Quirk("truc", "làm tròn số tiền đã nộp đến nghìn đồng"),
    "actor-system": Quirk("truc", "ghi mọi việc là do “hethong” làm"),
    "seq-gap": Quirk("truc", "số thứ tự trong tin báo nhảy cách"),
    "lost-ack": Quirk("truc", "báo đã thẩm định xong nhưng không ghi"),
    # Dừa: CSV files in a folder.
    "agency-zeros-lost": Quirk("dua", "mã cơ quan mất các số 0 ở đầu mỗi phần"),
    "procedure-as-number": Quirk("dua", "mã thủ tục bị coi là số nên mất số 0 ở cuối"),
    "identity-zero-lost": Quirk("dua", "số định danh bị coi là số nên mất số 0 ở đầu"),
    "month-before-day": Quirk("dua", "ghi tháng trước ngày"),
    "question-marks": Quirk("dua", "chữ có dấu ngoài Windows-1252 thành dấu hỏi"),
    "batch-number-shared": Quirk("dua", "hai hồ sơ trong một tệp nhận cùng một số"),
    "lunch-counted": Quirk("dua", "tính cả giờ nghỉ trưa vào thời gian làm việc"),
    "pause-restarts": Quirk("dua", "bổ sung xong thì tính lại thời hạn từ đầu"),
    "handed-back-undecided": Quirk("dua", "cho trả kết quả khi chưa quyết định"),
    "clerk-decides": Quirk("dua", "không xét vai trò: cán bộ một cửa cũng quyết định được"),
    "payment-twice": Quirk("dua", "cùng một lệnh thanh toán gửi lại thì cộng hai lần"),
    "post-closes-at-once": Quirk("dua", "giao bưu điện xong là coi như đã trả"),
    "refused-but-done": Quirk("dua", "báo từ chối nhưng vẫn ghi thay đổi"),
    "news-silent": Quirk("dua", "không báo khi hồ sơ chuyển sang chờ bổ sung"),
    "cash-over": Quirk("dua", "thu tiền mặt quá số còn phải nộp"),
    "header-renamed": Quirk("dua", "tệp tin báo đổi tên cột TRANG_THAI thành TINH_TRANG"),
}


def of_product(product: str) -> list[str]:
    """Names of what can be planted in one product: in Bắc Giang's manner it came with all of them."""
    return [name for name, quirk in QUIRKS.items() if quirk.product == product]


def check(product: str, names: Iterable[str]) -> list[str]:
    """Names that are neither mismatches nor weaknesses of this product."""
    known = {*of_product(product), *weaknesses.of_product(product)}
    return [name for name in names if name not in known]
