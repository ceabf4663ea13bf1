"""Every law notices every way of breaking it that we could think of, and names the very subject."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import verification_world as world_of
from verification_world import (
    CENTRE,
    COMMUNE,
    COUNTER,
    DISTRICT,
    DOCUMENT,
    LETTER,
    ORDER,
    PAID,
    PARCEL,
    POSTED,
    SUPPLEMENTED,
    World,
)

from verification.laws import LawResult
from verification.verdict import judge


class Damage(NamedTuple):
    """One thing spoilt, and who must be named for it by which law."""

    name: str
    law: str
    subject: str
    spoil: Callable[[World], object]
    words: str = ""  #: what must be said of it, where several things might be


def _law(name: str, world: World, folder: Path) -> LawResult:
    (found,) = [law for law in judge(world.write(folder)).laws if law.id == name]
    return found


def _set(book: str, row: dict[str, object], **new: object) -> Callable[[World], object]:
    return lambda world: world.row(book, **row).update(new)


def _swap_statuses(world: World) -> None:
    one = world.row("dochub.statuses", document=DOCUMENT, agency=DISTRICT, status="03")
    two = world.row("dochub.statuses", document=DOCUMENT, agency=DISTRICT, status="04")
    one["seq"], two["seq"] = two["seq"], one["seq"]


def _resign(signer: Callable[[], world_of.Holder]) -> Callable[[World], object]:
    def spoil(world: World) -> None:
        xml = world_of.envelope_xml(DOCUMENT, CENTRE, (DISTRICT, COMMUNE), signer())
        world.row("dochub.envelopes", document=DOCUMENT).update(xml=xml, digest=world_of.digest_of(xml))

    return spoil


def _rewrite(change: Callable[[str], str], *, new_digest: bool) -> Callable[[World], object]:
    def spoil(world: World) -> None:
        row = world.row("dochub.envelopes", document=DOCUMENT)
        row["xml"] = change(row["xml"])
        if new_digest:
            row["digest"] = world_of.digest_of(row["xml"])

    return spoil


def _invented_dossier(world: World) -> None:
    for book in ("portal.dossiers", "onestop.dossiers", "national.dossiers"):
        row = dict(world.row(book, code=COUNTER))
        world.books[book].append({**row, "code": f"{CENTRE}-180822-0099"})
    for row in [row for row in world.books["onestop.events"] if row["code"] == COUNTER]:
        world.books["onestop.events"].append({**row, "code": f"{CENTRE}-180822-0099", "request_key": "nobody"})


def _pay_twice(world: World) -> None:
    for book in ("national.orders", "portal.payments", "onestop.payments"):
        world.books[book].append({**world.row(book, order=ORDER), "order": "H07-2"})


def _erase_payment(world: World) -> None:
    for book in ("national.orders", "portal.payments", "onestop.payments"):
        world.drop(book, order=ORDER)


def _overcharge(world: World) -> None:
    """All books agree, but not with what the payer was told."""
    for book in ("national.orders", "portal.payments", "onestop.payments"):
        world.row(book, order=ORDER)["amount"] += 1
    world.row("portal.dossiers", code=PAID)["fee"] += 1


def _quote_wrong(world: World) -> None:
    world.replace(world.seen("portal.pay"), amount=49_999)


def _mix_up(world: World) -> None:
    """A good envelope, but of another document."""
    xml = world_of.envelope_xml(f"{DOCUMENT}-9", CENTRE, (DISTRICT, COMMUNE))
    world.row("dochub.envelopes", document=DOCUMENT).update(xml=xml, digest=world_of.digest_of(xml))


def _undo_examination(world: World) -> None:
    for book in ("portal.dossiers", "onestop.dossiers", "national.dossiers"):
        world.row(book, code=COUNTER).update(state="received", seq=1)
    world.books["onestop.events"] = [
        row for row in world.books["onestop.events"] if row["code"] != COUNTER or row["seq"] == 1
    ]


def _move_back(world: World) -> None:
    """Every book agrees that the decision never led anywhere, though its event is there."""
    for book in ("portal.dossiers", "onestop.dossiers", "national.dossiers"):
        world.row(book, code=COUNTER).update(state="examined")


def _forge_call(world: World) -> None:
    world.books["lgsp.audit"].append({**world.books["lgsp.audit"][0], "call": "ghost"})


def _serve_unsent(world: World) -> None:
    row = next(row for row in world.books["national.calls"] if row["side"] == "served")
    world.books["national.calls"].append({**row, "call": "unsent"})


_KEY = "d3-1"  #: key of the counter dossier's reception
DAMAGES = (
    Damage("lost at the one-stop", "LAW-1", PAID, lambda w: w.drop("onestop.dossiers", code=PAID)),
    Damage("lost at the portal", "LAW-1", COUNTER, lambda w: w.drop("portal.dossiers", code=COUNTER)),
    Damage("unknown to the national portal", "LAW-1", POSTED, lambda w: w.drop("national.dossiers", code=POSTED)),
    Damage("doubled at the one-stop", "LAW-1", PAID, lambda w: w.double("onestop.dossiers", code=PAID)),
    Damage("doubled at the portal", "LAW-1", PAID, lambda w: w.double("portal.dossiers", code=PAID)),
    Damage("invented", "LAW-1", f"{CENTRE}-180822-0099", _invented_dossier),
    Damage("portal a step behind", "LAW-1", PAID, _set("portal.dossiers", {"code": PAID}, state="approved")),
    Damage("seq behind", "LAW-1", PAID, _set("national.dossiers", {"code": PAID}, seq=3)),
    Damage("another procedure", "LAW-1", PAID, _set("national.dossiers", {"code": PAID}, procedure="2.000986")),
    Damage("another agency", "LAW-1", PAID, _set("onestop.dossiers", {"code": PAID}, agency=DISTRICT)),
    Damage("illegal history", "LAW-1", COUNTER, lambda w: w.drop("onestop.events", code=COUNTER, state="examined")),
    Damage("last step gone", "LAW-1", COUNTER, lambda w: w.drop("onestop.events", code=COUNTER, state="returned")),
    Damage("one code for two", "LAW-1", PAID, lambda w: w.act("d9", "portal.submit", PAID)),
    Damage("order lost at the portal", "LAW-2", ORDER, lambda w: w.drop("portal.payments", order=ORDER)),
    Damage("order lost at the one-stop", "LAW-2", ORDER, lambda w: w.drop("onestop.payments", order=ORDER)),
    Damage("order lost at the platform", "LAW-2", ORDER, lambda w: w.drop("national.orders", order=ORDER)),
    Damage("order doubled at the one-stop", "LAW-2", ORDER, lambda w: w.double("onestop.payments", order=ORDER)),
    Damage("1 đồng more at the portal", "LAW-2", ORDER, _set("portal.payments", {"order": ORDER}, amount=50_001)),
    Damage("1 đồng less at the one-stop", "LAW-2", ORDER, _set("onestop.payments", {"order": ORDER}, amount=49_999)),
    Damage("1 đồng more at the platform", "LAW-2", ORDER, _set("national.orders", {"order": ORDER}, amount=50_001)),
    Damage("not the fee", "LAW-2", ORDER, _set("portal.dossiers", {"code": PAID}, fee=50_001)),
    Damage("pending though paid", "LAW-2", ORDER, _set("portal.payments", {"order": ORDER}, status="pending")),
    Damage("payment undone", "LAW-2", ORDER, _set("national.orders", {"order": ORDER}, status="pending")),
    Damage("another dossier's order", "LAW-2", ORDER, _set("onestop.payments", {"order": ORDER}, code=SUPPLEMENTED)),
    Damage("of nobody", "LAW-2", ORDER, _set("national.orders", {"order": ORDER}, request_key="nobody"), "no client"),
    Damage("paid twice", "LAW-2", PAID, _pay_twice),
    Damage("payment erased everywhere", "LAW-2", ORDER, _erase_payment, "has no such payment"),
    Damage("1 đồng more everywhere", "LAW-2", ORDER, _overcharge, "The payer was told 50,000"),
    Damage("another amount told at first", "LAW-2", ORDER, _quote_wrong, "The portal told the client 49,999"),
    Damage("cash gone", "LAW-2", COUNTER, lambda w: w.drop("onestop.payments", code=COUNTER)),
    Damage("cash 1 đồng off", "LAW-2", COUNTER, _set("onestop.payments", {"code": COUNTER}, amount=19_999)),
    Damage("cash doubled", "LAW-2", COUNTER, lambda w: w.double("onestop.payments", code=COUNTER)),
    Damage("cash of nobody", "LAW-2", COUNTER, _set("onestop.payments", {"code": COUNTER}, request_key="nobody")),
    Damage("lost at the hub", "LAW-3", DOCUMENT, lambda w: w.drop("dochub.envelopes", document=DOCUMENT)),
    Damage("accepted twice", "LAW-3", DOCUMENT, lambda w: w.double("dochub.envelopes", document=DOCUMENT)),
    Damage("issued by nobody", "LAW-3", DOCUMENT, lambda w: w.drop("office.documents", document=DOCUMENT)),
    Damage(
        "not delivered", "LAW-3", DOCUMENT,
        lambda w: w.drop("dochub.deliveries", document=DOCUMENT, addressee=DISTRICT),
        f"At {DISTRICT}: The hub says it arrived 0 times",
    ),
    Damage(
        "delivered twice", "LAW-3", DOCUMENT,
        lambda w: w.double("dochub.deliveries", document=DOCUMENT, addressee=DISTRICT),
        f"At {DISTRICT}: The hub says it arrived 2 times",
    ),
    Damage(
        "registered twice", "LAW-3", DOCUMENT,
        lambda w: w.double("office.incoming", document=DOCUMENT, agency=DISTRICT),
        f"At {DISTRICT}: The incoming register says it arrived 2 times",
    ),
    Damage(
        "never in the register", "LAW-3", LETTER,
        lambda w: w.drop("office.incoming", document=LETTER, agency=COMMUNE),
        f"At {COMMUNE}: The incoming register says it arrived 0 times",
    ),
    Damage(
        "delivered to a stranger", "LAW-3", DOCUMENT,
        lambda w: w.books["dochub.deliveries"].append({"document": DOCUMENT, "addressee": CENTRE}),
        f"At {CENTRE}: The hub says it reached somebody it was not addressed to",
    ),
    Damage("statuses swapped", "LAW-3", DOCUMENT, _swap_statuses, f"At {DISTRICT}: Out of order: status 04"),
    Damage(
        "never arrived", "LAW-3", LETTER,
        lambda w: w.drop("dochub.statuses", document=LETTER, agency=COMMUNE),
        f"At {COMMUNE}: The hub has no status",
    ),
    Damage(
        "register and hub differ", "LAW-3", LETTER,
        _set("office.incoming", {"document": LETTER, "agency": CENTRE}, status="01"),
        f"At {CENTRE}: The addressee's register says 01, the hub 03",
    ),
    Damage("text altered", "LAW-3", DOCUMENT, _rewrite(world_of.altered, new_digest=True)),
    Damage("signature altered", "LAW-3", DOCUMENT, _rewrite(world_of.flipped, new_digest=True)),
    Damage("another digest", "LAW-3", DOCUMENT, _set("dochub.envelopes", {"document": DOCUMENT}, digest="0" * 64)),
    Damage("another document's envelope", "LAW-3", DOCUMENT, _mix_up, "its header says DocumentId"),
    Damage("not XML", "LAW-3", DOCUMENT, _rewrite(lambda xml: xml[:-9], new_digest=True)),
    Damage("signed by another agency", "LAW-3", DOCUMENT, _resign(lambda: world_of.holder(COMMUNE))),
    Damage(
        "certified by a stranger", "LAW-3", DOCUMENT,
        _resign(lambda: world_of.Holder(CENTRE, world_of.stranger())),
    ),
    Damage("audit row gone", "LAW-4", "call-001", lambda w: w.drop("lgsp.audit", call="call-001")),
    Damage("audit row doubled", "LAW-4", "call-001", lambda w: w.double("lgsp.audit", call="call-001")),
    Damage("audited by nobody's leave", "LAW-4", "ghost", _forge_call),
    Damage("other consumer", "LAW-4", "call-001", _set("lgsp.audit", {"call": "call-001"}, consumer="office")),
    Damage("other provider", "LAW-4", "call-001", _set("lgsp.audit", {"call": "call-001"}, provider="dochub")),
    Damage("other operation", "LAW-4", "call-001", _set("lgsp.audit", {"call": "call-001"}, operation="a.b")),
    Damage("other status", "LAW-4", "call-001", _set("lgsp.audit", {"call": "call-001"}, status=500)),
    Damage("refused yet served", "LAW-4", "call-001", _set("lgsp.audit", {"call": "call-001"}, outcome="refused")),
    Damage(
        "interrupted yet answered", "LAW-4", "call-001",
        _set("lgsp.audit", {"call": "call-001"}, outcome="interrupted", status=0),
    ),
    Damage("answered but not served", "LAW-4", "call-001", lambda w: w.drop("national.calls", call="call-001")),
    Damage("served but not sent", "LAW-4", "unsent", _serve_unsent),
    Damage("rating gone", "LAW-5", PAID, lambda w: w.drop("portal.ratings", code=PAID)),
    Damage("rating doubled", "LAW-5", PAID, lambda w: w.double("portal.ratings", code=PAID)),
    Damage("rating of another dossier", "LAW-5", PAID, _set("portal.ratings", {"code": PAID}, code=SUPPLEMENTED)),
    Damage("supplement gone", "LAW-5", SUPPLEMENTED, lambda w: w.drop("portal.events", event="supplemented")),
    Damage("reception gone", "LAW-5", COUNTER, lambda w: w.drop("onestop.events", request_key=_KEY)),
    Damage("examination undone everywhere", "LAW-5", COUNTER, _undo_examination),
    Damage("moved back everywhere", "LAW-5", COUNTER, _move_back),
    Damage("payment taken back", "LAW-5", ORDER, _set("national.orders", {"order": ORDER}, status="pending")),
    Damage("delivery taken back", "LAW-5", PARCEL, _set("national.parcels", {"parcel": PARCEL}, status="accepted")),
    Damage("signature of a leader gone", "LAW-5", "1", lambda w: w.drop("office.events", agency=CENTRE, event="sign")),
    Damage("issue gone", "LAW-5", DOCUMENT, lambda w: w.drop("office.events", document=DOCUMENT, event="issue")),
    Damage(
        "registration undone", "LAW-5", LETTER,
        _set("office.incoming", {"document": LETTER, "agency": CENTRE}, status="01"),
    ),
    Damage("poll gone", "LAW-5", "vnpt-1", lambda w: w.drop("office.polls", installation="vnpt-1")),
    Damage("enrolment gone", "LAW-5", "1", lambda w: w.drop("sector.enrolments", id=1)),
    Damage("visit gone", "LAW-5", "1", lambda w: w.drop("sector.visits", id=1)),
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=[f"{damage.law}: {damage.name}" for damage in DAMAGES])
def test_one_damage_breaks_its_law_and_the_subject_is_named(damage: Damage, tmp_path: Path) -> None:
    """One damaged thing turns its law BROKEN, and a violation carries exactly the damaged subject."""
    world = World()
    damage.spoil(world)

    law = _law(damage.law, world, tmp_path)

    assert law.answer == "BROKEN"
    said = [violation.what.en for violation in law.violations if violation.subject == damage.subject]
    assert any(damage.words in sentence for sentence in said)
    assert all(violation.what.vi and violation.what.en for violation in law.violations)


def test_a_consistent_world_keeps_every_law(tmp_path: Path) -> None:
    """Where all books agree, no law finds anything, and every subject has been looked at."""
    laws = judge(World().write(tmp_path)).laws

    assert [law.answer for law in laws] == ["KEPT"] * 5
    assert {law.id: law.checked for law in laws} == {"LAW-1": 4, "LAW-2": 2, "LAW-3": 2, "LAW-4": 25, "LAW-5": 35}
    assert not any(law.violations for law in laws)


def test_sums_of_money_are_shown_from_every_side(tmp_path: Path) -> None:
    """The report can show what payers, platform, portal and one-stop each add up to."""
    law = _law("LAW-2", World(), tmp_path)

    assert [[value for _, value in one.values] for one in law.comparisons] == [[50_000] * 4, [20_000] * 2]


def _lose_answer(world: World, operation: str, subject: str) -> None:
    world.replace(world.seen(operation, subject), outcome="lost", status=0, subject="", amount=0)


@pytest.mark.parametrize(
    ("operation", "subject"), [("portal.submit", SUPPLEMENTED), ("onestop.receive", POSTED)], ids=["online", "counter"]
)
def test_a_dossier_whose_answer_was_lost_is_not_invented(operation: str, subject: str, tmp_path: Path) -> None:
    """A dossier that no client was told of is explained by a request with its key whose answer was lost."""
    world = World()
    _lose_answer(world, operation, subject)

    assert _law("LAW-1", world, tmp_path).answer == "KEPT"


def test_money_whose_answer_was_lost_is_not_invented(tmp_path: Path) -> None:
    """A payment that no payer was told of is explained by a request with its key whose answer was lost."""
    world = World()
    _lose_answer(world, "national.pay", ORDER)
    _lose_answer(world, "onestop.receive", COUNTER)

    assert _law("LAW-2", world, tmp_path).answer == "KEPT"


def test_a_torn_journal_leaves_open_who_asked_for_a_dossier(tmp_path: Path) -> None:
    """A dossier without an observation is no violation when the journal is torn: its line may be gone."""
    world = World()
    world.journal.remove(world.seen("onestop.receive", POSTED))
    world.torn = b'{"journey":"d4","st'

    law = _law("LAW-1", world, tmp_path)

    assert (law.answer, law.violations) == ("UNKNOWN", ())
    assert law.reason is not None
    assert "torn" in law.reason.en


def test_a_refusal_that_the_plan_expected_is_no_dossier(tmp_path: Path) -> None:
    """Submitting under a level-2 procedure is refused as planned (`ok`, not a write) and leaves no dossier behind."""
    world = World()
    world.act("d8", "portal.submit", write=False)

    assert _law("LAW-1", world, tmp_path).answer == "KEPT"


def test_a_dossier_that_nobody_has_touched_may_differ_in_seq(tmp_path: Path) -> None:
    """While a dossier is only submitted nobody has been told of any change, so `seq` has no meaning yet."""
    world = World()
    for place, book in enumerate(("portal.dossiers", "onestop.dossiers", "national.dossiers")):
        world.row(book, code=SUPPLEMENTED).update(state="submitted", seq=place)
    world.books["onestop.events"] = [row for row in world.books["onestop.events"] if row["code"] != SUPPLEMENTED]

    assert _law("LAW-1", world, tmp_path).answer == "KEPT"


@pytest.mark.parametrize("audited", [True, False], ids=["with a row", "without a row"])
@pytest.mark.parametrize("outcome", ["lost", "unreachable"])
def test_a_call_without_an_answer_may_or_may_not_be_audited(outcome: str, audited: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Where the caller got no answer, none or one audit row may stand, even one that the LGSP was killed over."""
    world = World()
    world.row("portal.calls", call="call-001", side="done").update(status=0, outcome=outcome)
    world.drop("national.calls", call="call-001")
    if audited:
        world.row("lgsp.audit", call="call-001").update(outcome="interrupted", status=0)
    else:
        world.drop("lgsp.audit", call="call-001")

    assert _law("LAW-4", world, tmp_path).answer == "KEPT"


