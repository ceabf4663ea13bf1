"""Pages of every service in English: every word of a template has its English beside it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

import services
from services.kit.languages import Text, say
from services.kit.pages import Pages
from services.kit.problems import Problem, not_found, wrong_state

_SERVICES = Path(services.__file__).parent
_ALL = ("portal", "onestop", "office", "national", "lgsp", "dochub", "sector", "kit")
#: A form to print, fill in and hand in is an official paper: Vietnamese, and the link to it says so.
#: And the link to the other language says so in that language.
_VIETNAMESE_ONLY = {"portal/form.html", "kit/language.html"}
_TEMPLATES = sorted(
    str(file.relative_to(_SERVICES)).replace("/templates/", "/")
    for name in _ALL
    for file in (_SERVICES / name / "templates").glob("*.html")
)
#: Names and abbreviations that are the same in both languages, and units.
_SAME = {"PDF", "JSON", "CSV", "DCAT", "LGSP", "SHA", "KB", "byte", "ms"}
_MARKED = re.compile("[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")


def _source(template: str) -> str:
    service, _, name = template.partition("/")
    return (_SERVICES / service / "templates" / name).read_text("utf-8")


def _bare_words(source: str) -> list[str]:
    """Words that stand outside tags and expressions, or in attributes that people read, without a choice."""
    text = re.sub(r"<style>.*?</style>", "", source, flags=re.DOTALL)
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "\x00", text, flags=re.DOTALL)
    read = re.findall(r'(?:aria-label|data-label|title|alt)="([^"]*)"', text)
    read += [words for words in re.findall(r'placeholder="([^"]*)"', text) if _MARKED.search(words)]  # else: an example
    outside = re.sub(
        r"""<[^>]*>|\s[\w-]+="[^"]*"|/[\w/.-]+""", " ", text
    )  # tags, attributes that a macro makes, addresses
    words = re.findall(r"[^\W\d_]{2,}", re.sub(r"&\w+;", " ", " ".join([outside, *read])))
    return [word for word in words if word not in _SAME]


def _unpaired(source: str) -> list[str]:
    """Vietnamese constants of expressions that are not the first of `t(vi, en)`, and pairs without an English half."""
    tree = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=True).parse(source)
    paired: set[int] = set()
    wrong: list[str] = []
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            vi, en = call.args
            paired.add(id(vi))
            if isinstance(en, nodes.Const) and (not en.value.strip() or _MARKED.search(en.value)):
                wrong.append(f"{vi}: “{en.value}” is no English")
    constants = (one for one in tree.find_all(nodes.Const) if isinstance(one.value, str) and id(one) not in paired)
    return wrong + [one.value for one in constants if _MARKED.search(one.value) and one.value != "Tiếng Việt"]


#: What makes papers, documents and messages for other systems, or speaks to programs only: Vietnamese.
_NO_PAGES = {
    "portal/captcha.py", "portal/more_registers.py", "portal/yardstick_766.py", "onestop/apologising.py",
    "onestop/inbound.py", "onestop/national_fields.py", "onestop/notes.py", "onestop/sealing.py", "onestop/wording.py",
    "office/notation.py", "office/paper.py", "office/printing.py", "office/pushed.py", "office/sealing.py",
    "office/taking_over.py", "kit/languages.py", "kit/words.py", "kit/gate.py", "kit/operations.py", "kit/proof.py",
    "kit/serve.py",
}  # fmt: skip
#: Of services that speak to programs in the main: the modules whose sentences their pages show.
_FEW_PAGES = (
    "national/door.py", "national/identity.py", "national/payments.py", "lgsp/administration.py", "lgsp/declaring.py",
    "lgsp/onboarding.py", "lgsp/proving.py", "lgsp/searching.py", "dochub/trail.py", "dochub/undelivered.py",
)  # fmt: skip
#: The same, single texts: names as registers give them, words of a document, notes of history, answers to programs.
_NO_LABELS = {
    "Ủy ban nhân dân ", "Dữ liệu mở ", "chấp thuận", "không chấp thuận", "đồng ý", "không đồng ý", "bổ sung trực tuyến",
    "Lãnh đạo cơ quan", "Lãnh đạo", "Văn thư", "TUQ. LÃNH ĐẠO", "Văn bản điện tử mới", "Sửa theo docs/wire.md.",
    "Giấy ủy quyền của doanh nghiệp", "Giấy tờ khác (nếu có)", "Nội dung đề nghị",
}  # fmt: skip
_PROGRAMS = (
    " đồng, not ",
    "Nội dung ", "Cần tiêu đề ", " ký tự.", " ngày", " giờ", ", ngày ", " hồ sơ ", " của ", ", thủ tục ", " đồng ",
    "”. Người ký: ", "Có phải “",
)  # fmt: skip


