"""The population's English words as people here say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup, escape

WORDS: Final[Mapping[str, str]] = {
    "preschool": "trẻ nhỏ",
    "pupil": "học sinh",
    "student": "sinh viên",
    "farmer": "nông dân",
    "worker": "công nhân",
    "trader": "buôn bán",
    "service": "dịch vụ",
    "business_owner": "chủ doanh nghiệp",
    "accountant": "kế toán",
    "professional": "chuyên môn",
    "civil_servant": "công chức, viên chức",
    "homemaker": "nội trợ",
    "retired": "nghỉ hưu",
    "none": "không làm việc",
    "head": "chủ hộ",
    "spouse": "vợ, chồng",
    "child": "con",
    "parent": "cha, mẹ",
    "parent_in_law": "cha, mẹ vợ hoặc chồng",
    "child_in_law": "con dâu, con rể",
    "grandchild": "cháu",
    "sibling": "anh, chị, em",
    "other": "khác",
    "phone": "điện thoại",
    "smartphone": "điện thoại thông minh",
}


def in_svg(word: object) -> Markup:
    """Both languages inside a drawing, of which the page shows one; a name or number as it is."""
    text = str(word)
    if text not in WORDS:
        return escape(text)
    plain = text.replace("_", " ")
    return Markup('<tspan lang="vi">{}</tspan><tspan lang="en">{}</tspan>').format(WORDS[text], plain)
