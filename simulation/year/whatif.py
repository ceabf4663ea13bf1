"""What if: one trouble switched off (or on), as changes to the numbers that the year goes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text
from simulation.year.conduct import Conduct


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """A change, and the trouble of the brief that it takes away (or brings)."""

    title: Text
    trouble: str
    brings: bool = False  #: brings the trouble, or more of it
    change: Callable[[Conduct], Conduct]


def _sets(trouble: str, title: Text, *, brings: bool = False, **values: float) -> WhatIf:
    """What if these numbers were set so."""
    return WhatIf(title=title, trouble=trouble, brings=brings, change=lambda conduct: conduct.changed(**values))


def _come_themselves(conduct: Conduct) -> Conduct:
    # Whoever sent a deputy to the training never learned to sign; those who came sign as often as the others do now.
    now, sent = conduct["leader_signs_digitally_share"], conduct["deputy_at_training_share"]
    return conduct.changed(leader_signs_digitally_share=min(1.0, now / (1.0 - sent)), deputy_at_training_share=0.0)


WHAT_IFS: Final[Mapping[str, WhatIf]] = {
    "leaders-sign-digitally": _sets(
        "TRB-WETSIGN", Text("Mọi lãnh đạo ký số", "Every leader signs digitally"), leader_signs_digitally_share=1.0
    ),
    "leaders-sign-on-paper": _sets(
        "TRB-WETSIGN",
        Text("Mọi lãnh đạo ký tay", "Every leader signs on paper"),
        brings=True,
        leader_signs_digitally_share=0.0,
    ),
    "leaders-come-themselves": WhatIf(
        title=Text("Lãnh đạo tự đi tập huấn, không cử cấp phó", "Leaders come to the training themselves"),
        trouble="TRB-DELEGATE",
        change=_come_themselves,
    ),
    "somebody-always-stands-in": _sets(
        "TRB-DELEGATE",
        Text("Vắng thì luôn ủy quyền ký thay", "Whoever is away always has a stand-in"),
        stand_in_share=1.0,
    ),
    "nobody-stands-in": _sets(
        "TRB-DELEGATE",
        Text("Vắng thì không ai ký thay", "Nobody stands in for whoever is away"),
        brings=True,
        stand_in_share=0.0,
    ),
    "leaders-are-there": _sets(
        "TRB-DELEGATE",
        Text("Lãnh đạo không họp, không đi vắng", "Leaders are never away"),
        leader_days_away_share=0.0,
        meeting_share=0.0,
    ),
    "one-track": _sets(
        "TRB-TWO-TRACK",
        Text("Bỏ lưu giấy song song", "No paper kept beside the electronic original"),
        two_track_share=0.0,
    ),
    "leaders-are-trained": _sets(
        "TRB-WETSIGN",
        Text("Tập huấn ký số cho mọi lãnh đạo trong quý I", "All leaders are trained in signing by the end of March"),
        training_days=90.0,
    ),
    "signatures-in-format": _sets(
        "TRB-SIGNFORMAT",
        Text("Chữ ký số đúng định dạng", "Signatures follow the required format"),
        wrong_format_share=0.0,
    ),
    "vendors-match": _sets(
        "TRB-VENDOR-MISMATCH",
        Text("Một cửa điện tử của một hãng", "One-stop software of one vendor"),
        vendor_mismatch_share=0.0,
    ),
    "three-vendors": _sets(
        "TRB-VENDOR-MISMATCH",
        Text("Một cửa điện tử của ba hãng không khớp nhau", "One-stop software of three vendors that do not fit"),
        brings=True,
        vendor_mismatch_share=2.0 / 3.0,
    ),
    "catalogue-bound": _sets(
        "TRB-UNBOUND-CATALOGUE",
        Text("Cổng gắn với cơ sở dữ liệu quốc gia về TTHC", "Portal bound to the national procedures database"),
        unbound_share=0.0,
        results_published_share=1.0,
    ),
    "no-hollow-services": _sets(
        "TRB-HOLLOW-SERVICE",
        Text("Nộp qua mạng là xong, không phải đến nơi", "Filed online means no visit"),
        copies_visit_share=0.0,
        hollow_visit_share=0.0,
    ),
    "consultation-gate": _sets(
        "TRB-HOLLOW-SERVICE",
        Text("Chỉ đưa lên mạng dịch vụ người dân cần", "Only services that people want go online"),
        consulted=1.0,
    ),
    "citizens-go-online": _sets(
        "TRB-NO-ECITIZEN",
        Text("Người dân sẵn sàng, được hướng dẫn tại chỗ", "Citizens are ready and shown how"),
        citizens_ready_share=0.8,
        companies_ready_share=0.9,
        finds_out_share=0.3,
    ),
    "data-shared": _sets(
        "TRB-NO-SHARING",
        Text("Dữ liệu được chia sẻ, không nhập lại", "Data are shared and not typed again"),
        data_shared_share=0.8,
    ),
    "ministries-answer-in-time": _sets(
        "TRB-SLOW-MINISTRY",
        Text("Bộ, ngành trả lời trong hai ngày", "Ministries answer within two days"),
        ministry_days=2.0,
    ),
    "board-acted-upon": _sets(
        "TRB-NO-ENFORCEMENT",
        Text("Bảng chỉ số được theo dõi, đôn đốc mỗi quý", "The indicator board is acted upon every quarter"),
        board_acted_upon=1.0,
    ),
    "systems-hold": _sets("TRB-WEAK-INFRA", Text("Hệ thống không ngừng", "Systems never fail"), outages_a_year=0.0),
    "weak-infrastructure": _sets(
        "TRB-WEAK-INFRA",
        Text("Hạ tầng yếu: mỗi tuần ngừng sáu giờ", "Weak infrastructure: six hours down every week"),
        brings=True,
        outages_a_year=52.0,
        outage_hours=6.0,
    ),
}


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A trouble of the brief with its two sides; "" is the year as it is."""

    title: Text
    without: str
    with_it: str = ""