def test_a_caller_that_died_in_mid_call_counts_as_lost(tmp_path: Path) -> None:
    """`sent` without `done` is a caller that was killed: the audit row may stand, and what was served too."""
    world = World()
    world.drop("portal.calls", call="call-001", side="done")

    assert _law("LAW-4", world, tmp_path).answer == "KEPT"


_GUEST = "dien-tap"


def _with_a_guest(*, linked: bool = True) -> tuple[World, str]:
    """A world in which a system from outside has called once; returns the call's id, too."""
    world = World()
    world.books[f"{_GUEST}.calls"] = []
    call = world.call(_GUEST, "national", "ndxp.request")
    del world.books[f"{_GUEST}.calls"]
    detail = {"systems": [_GUEST], "added": [f"{_GUEST} -> national.ndxp.request"], "changed": [], "ended": []}
    change = {"number": 1, "at": "2018-08-22T09:00:00+07:00", "who": "lgsp.admin", "what": "onboarding"}
    world.books["lgsp.registry_changes"] = [{**change, "detail": detail}] if linked else []
    return world, call


def test_a_system_linked_at_run_time_is_not_accused_for_keeping_no_book(tmp_path: Path) -> None:
    """It is not of the stack; LGSP and callee agree on its call."""
    world, _ = _with_a_guest()

    assert _law("LAW-4", world, tmp_path).answer == "KEPT"


