"""Filing with a browser: a form filled in from the registers, kept as a draft, with files, handed in once."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.kit import Kit, Reply
from services.kit.languages import Text, english
from services.kit.mistakes import Mistakes
from services.kit.problems import Problem
from services.kit.reference import Agency, Form, Paper, Procedure
from services.kit.transaction import Transaction
from services.portal import attachments, electronic_forms, levels
from services.portal.attachments import Attached, Attachments, Upload
from services.portal.captcha import Captcha
from services.portal.catalogue import Catalogue, receives
from services.portal.companies import Companies, Company, Mandate
from services.portal.drafts import Draft, Drafts
from services.portal.electronic_forms import LETTER, MORE, Known
from services.portal.filing import Filed, Filing
from services.portal.look import Look
from services.portal.more_registers import known_more
from services.portal.sessions import Session, Sessions

DELIVERY_NAMES = {
    "counter": Text("Nhận tại quầy", "Collect at the counter"),
    "post": Text("Nhận qua bưu điện", "By post"),
    "online": Text("Nhận trực tuyến", "Online"),
}
_MOST_FIELDS = 60
_LAST_STEP = 3


class _Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known about one form while it is worked on."""

    session: Session
    procedure: Procedure
    form: Form
    draft: Draft
    company: Company | None
    mandate: str  #: "self", or how the applicant stands to the company
    files: list[Attached]
    mandates: list[Mandate]
    more: list[Known]  #: what further registers know

    @property
    def papers(self) -> list[Paper]:
        """Files to hand in."""
        return [*self.form.papers, *([LETTER] if self.mandate == "letter" else []), MORE]


