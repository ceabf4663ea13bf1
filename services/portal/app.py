"""The provincial public-service portal (SYS-PORTAL): catalogue, filing, payment and tracking under one address."""

from __future__ import annotations

import os

from starlette.routing import Route

from services.kit.kit import Kit
from services.kit.operations import Operation
from services.kit.serve import Parts
from services.portal import scanning
from services.portal.attachments import Attachments
from services.portal.captcha import from_environment
from services.portal.catalogue import Catalogue
from services.portal.citizens import Citizens, guarded
from services.portal.companies import Companies
from services.portal.company_pages import CompanyPages
from services.portal.consulting import Asked, Consulting, Publication
from services.portal.door import Door
from services.portal.drafts import Drafts
from services.portal.drift import CatalogueWatch
from services.portal.feedback import Answer, Feedback, Said
from services.portal.filing import Filed, Filing
from services.portal.filing_pages import FilingPages
from services.portal.following import Apology, Following, Progress, Rating, Supplement
from services.portal.for_officials import ForOfficials
from services.portal.from_the_nation import FromTheNation, Received
from services.portal.indicators import Indicators
from services.portal.keeper import kept
from services.portal.look import Look
from services.portal.my_pages import MyPages
from services.portal.national_sign_in import NationalSignIn
from services.portal.offering import Offering
from services.portal.open_data import OpenData
from services.portal.paying import Notice, Paying
from services.portal.public_pages import PublicPages
from services.portal.quality import QualityPages
from services.portal.reconciling import Reconciling
from services.portal.screens import Screens
from services.portal.sessions import Sessions

_EXPORTS = {
    "dossiers": "SELECT code, procedure, agency, channel, state, seq, fee, moment(submitted_at) AS submitted_at, "
    "request_key FROM dossier ORDER BY code",
    "events": "SELECT code, event, moment(at) AS at, request_key FROM event ORDER BY id",
    "payments": 'SELECT "order", code, amount, status, request_key FROM payment ORDER BY "order"',
    "ratings": "SELECT code, score, request_key FROM rating ORDER BY code",
    "refunds": 'SELECT "order", code, amount, reason FROM refund ORDER BY "order"',
    "saved_fields": "SELECT code, fields_saved, fields_typed FROM dossier WHERE fields_saved IS NOT NULL ORDER BY code",
    "feedback": "SELECT id, channel, agency, answer IS NOT NULL AS answered, moment(at) AS at FROM feedback "
    "ORDER BY id",
    "drift": "SELECT procedure, what, here, there FROM drift ORDER BY procedure, what",
}


