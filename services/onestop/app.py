"""The one-stop of the province's agencies (SYS-ONESTOP): desks, acts on dossiers, what other systems tell it."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.routing import Route

from services.kit.kit import Kit, WriteHandler
from services.kit.operations import Operation
from services.kit.serve import Parts
from services.onestop import apologising, archiving, inbound, queueing
from services.onestop.apologising import Apologising
from services.onestop.archiving import Archiving
from services.onestop.attached import Attached
from services.onestop.desk import Desk, guarded
from services.onestop.forms import Forms
from services.onestop.handling import Decision, Examination, HandedIn, Handling, Wanted
from services.onestop.linking import Linking, Opinion, Referral
from services.onestop.notes import Notes
from services.onestop.product import Product
from services.onestop.queueing import Next, Queueing
from services.onestop.reception import Handed, Reception
from services.onestop.results import Results
from services.onestop.returning import Return, Returning
from services.onestop.states import (
    ACCEPT,
    ASK_SUPPLEMENT,
    DECIDE,
    EXAMINE,
    GIVE_OPINION,
    HAND_BACK,
    RECEIVE,
    REFER,
    SUPPLEMENT,
    Act,
)

_EXPORTS = {
    "dossiers": "SELECT code, procedure, agency, channel, state, seq, moment(due_at) AS due_at, "
    "moment(received_at) AS received_at FROM dossier ORDER BY code",
    "events": "SELECT code, seq, event, state, actor, moment(at) AS at, request_key FROM event ORDER BY code, seq",
    "referrals": "SELECT code, step, agency, moment(asked_at) AS asked_at, moment(due_at) AS due_at, asked_by, "
    "moment(answered_at) AS answered_at, answered_by, opinion FROM referral ORDER BY code, step",
    "archive": "SELECT code, agency, moment(at) AS at, actor, records, digest, request_key FROM archived ORDER BY code",
    "apologies": "SELECT code, moment(at) AS at, actor, moment(due_at) AS due_at, moment(again_at) AS again_at, "
    "digest, request_key FROM apology ORDER BY code, at",
    "accesses": "SELECT code, account, what, allowed, moment(at) AS at FROM access ORDER BY id",
    "tickets": "SELECT agency, day::text AS day, number, moment(drawn_at) AS drawn_at, moment(called_at) AS called_at, "
    "called_by, moment(ended_at) AS ended_at, outcome, request_key FROM ticket ORDER BY agency, day, number",
    "payments": 'SELECT code, kind, amount, "order", request_key FROM payment ORDER BY id',
}


def build(kit: Kit) -> Parts:
    """Put the one-stop together."""
    wanted = kit.reference.onestop_product
    kit.product = product = Product(kit, wanted) if wanted else None
    desk, reception, linking, returning = Desk(kit), Reception(kit), Linking(kit), Returning(kit)
    handling = Handling(kit, linking)
    notes, results, attached = Notes(kit, desk), Results(kit, desk), Attached(kit, desk)
    archive, queue, apologies = Archiving(kit, results), Queueing(kit), Apologising(kit, desk)
    forms = Forms(
        kit,
        desk,
        reception=reception,
        handling=handling,
        linking=linking,
        returning=returning,
        queue=queue,
        apologies=apologies,
        archive=archive,
    )

    def act(path: str, of: Act, handler: WriteHandler, body: Any = None) -> Route:
        return Route(path, guarded(kit, kit.write(handler, body=body), *of.roles), methods=["POST"])

    hand_over = guarded(kit, kit.write(archive.hand_over, prepare=archive.ready), *archiving.ROLES)
    call_next = guarded(kit, kit.write(queue.call, body=Next), *queueing.ROLES)
    apologise = guarded(kit, kit.write(apologies.apologise, prepare=apologies.draw_up), *apologising.ROLES)
    receive = kit.write_together(reception.receive_together, body=Handed, prepare=reception.check)
    one = "/api/dossiers/{code}"
    parts = Parts(
        routes=[
            Route("/", desk.page(desk.door)),
            Route("/sign-in", desk.enter, methods=["POST"]),
            Route("/sign-out", desk.leave, methods=["POST"]),
            Route("/desk", desk.page(forms.show_desk)),
            Route("/desk/queue", desk.page(forms.call_next), methods=["POST"]),
            Route("/queue/{agency}", desk.page(forms.show_queue)),
            Route("/queue/{agency}", desk.page(forms.draw_number), methods=["POST"]),
            Route("/api/queues/{agency}", queue.told),
            Route("/api/queues/{agency}/tickets", kit.write(queue.draw), methods=["POST"]),
            Route("/api/queue/call", call_next, methods=["POST"]),
            Route("/reception", desk.page(forms.show_reception)),
            Route("/reception", desk.page(forms.receive), methods=["POST"]),
            Route("/dossiers/{code}", desk.page(forms.show_dossier)),
            Route("/dossiers/{code}", desk.page(forms.do), methods=["POST"]),
            Route("/dossiers/{code}/receipt", desk.page(notes.receipt)),
            Route("/dossiers/{code}/apology", desk.page(apologies.show)),
            Route("/dossiers/{code}/apology", desk.page(forms.apologise), methods=["POST"]),
            Route("/dossiers/{code}/archiving", desk.page(forms.hand_over), methods=["POST"]),
            Route("/dossiers/{code}/result", desk.page(results.show)),
            Route("/dossiers/{code}/files", desk.page(attached.show)),
            Route("/dossiers/{code}/files/{file}", desk.page(attached.open)),
            Route("/api/sign-in", kit.sign_in(kit.find_staff), methods=["POST"]),
            Route("/api/desk", desk.open_dossiers),
            Route("/api/dossiers/{code}", desk.one_dossier),
            Route("/api/dossiers", guarded(kit, receive, *RECEIVE.roles), methods=["POST"]),
            act(f"{one}/acceptance", ACCEPT, reception.accept),
            act(f"{one}/supplement-request", ASK_SUPPLEMENT, handling.ask_supplement, Wanted),
            act(f"{one}/supplement", SUPPLEMENT, handling.take_supplement, HandedIn),
            act(f"{one}/referral", REFER, linking.refer, Referral),
            act(f"{one}/opinion", GIVE_OPINION, linking.give_opinion, Opinion),
            act(f"{one}/examination", EXAMINE, handling.examine, Examination),
            act(f"{one}/decision", DECIDE, handling.decide, Decision),
            act(f"{one}/return", HAND_BACK, returning.hand_back, Return),
            Route("/api/dossiers/{code}/apology", apologise, methods=["POST"]),
            Route("/api/dossiers/{code}/archiving", hand_over, methods=["POST"]),
            Route("/api/dossiers/{code}/archive", desk.archive_of(archive.proof)),
        ],
        operations={
            **{name: Operation(apply=apply, body=body) for name, (apply, body) in inbound.operations(kit).items()},
            "results.paper": Operation(at_once=results.give),
            "apologies.paper": Operation(at_once=apologies.give),
        },
        exports=_EXPORTS,
    )
    if not product:
        return parts
    return msgspec.structs.replace(parts, start=product.start, stop=product.stop, files={"product": product.book})