#: What a trouble costs is the year with it less the year without it.
TROUBLES: Final[Mapping[str, Trouble]] = {
    "TRB-WETSIGN": Trouble(
        title=Text("Lãnh đạo không ký số", "Leaders do not sign digitally"),
        without="leaders-sign-digitally",
    ),
    "TRB-DELEGATE": Trouble(
        title=Text("Cử cấp phó đi họp, đi tập huấn", "Leaders send deputies to training"),
        without="leaders-come-themselves",
    ),
    "TRB-SIGNFORMAT": Trouble(
        title=Text("Chữ ký số sai định dạng", "Signatures in a wrong format"),
        without="signatures-in-format",
    ),
    "TRB-TWO-TRACK": Trouble(
        title=Text("Giấy và điện tử song song", "Paper and electronic side by side"), without="one-track"
    ),
    "TRB-VENDOR-MISMATCH": Trouble(
        title=Text("Phần mềm của ba hãng không khớp", "Three vendors that do not fit"),
        with_it="three-vendors",
        without="vendors-match",
    ),
    "TRB-UNBOUND-CATALOGUE": Trouble(
        title=Text("Cổng không gắn với CSDL quốc gia về TTHC", "Portal not bound to the national catalogue"),
        without="catalogue-bound",
    ),
    "TRB-HOLLOW-SERVICE": Trouble(
        title=Text("Trực tuyến mà vẫn phải đến nơi", "Online services that still need a visit"),
        without="no-hollow-services",
    ),
    "TRB-NO-ECITIZEN": Trouble(
        title=Text("Người dân chưa sẵn sàng", "Citizens are not ready"), without="citizens-go-online"
    ),
    "TRB-NO-SHARING": Trouble(
        title=Text("Hệ thống không chia sẻ dữ liệu", "Systems do not share data"), without="data-shared"
    ),
    "TRB-SLOW-MINISTRY": Trouble(
        title=Text("Bộ, ngành trả lời chậm", "Ministries answer slowly"),
        without="ministries-answer-in-time",
    ),
    "TRB-NO-ENFORCEMENT": Trouble(
        title=Text("Không ai kiểm tra, đôn đốc", "Nobody checks, so nobody acts"),
        without="board-acted-upon",
    ),
    "TRB-WEAK-INFRA": Trouble(
        title=Text("Hạ tầng yếu", "Weak infrastructure"), with_it="weak-infrastructure", without="systems-hold"
    ),
}


def find(name: str) -> WhatIf:
    """Return a what-if by name. Raises BadInputError with the nearest name for an unknown one."""
    if name not in WHAT_IFS:
        found = Text(f"không có phương án “{name}”.", f"there is no what-if “{name}”.")
        raise BadInputError([Mistake(file="year", key="--against", found=found, way_out=did_you_mean(name, WHAT_IFS))])
    return WHAT_IFS[name]