@pytest.mark.parametrize("damage", ["unserved", "other status", "not linked", "row gone", "row doubled"])
def test_what_a_linked_system_called_is_still_held_against_the_callee(damage: str, tmp_path: Path) -> None:
    """And a caller that nobody has linked is one that nobody knows."""
    world, call = _with_a_guest(linked=damage != "not linked")
    if damage == "unserved":
        world.drop("national.calls", call=call)
    elif damage == "other status":
        world.row("national.calls", call=call).update(status=500)
    elif damage == "row gone":
        world.drop("lgsp.audit", call=call)
    elif damage == "row doubled":
        world.double("lgsp.audit", call=call)

    law = _law("LAW-4", world, tmp_path)

    assert (law.answer, {one.subject for one in law.violations}) == ("BROKEN", {call})


def test_a_served_call_must_be_audited_even_if_its_caller_was_lost(tmp_path: Path) -> None:
    """What a callee served passed the LGSP, so its audit row must be there whatever the caller knows."""
    world = World()
    world.row("portal.calls", call="call-001", side="done").update(status=0, outcome="lost")
    world.drop("lgsp.audit", call="call-001")

    law = _law("LAW-4", world, tmp_path)

    assert [violation.subject for violation in law.violations] == ["call-001"]


def test_books_taken_in_mid_conversation_accuse_nobody(tmp_path: Path) -> None:
    """While messages are under way, a call that only some books have cannot be told; a contradiction still can."""
    world = World()
    world.backlog["onestop"] = 7
    world.drop("lgsp.audit", call="call-001")

    law = _law("LAW-4", world, tmp_path / "open")
    assert (law.answer, law.violations) == ("UNKNOWN", ())

    world.row("lgsp.audit", call="call-002")["status"] = 500
    law = _law("LAW-4", world, tmp_path / "contradicted")
    assert [violation.subject for violation in law.violations] == ["call-002", "call-002"]