def _bare_sentences(source: str) -> list[str]:
    """Vietnamese of a module that is neither in a Text nor a docstring."""
    tree = ast.parse(source)
    fine: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
            fine |= {id(part) for argument in node.args for part in ast.walk(argument)}
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            fine |= {id(first.value)} if isinstance(first, ast.Expr) else set()
    constants = (
        one for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )  # fmt: skip
    return [one.value for one in constants if id(one) not in fine and _MARKED.search(one.value)]


@pytest.mark.parametrize("module", [
    f"{name}/{file.name}" for name in ("portal", "onestop", "office", "kit")
    for file in sorted((_SERVICES / name).glob("*.py")) if f"{name}/{file.name}" not in _NO_PAGES
] + list(_FEW_PAGES))  # fmt: skip
def test_every_sentence_that_a_page_may_show_has_its_english_beside_it(module: str) -> None:
    """States, roles, acts, complaints: no table and no refusal of a page's module exists in Vietnamese alone."""
    found = _bare_sentences((_SERVICES / module).read_text("utf-8"))

    assert [one for one in found if one not in _NO_LABELS and not one.startswith(_PROGRAMS)] == []


@pytest.mark.parametrize("template", [one for one in _TEMPLATES if one not in _VIETNAMESE_ONLY])
def test_every_word_of_a_template_has_its_english_beside_it(template: str) -> None:
    """Decision 8: no label, caption, button or hint of a page exists in Vietnamese alone."""
    source = _source(template)

    assert _bare_words(source) == []
    assert _unpaired(source) == []
    assert not re.search(r'="[^"]*\{\{[^}]*\| say', source), "an attribute takes no marks: `plainly`, or as it is"


def test_a_word_without_its_english_would_be_noticed() -> None:
    """The two checks above find text, attributes, constants and empty halves."""
    assert _bare_words('<p title="Mã">{{ x }} Nộp</p>') == ["Nộp", "Mã"]
    assert _unpaired('{{ t("Mã", "Code") }}{{ "Tỉnh" if x else t("Xã", "") }}') != []
    assert _unpaired('{{ t("Mã", "Mã số") }}') != []


def test_a_text_is_a_plain_string_that_knows_its_english() -> None:
    """Programs get Vietnamese, as before; a page in English shows the other half, and marks what has none."""
    text = Text("Lệ phí", "Fee")
    environment = jinja2.Environment(autoescape=True)
    environment.filters["say"] = say
    page = environment.from_string("{{ text | say }}, {{ name | say }}, {{ code | say }}")
    told = {"text": text, "name": "Lan <Anh> Đỗ", "code": "a<b"}

    assert (text, type(str(text))) == ("Lệ phí", str)
    assert page.render(told, lang="en") == 'Fee, <span lang="vi">Lan &lt;Anh&gt; Đỗ</span>, a&lt;b'
    assert page.render(told, lang="vi") == "Lệ phí, Lan &lt;Anh&gt; Đỗ, a&lt;b"


def test_a_problem_is_told_to_programs_in_vietnamese_and_knows_its_english() -> None:
    """Both halves of a refusal are whole sentences; its JSON holds the Vietnamese one."""
    problem = not_found(Text("hồ sơ 1", "dossier 1"))
    other = wrong_state(Text("Hồ sơ 1", "Dossier 1"), "returned", ("received", "examined"))
    listed = Problem(422, "invalid", Text("Sai.", "Wrong."), errors=[{"where": "$.a", "found": Text("rỗng", "empty")}])

    assert isinstance(problem.detail, Text)
    assert problem.detail.english.startswith("Not found: dossier 1")
    assert isinstance(other.detail, Text)
    assert "“received or examined”" in other.detail.english
    assert "“received hoặc examined”" in other.detail
    body = bytes(listed.response().body).decode()
    assert "Sai." in body
    assert "rỗng" in body
    assert "Wrong" not in body


def test_pages_know_a_language_of_their_own_only_where_somebody_asked() -> None:
    """Without a request a page is Vietnamese."""
    page = Pages("office").page("sign_in.html", who=None, role="", agency=None, wrong="")

    assert b'<html lang="vi">' in page.body