class FilingPages:
    """The form of a procedure."""

    def __init__(
        self, kit: Kit, look: Look, sessions: Sessions, *, catalogue: Catalogue, filing: Filing,
        companies: Companies, drafts: Drafts, files: Attachments, captcha: Captcha,
    ) -> None:  # fmt: skip
        """Hand in through `filing`, as programs do."""
        self._kit, self._look, self._sessions = kit, look, sessions
        self._catalogue, self._filing, self._companies = catalogue, filing, companies
        self._drafts, self._files, self._captcha = drafts, files, captcha
        self._in_steps = kit.reference.province.era != "2018"  # three steps, as on the platforms of the 2026 era

    async def show(self, request: Request) -> Response:
        """Show the form: a new one, or the draft named in the address."""
        session = await self._sessions.need(request)
        procedure = self._procedure(request)
        needed = electronic_forms.form_of(self._kit.reference, procedure).assurance
        if session.assurance < needed:
            return await self._look.page(request, "assurance.html", procedure=procedure, needed=needed)
        number = request.query_params.get("draft", "")
        draft = await self._drafts.find(number, applicant=session.who.account, procedure=procedure.code)
        if draft.code:
            return RedirectResponse(f"/my/{draft.code}", 303)
        step = _step(request.query_params.get("step", "1" if self._in_steps else ""))
        return await self._show(request, await self._sheet(session, procedure, draft), errors=[], status=200, step=step)

    async def take(self, request: Request) -> Response:
        """Take the form: keep it, add or remove a file, or hand it in."""
        async with request.form(max_files=attachments.MOST_FILES + 2, max_fields=_MOST_FIELDS) as given:
            session = await self._sessions.need_form(request, _text(given, "csrf"))
            procedure = self._procedure(request)
            found = await self._drafts.find(
                _text(given, "draft"), applicant=session.who.account, procedure=procedure.code
            )
            if found.code:  # handed in before: the second click leads to the same dossier
                return RedirectResponse(f"/my/{found.code}", 303)
            draft = self._filled_in(found, procedure, given)
            mistakes = Mistakes()
            uploads = await self._uploads(given, mistakes)
            answered = _text(given, "captcha_seal"), _text(given, "captcha")
            step = _step(_text(given, "step"))
        if session.assurance < electronic_forms.form_of(self._kit.reference, procedure).assurance:
            raise Problem(
                403,
                "assurance-too-low",
                Text("Thủ tục này cần đăng nhập ở mức cao hơn.", "This procedure needs a stronger sign-in."),
            )
        act, _, what = _text(given, "act").partition(":")
        await self._keep(draft, uploads, mistakes, remove=what if act == "remove" else "")
        if act == "discard":
            async with self._kit.begin(draft.id) as tx:
                await self._drafts.throw_away(tx, draft)
            return RedirectResponse("/my", 303)
        sheet = await self._sheet(session, procedure, draft)
        if act == "submit":
            if not self._captcha.right(draft.id, *answered):
                mistakes.add(
                    "captcha",
                    Text("câu hỏi kiểm tra trả lời chưa đúng", "the control question is not answered rightly"),
                    Text("Trả lời bằng chữ số.", "Answer in figures."),
                )
            return await self._submit(request, sheet, mistakes)
        if mistakes.found:
            return await self._show(request, sheet, errors=mistakes.found, status=422, step=step)
        to = {"next": min(step + 1, _LAST_STEP), "back": max(step - 1, 1)}.get(act, step) if step else 0
        more = (f"&step={to}" if to else "") + ("&kept=1" if act == "save" else "")
        return RedirectResponse(f"/apply/{procedure.code}?draft={draft.id}{more}", 303)

    def _procedure(self, request: Request) -> Procedure:
        procedure = self._catalogue.find(request.path_params["procedure"])
        levels.require(procedure, levels.SUBMISSION, Text("nộp trực tuyến", "filing online"))
        return procedure

    def _filled_in(self, draft: Draft, procedure: Procedure, given: FormData) -> Draft:
        form = electronic_forms.form_of(self._kit.reference, procedure)
        texts = {name: value for name, value in given.items() if isinstance(value, str)}
        # A step of the form sends its own fields only; what it does not send stays as it was.
        known = {"agency": draft.agency, "company": draft.company, "delivery": draft.delivery, **draft.answers, **texts}
        return msgspec.structs.replace(
            draft,
            agency=known["agency"].strip(),
            company=known["company"].replace(" ", ""),
            delivery=known["delivery"].strip(),
            answers=electronic_forms.tidy(form, known),
        )

    async def _uploads(self, given: FormData, mistakes: Mistakes) -> list[Upload]:
        uploads = []
        for name, file in given.multi_items():
            if isinstance(file, UploadFile) and name.startswith("file."):
                upload = await self._files.look_at(name.removeprefix("file."), file, mistakes)
                uploads += [upload] if upload else []
        return uploads

    async def _keep(self, draft: Draft, uploads: list[Upload], mistakes: Mistakes, *, remove: str) -> None:
        async with self._kit.begin(draft.id) as tx:
            await self._drafts.save(tx, draft)
            await tx.execute("DELETE FROM attachment WHERE id = $1 AND owner = $2", remove, draft.id)
            have = await tx.value("SELECT count(*) FROM attachment WHERE owner = $1", draft.id)
            if have + len(uploads) > attachments.MOST_FILES:
                mistakes.add(
                    "file.more",
                    Text(f"{have + len(uploads)} tệp", f"{have + len(uploads)} files"),
                    Text(f"Nhiều nhất {attachments.MOST_FILES} tệp.", f"At most {attachments.MOST_FILES} files."),
                )
                return
            for upload in uploads:
                await self._files.add(tx, draft.id, upload)

    async def _sheet(self, session: Session, procedure: Procedure, draft: Draft) -> _Sheet:
        company, mandate = None, "self"
        if procedure.applicant == "company" or draft.company:
            company = await self._companies.look_up(draft.company, purpose="fill-in-form")
            mandate = await self._companies.standing(company, session.who.account) if company else "letter"
        return _Sheet(
            session=session,
            procedure=procedure,
            form=electronic_forms.form_of(self._kit.reference, procedure),
            draft=draft,
            company=company,
            mandate=mandate,
            files=await self._files.of(draft.id),
            more=await known_more(self._kit, procedure, session.who.account),
            mandates=await self._companies.of_agent(session.who.account) if procedure.applicant == "company" else [],
        )

    def _known(self, sheet: _Sheet) -> tuple[list[Known], list[Known]]:
        person = electronic_forms.known_person(self._kit.reference, sheet.session.who.account, sheet.session.person)
        person += sheet.more
        return person, electronic_forms.known_company(msgspec.structs.asdict(sheet.company) if sheet.company else None)

    async def _show(
        self, request: Request, sheet: _Sheet, *, errors: list[dict[str, str]], status: int, step: int = 0
    ) -> Response:
        agencies = [one for one in self._kit.reference.agencies.values() if receives(one, sheet.procedure)]
        person, company = self._known(sheet)
        wanted = request.query_params.get("agency", "")
        return await self._look.page(
            request,
            "apply.html",
            status,
            procedure=sheet.procedure,
            form=sheet.form,
            draft=sheet.draft,
            person=person,
            company=company,
            company_wrong=bool(sheet.draft.company) and sheet.company is None,
            papers=sheet.papers,
            mandate=sheet.mandate,
            mandates=sheet.mandates,
            files=sheet.files,
            agencies=sorted(agencies, key=lambda one: one.name),
            chosen=sheet.draft.agency
            or (wanted if wanted in {one.code for one in agencies} else "")
            or _nearest(agencies, str(sheet.session.person.get("commune") or "")),
            deliveries=_deliveries(sheet.procedure),
            step=step,
            captcha=self._captcha.ask(sheet.draft.id) if step in {0, _LAST_STEP} else None,
            errors=[{**error, "at": error["where"].removeprefix("$.")} for error in errors],
            kept=request.query_params.get("kept", "") == "1" and not errors,
            most_megabytes=attachments.MOST_BYTES >> 20,
            types=attachments.TYPE_NAMES,
        )

    async def _submit(self, request: Request, sheet: _Sheet, mistakes: Mistakes) -> Response:
        draft = sheet.draft
        await electronic_forms.check(self._kit, sheet.form, draft.answers, mistakes)
        handed_in = {file.paper for file in sheet.files}
        for paper in sheet.papers:
            if paper.required and paper.name not in handed_in:
                mistakes.add(
                    f"file.{paper.name}",
                    Text(f"thiếu “{paper.label}”", f"“{english(paper.said)}” is missing"),
                    Text("Chọn tệp đã quét hoặc chụp.", "Choose a scan or a photo."),
                )
        if sheet.procedure.applicant == "company" and not draft.company:
            mistakes.add(
                "company",
                Text("mã số thuế để trống", "the tax code is empty"),
                Text("Điền mã số thuế của doanh nghiệp.", "Fill in the company's tax code."),
            )
        person, company = self._known(sheet)
        filed = Filed(
            procedure=sheet.procedure.code,
            agency=draft.agency,
            form={
                **draft.answers,
                **{one.name: str(one.value) for one in (*person, *company)},
                "mandate": sheet.mandate,
                "files": [msgspec.to_builtins(file) for file in sheet.files],
            },
            delivery=draft.delivery,
            company=draft.company or None,
        )
        try:
            ready = await self._filing.prepare(request, filed)
        except Problem as problem:
            if problem.status != 422:  # noqa: PLR2004
                raise
            return await self._show(request, sheet, errors=[*mistakes.found, *problem.errors], status=422)
        if mistakes.found:
            return await self._show(request, sheet, errors=mistakes.found, status=422)

        async def become(asked: Request, body: Filed, tx: Transaction, _prepared: Any) -> Reply:
            answer = await self._filing.submit(asked, body, tx, ready)
            typed = sum(1 for value in draft.answers.values() if value)
            await self._drafts.become(tx, draft, answer.body["code"], saved=len(person) + len(company), typed=typed)
            return answer

        done = await self._kit.once(request, become, filed, key=f"draft:{draft.id}")
        return RedirectResponse(f"/my/{done.read()['code']}?new=1", 303)


def _deliveries(procedure: Procedure) -> dict[str, str]:
    allowed = ("counter", "post", "online") if procedure.level >= levels.PAYMENT else ("counter", "post")
    return {name: DELIVERY_NAMES[name] for name in allowed}


def _nearest(agencies: list[Agency], commune: str) -> str:
    """Agency of the applicant's own commune, or the only one there is."""
    if len(agencies) == 1:
        return agencies[0].code
    return next((one.code for one in agencies if one.unit and one.unit == commune), "")


def _step(text: str) -> int:
    """Step of the form, or 0 for all of it on one page."""
    return int(text) if text in {"1", "2", "3"} else 0


def _text(given: FormData, name: str) -> str:
    value = given.get(name, "")
    return value.strip() if isinstance(value, str) else ""