@pytest.mark.parametrize(
    ("at", "subjects"),
    [
        ("2026-11-22T01:01:00+00:00", []),
        ("2026-11-22T01:00:59+00:00", ["unsent", "unsent"]),
        ("later", ["unsent", "unsent"]),
        ("2026-11-22T08:30:00", ["unsent", "unsent"]),
    ],
    ids=["while books were taken", "before", "no moment", "no time zone"],
)
def test_a_systems_own_schedule_after_the_end_accuses_nobody(at: str, subjects: list[str], tmp_path: Path) -> None:
    """Books are taken one after another; a call made meanwhile stands in some of them only. An older one is missed."""
    world = World()
    row = next(row for row in world.books["national.calls"] if row["side"] == "served")
    world.books["national.calls"].append({**row, "call": "unsent", "at": at})

    law = _law("LAW-4", world, tmp_path)

    assert [violation.subject for violation in law.violations] == subjects
    assert law.answer == ("BROKEN" if subjects else "KEPT")


@pytest.mark.parametrize(
    ("book", "laws"),
    [
        ("onestop.dossiers", {"LAW-1", "LAW-2", "LAW-5"}),
        ("national.orders", {"LAW-2", "LAW-5"}),
        ("dochub.statuses", {"LAW-3"}),
        ("lgsp.audit", {"LAW-4"}),
        ("sector.calls", {"LAW-4"}),
        ("portal.ratings", {"LAW-5"}),
    ],
)
def test_a_missing_book_leaves_exactly_its_laws_open(book: str, laws: set[str], tmp_path: Path) -> None:
    """A book that was not collected makes the laws that need it UNKNOWN, with its name, and no other."""
    world = World()
    del world.books[book]
    world.missing = [{"export": book, "why": "connection refused"}]

    results = judge(world.write(tmp_path)).laws

    assert {law.id for law in results if law.answer == "UNKNOWN"} == laws
    assert all(law.reason and book in law.reason.vi for law in results if law.id in laws)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda raw: raw[: len(raw) // 2], "damaged at line"),
        (lambda raw: raw.replace(b'"call-001"', b"7"), "damaged at line 1"),
        (lambda raw: raw[raw.index(b"\n") + 1 :], "records"),
    ],
    ids=["cut off", "wrong type", "shorter than collected"],
)
def test_a_damaged_book_is_not_read_around(spoil: Callable[[bytes], bytes], words: str, tmp_path: Path) -> None:
    """A book that is cut off, malformed or shorter than it was when collected is not used at all."""
    run = World().write(tmp_path)
    book = run / "ledger" / "lgsp.audit.ndjson"
    book.write_bytes(spoil(book.read_bytes()))

    (law,) = [law for law in judge(run).laws if law.id == "LAW-4"]

    assert law.answer == "UNKNOWN"
    assert law.reason is not None
    assert words in law.reason.en


