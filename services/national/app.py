"""National counterparts in one process, each with its own prefix of operations."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit import proof
from services.kit.kit import Kit, json
from services.kit.operations import Operation
from services.kit.pages import Pages
from services.kit.problems import decode
from services.kit.serve import Parts
from services.national import portal, post, registers
from services.national.business_register import BusinessRegister
from services.national.civil_status import CivilStatus
from services.national.confirmation import Confirmation
from services.national.criminal_records import CriminalRecords
from services.national.declarations import Declaration, declare
from services.national.door import NationalDoor
from services.national.faults import Fault, Faults
from services.national.filing import ROLE, Filed, NationalFiling, Numbered
from services.national.identity import Identity
from services.national.ndxp import Ndxp
from services.national.payments import Payments, Refund
from services.national.shared_lists import SharedLists
from services.national.signing import Authority
from services.national.single_sign_on import SingleSignOn
from services.national.social_insurance import SocialInsurance


def build(kit: Kit) -> Parts:
    """Put the counterparts together."""
    pages = Pages("national")
    lookups = registers.Registers(kit)
    payments = Payments(kit, pages)
    signed_on, filing = SingleSignOn(kit), NationalFiling(kit)

    async def file(request: Request) -> Response:
        request.state.who = kit.who(request, ROLE)
        return await kit.write(filing.file, body=Filed)(request)

    identity, door = Identity(kit, pages, signed_on), NationalDoor(kit, pages, lookups, signed_on)
    lists = SharedLists(kit)
    faults = Faults(kit.clock)
    ndxp, counters = Ndxp(kit), post.Post(kit)
    authority = Authority(kit)

    async def set_faults(request: Request) -> Response:
        proof.check_auditor(request, kit.settings.audit_token)
        if request.method == "PUT":
            faults.set(decode(await request.body(), dict[str, Fault | list[Fault]]))
        return json(faults.settings)

    async def set_catalogue(request: Request) -> Response:
        proof.check_auditor(request, kit.settings.audit_token)
        changes = decode(await request.body(), dict[str, dict[str, Any] | None])
        await lookups.change_catalogue(changes)
        return json({"changed": sorted(changes)})

    async def start() -> None:
        await registers.load(kit.pool, kit.settings.reference_data)

    async def home(request: Request) -> Response:
        people = await kit.pool.fetchval("SELECT reltuples::bigint FROM pg_class WHERE relname = 'person'")
        dossiers = await kit.pool.fetchval("SELECT count(*) FROM dossier")
        return pages.page("home.html", request=request, people=people, dossiers=dossiers)

    return Parts(
        routes=[
            Route("/", home),
            Route("/pay/{order}", payments.show, methods=["GET"]),
            Route("/pay/{order}", kit.write(payments.pay), methods=["POST"]),
            Route("/pay/{order}/form", payments.pay_by_form, methods=["POST"]),
            Route("/post/intake", kit.write(counters.take_in, body=post.Intake), methods=["POST"]),
            Route("/post/parcels/{parcel}", counters.follow),
            Route("/post/parcels/{parcel}/delivery", kit.write(post.deliver), methods=["POST"]),
            Route("/.well-known/openid-configuration", identity.discovery),
            Route("/api/sign-in", kit.sign_in(filing.find), methods=["POST"]),
            Route("/api/dossiers", file, methods=["POST"]),
            Route("/dvc", door.page(door.search)),
            Route("/dvc/tracking", door.page(door.track)),
            Route("/dvc/thu-tuc/{procedure}", door.page(door.procedure)),
            Route("/dvc/nop/{procedure}", door.page(door.file)),
            Route("/oidc/sign-on", identity.show_sign_on, methods=["GET"]),
            Route("/oidc/sign-on", identity.sign_on, methods=["POST"]),
            Route("/oidc/authorize", identity.show, methods=["GET"]),
            Route("/oidc/authorize", identity.enter, methods=["POST"]),
            Route("/control/catalogue", set_catalogue, methods=["PUT"]),
            Route("/control/faults", set_faults, methods=["GET", "PUT"]),
            Route("/control/ndxp", ndxp.control, methods=["GET", "PUT"]),
            *authority.routes(),
        ],
        operations={
            "population.verify": Operation(at_once=lookups.verify_person),
            "business.lookup": Operation(at_once=lookups.look_up_company),
            "insurance.check": Operation(at_once=lookups.check_insurance),
            "procedures.list": Operation(at_once=lookups.list_procedures),
            "land.lookup": Operation(at_once=lookups.look_up_land),
            "procedures.get": Operation(at_once=lookups.look_up_procedure),
            "insurance.declare": Operation(apply=declare, body=Declaration),
            "payment.list": Operation(at_once=payments.list),
            "payment.refund": Operation(apply=payments.refund, body=Refund),
            "payment.create": Operation(at_once=payments.create),
            "dvcqg.numbered": Operation(apply=filing.numbered, body=Numbered),
            "dvcqg.offer": Operation(at_once=door.offer),
            "dvcqg.lookup": Operation(at_once=door.look_up_dossier),
            "dvcqg.questions": Operation(apply=portal.learn_answer, body=portal.Question),
            "dvcqg.agencies": Operation(at_once=lookups.list_agencies),
            "dvcqg.fields": Operation(at_once=lookups.list_fields),
            "identity.register": Operation(at_once=identity.register),
            "identity.token": Operation(at_once=identity.exchange),
            "identity.keys": Operation(at_once=identity.keys),
            "population.confirm": Operation(at_once=Confirmation(kit).confirm),
            **lists.operations(),
            **CivilStatus(kit, lists).operations(),
            **CriminalRecords(kit, lists).operations(),
            **SocialInsurance(kit).operations(),
            **BusinessRegister(kit).operations(),
            "ndxp.bodies": Operation(at_once=ndxp.bodies),
            "ndxp.request": Operation(at_once=ndxp.request),
            "dvcqg.dossiers": Operation(apply=portal.synchronise, body=portal.Known),
            "dvcqg.progress": Operation(apply=portal.progress, body=portal.Progress),
            **authority.operations(),
            "post.parcels": Operation(apply=post.accept, body=post.Parcel),
        },
        exports={
            "dossiers": "SELECT code, procedure, state, seq FROM dossier ORDER BY code",
            "orders": 'SELECT "order", code, amount, status, request_key FROM payment_order ORDER BY "order"',
            "submissions": "SELECT code, procedure, agency, province_code, request_key FROM submission ORDER BY code",
            "questions": "SELECT system, question, channel, agency, said, answer FROM question "
            "ORDER BY system, question",
            "refunds": 'SELECT "order", amount, reason FROM payment_refund ORDER BY "order"',
            "parcels": "SELECT parcel, code, status, request_key FROM parcel ORDER BY parcel",
        },
        before=faults.suffer,
        start=start,
    )