def build(kit: Kit) -> Parts:
    """Put the portal together."""
    catalogue = Catalogue(kit.reference.procedures.values(), kit.reference.life_events.values())
    following, watch, citizens = Following(kit, catalogue), CatalogueWatch(kit, catalogue), Citizens(kit)
    companies, drafts, files = Companies(kit), Drafts(kit), Attachments(kit, scanning.from_environment(os.environ))
    filing, paying = Filing(kit, catalogue, companies), Paying(kit, catalogue)
    sessions = Sessions(kit)
    look, nation = Look(kit, sessions), NationalSignIn(kit, sessions, citizens)
    screens, door = Screens(kit, catalogue, following, watch, look), Door(kit, look, sessions, citizens)
    offering = Offering(kit)
    captcha = from_environment(os.environ, era=kit.reference.province.era, key=kit.settings.token_key)
    apply = FilingPages(
        kit,
        look,
        sessions,
        catalogue=catalogue,
        filing=filing,
        companies=companies,
        drafts=drafts,
        files=files,
        captcha=captcha,
    )
    company_pages = CompanyPages(kit, look, sessions, companies)
    consulting, feedback, quality = (
        Consulting(kit, look, sessions, catalogue), Feedback(kit, look), QualityPages(kit, look, catalogue)
    )  # fmt: skip
    public, indicators = PublicPages(kit, look, catalogue, watch), Indicators(kit, look, catalogue)
    officials = ForOfficials(kit)
    data, books = OpenData(kit, look, catalogue, indicators), Reconciling(kit)

    async def start() -> None:
        await consulting.start()
        await watch.start()
        await offering.start()

    async def stop() -> None:
        await consulting.stop()
        await watch.stop()
        await offering.stop()

    my = MyPages(
        kit, look, sessions, catalogue=catalogue, following=following, paying=paying, drafts=drafts, files=files
    )

    one = "/api/dossiers/{code}"
    return Parts(
        routes=[
            Route("/", look.shown(screens.home)),
            Route("/procedures/{procedure}", look.shown(screens.procedure)),
            Route("/tracking", look.shown(screens.tracking)),
            Route("/sign-in", look.shown(door.show), methods=["GET"]),
            Route("/sign-in", look.shown(door.enter), methods=["POST"]),
            Route("/sign-in/national", look.shown(nation.leave)),
            Route("/sign-in/return", look.shown(nation.come_back)),
            Route("/sign-out", look.shown(door.leave), methods=["POST"]),
            Route("/apply/{procedure}", look.shown(apply.show), methods=["GET"]),
            Route("/apply/{procedure}", look.shown(apply.take), methods=["POST"]),
            Route("/my", look.shown(my.list)),
            Route("/my/{code}", look.shown(my.show)),
            Route("/my/{code}/payment", look.shown(my.pay), methods=["POST"]),
            Route("/my/{code}/supplement", look.shown(my.supplement), methods=["POST"]),
            Route("/my/{code}/withdrawal", look.shown(my.withdraw), methods=["POST"]),
            Route("/my/{code}/rating", look.shown(my.rate), methods=["POST"]),
            Route("/my/{code}/result", look.shown(my.result)),
            Route("/my/{code}/apology", look.shown(my.apology)),
            Route("/companies", look.shown(company_pages.show), methods=["GET"]),
            Route("/companies", look.shown(company_pages.change), methods=["POST"]),
            Route("/results", look.shown(public.results)),
            Route("/catalogue/drift", look.shown(public.drift)),
            Route("/catalogue/quality", look.shown(quality.show)),
            Route("/api/services/quality", quality.told),
            Route("/board", look.shown(indicators.show)),
            Route("/api/indicators", indicators.told),
            Route("/consultations", look.shown(consulting.show), methods=["GET"]),
            Route("/consultations", look.shown(consulting.take), methods=["POST"]),
            Route("/api/consultations", consulting.outcomes, methods=["GET"]),
            Route("/api/consultations", kept(kit, kit.write(consulting.ask, body=Asked)), methods=["POST"]),
            Route(
                "/api/procedures/{procedure}/publication",
                kept(kit, kit.write(consulting.publish, body=Publication)),
                methods=["POST"],
            ),
            Route("/feedback", look.shown(feedback.show), methods=["GET"]),
            Route("/feedback", look.shown(feedback.take), methods=["POST"]),
            Route("/api/feedback", kept(kit, kit.write(feedback.add, body=Said)), methods=["POST"]),
            Route(
                "/api/feedback/{number:int}/answer",
                kept(kit, kit.write(feedback.answer, body=Answer)),
                methods=["POST"],
            ),
            Route("/open-data", look.shown(data.show)),
            Route("/open-data/catalogue.json", data.catalogue),
            Route("/open-data/{name}/schema.json", data.schema),
            Route("/open-data/{name}.{kind}", data.data),
            Route(
                "/api/payments/reconciliation", kept(kit, kit.write(books.note, prepare=books.ask)), methods=["POST"]
            ),
            Route("/files/{file}", look.shown(my.file)),
            Route("/payments/return", look.shown(my.payment_return)),
            Route("/api/procedures", screens.search),
            Route("/api/procedures/{procedure}/form", screens.form),
            Route("/api/sign-in", kit.sign_in(citizens.find), methods=["POST"]),
            Route(
                "/api/dossiers",
                guarded(kit, kit.write_together(filing.submit_together, body=Filed, prepare=filing.prepare)),
                methods=["POST"],
            ),
            Route(one, following.track),
            Route(f"{one}/payment", guarded(kit, kit.write(paying.start, prepare=paying.prepare)), methods=["POST"]),
            Route(
                f"{one}/supplements",
                guarded(kit, kit.write(following.supplement, body=Supplement)),
                methods=["POST"],
            ),
            Route(f"{one}/withdrawal", guarded(kit, kit.write(following.withdraw)), methods=["POST"]),
            Route(f"{one}/result", guarded(kit, following.result)),
            Route(f"{one}/rating", guarded(kit, kit.write(following.rate, body=Rating)), methods=["POST"]),
            Route("/api/catalogue/comparison", kept(kit, kit.write(watch.note, prepare=watch.ask)), methods=["POST"]),
        ],
        operations={
            "dossiers.progress": Operation(apply=following.learn, body=Progress),
            "dossiers.apology": Operation(apply=following.be_told_sorry, body=Apology),
            "dossiers.receive": Operation(apply=FromTheNation(kit.reference, catalogue, filing).receive, body=Received),
            "attachments.list": Operation(at_once=officials.list),
            "attachments.get": Operation(at_once=officials.get),
            "payments.notify": Operation(apply=paying.notify, body=Notice),
        },
        exports=_EXPORTS,
        start=start,
        stop=stop,
    )