def test_without_the_authority_signatures_cannot_be_told(tmp_path: Path) -> None:
    """No CA certificate in the run folder: the law on documents is UNKNOWN, not kept."""
    world = World()
    world.certificate_authority = None

    assert _law("LAW-3", world, tmp_path).answer == "UNKNOWN"


def test_a_law_over_nothing_is_not_kept(tmp_path: Path) -> None:
    """Empty books prove nothing: every law is UNKNOWN rather than vacuously kept."""
    world = World()
    world.books = {name: [] for name in world.books}
    world.journal = [seen for seen in world.journal if not seen.write]

    assert {law.answer for law in judge(world.write(tmp_path)).laws} == {"UNKNOWN"}


def test_what_came_by_post_is_numbered_as_what_came_online(tmp_path: Path) -> None:
    """SYS-POST: the portal numbers it; a number of the one-stop's own range is told."""
    world = World()
    for book in ("portal.dossiers", "onestop.dossiers"):
        world.row(book, code=PAID).update(channel="post")
    assert _law("LAW-1", world, tmp_path / "right").answer == "KEPT"

    for book in ("portal.dossiers", "onestop.dossiers"):
        world.row(book, code=COUNTER).update(channel="post")
    law = _law("LAW-1", world, tmp_path / "wrong")
    assert (law.answer, {one.subject for one in law.violations}) == ("BROKEN", {COUNTER})
