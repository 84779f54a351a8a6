"""The page of a comparison opened from a file in a real browser, and clicked through."""

import os
import shutil
from dataclasses import replace

import pytest

from cuibono.document import Stakes
from cuibono.evaluate import Settings, compare
from cuibono.report.page import comparison_page

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
HOSTILE = "</script><img src=x onerror='window.hacked=1'><svg onload='window.hacked=1'>"
#: What the policy forbids, and what the page's own script does wrong.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.violations.push(e.violatedDirective));
"""


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window; these tests need one, and in CI its absence is a failure."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        found = None
    if found is None:
        reason = f"needs the package playwright and one of {', '.join(NAMES)} on the path"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def comparison(document):
    """Two documents by three annotators and a gold: a unit that one lacks, roles that differ, hostile strings."""
    texts = {"first": f"Alpha {HOSTILE} one. Beta 𝔸 two. Gamma three. " + "More of it. " * 200, "second": "Delta four."}

    def made(name: str, doc_id: str, *labels: str):
        text, spans = texts[doc_id], []
        for word, end in (("Alpha", "one."), ("Beta", "two."), ("Gamma", "three."), ("Delta", "four.")):
            if word in text:
                spans.append((text.index(word), text.index(end) + len(end)))
        rows = [
            (a, b, "premise" if name == "c" else "claim", {"RUS": label, "IRN": "none"})
            for (a, b), label in zip(spans, labels, strict=True)
            if label
        ]
        out = document(*rows, doc_id=doc_id, text=text, actors={"RUS": HOSTILE, "IRN": "Iran"}, meta={"title": HOSTILE})
        reasons = {"RUS": Stakes(rows[0][3]["RUS"], why=HOSTILE), "IRN": Stakes("none")}
        return replace(out, units=(replace(out.units[0], stakes=reasons), *out.units[1:]))

    sides = {
        HOSTILE: [made("a", "first", "challenge", "none", "none"), made("a", "second", "mixed")],
        "b": [made("b", "first", "opportunity", "none", ""), made("b", "second", "mixed")],
        "c": [made("c", "first", "challenge", "none", "none"), made("c", "second", "none")],
    }
    gold = [made("b", "first", "challenge", "none", "none"), made("b", "second", "mixed")]
    return compare(sides, gold, settings=Settings(resamples=20))


@pytest.fixture
def opened(browser, comparison, tmp_path):
    """Open the page; afterwards nothing hostile has run, and nothing of the page's own failed or was forbidden."""
    path = tmp_path / "page.html"
    path.write_text(comparison_page(comparison, title=HOSTILE), encoding="utf-8")
    contexts, problems, requests = [], [], []

    def _opened(width: int = 1280, **more):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **more))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.add_init_script(WATCH)
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield _opened
    for context in contexts:
        for page in context.pages:
            assert page.evaluate("window.hacked") is None
            assert page.evaluate("window.violations || []") == []
        context.close()
    assert problems == []
    assert set(requests) == {path.as_uri()}


def count(page) -> str:
    return page.inner_text("#count")


def shown(page) -> int:
    return page.locator(".disagreement:visible").count()


def focused(page) -> str:
    """Id, else the element's name, of what has the focus."""
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


def test_filters_change_what_is_shown_and_how_many(opened, comparison):
    """Each filter leaves those that it says, all of them combine, and clearing brings back everything."""
    page, found = opened(), comparison.disagreements
    total = len(found)
    assert count(page) == f"{total} of {total} shown"

    def expect(those) -> None:
        n = sum(map(bool, map(those, found)))
        assert 0 < n < total
        assert (count(page), shown(page)) == (f"{n} of {total} shown", n)

    page.select_option("#layer", "role")
    expect(lambda d: d.layer == "role")
    page.select_option("#document", "second")
    expect(lambda d: d.layer == "role" and d.doc_id == "second")
    page.click("#clear")
    assert count(page) == f"{total} of {total} shown"
    page.select_option("#actor", "RUS")
    expect(lambda d: d.actor == "RUS")
    page.click("#clear")
    page.check(".labels input[value='opportunity']")
    expect(lambda d: "opportunity" in [s.label for s in d.said.values()])
    page.check(".labels input[value='challenge']")
    expect(lambda d: {"opportunity", "challenge"} <= {s.label for s in d.said.values()})
    page.click("#clear")
    page.select_option("#first", HOSTILE)
    page.select_option("#second", "c")
    expect(lambda d: HOSTILE in d.said and "c" in d.said and d.said[HOSTILE].label != d.said["c"].label)
    page.click("#clear")
    page.fill("#search", "delta")
    expect(lambda d: "Delta" in d.before + d.text + d.after)
    page.fill("#search", "nowhere to be found")
    assert count(page) == f"0 of {total} shown"
    assert page.is_visible("#nothing")


def test_keys_walk_the_disagreements(opened):
    """Keys j and k move the focus over those that are shown, and stop at the ends."""
    page = opened()
    steps = []
    for key in "jjkkj":
        page.keyboard.press(key)
        steps.append(focused(page))
    assert steps == ["d1", "d2", "d1", "d1", "d2"]
    page.select_option("#layer", "role")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    assert page.get_attribute(f"#{focused(page)}", "data-layer") == "role"


def test_enter_opens_the_text_at_the_place_and_escape_goes_back(opened):
    """The worst disagreement's unit has the focus in the text, is marked in every column, and Esc returns."""
    page = opened()
    page.keyboard.press("j")
    assert page.get_attribute("#d1", "data-document") == "first"
    page.keyboard.press("Enter")
    assert focused(page) == "MARK"
    assert page.locator("details.text[open]").count() == 1
    marked = page.locator("details.text[open] mark.met")
    assert marked.count() == 4
    assert [x[:5] for x in marked.all_inner_texts()] == ["Alpha"] * 4
    assert "b opportunity" in page.inner_text("details.text[open] .there")
    assert page.evaluate("document.activeElement.getBoundingClientRect().top < innerHeight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent").startswith("Beta")
    page.keyboard.press("Escape")
    assert focused(page) == "d1"
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    assert focused(page) == "d2"


def test_a_unit_that_somebody_lacks_has_its_place_in_every_column(opened, comparison):
    """Beyond characters outside the basic plane the highlighted words are still the unit's, and the column says so."""
    page = opened()
    (n,) = (i for i, d in enumerate(comparison.disagreements, 1) if d.actor == "RUS" and d.text.startswith("Gamma"))
    page.click(f"#d{n} .open")
    assert page.evaluate("[...CSS.highlights.get('place')].map(String)") == ["Gamma three."] * 4
    assert "b no unit" in page.inner_text("details.text[open] .there")


def test_clicking_a_unit_opens_its_place(opened):
    """The words of a disagreement lead into the text."""
    page = opened()
    page.click("#d1 .this")
    assert focused(page) == "MARK"
    assert page.input_value("details.text[open] .view") == page.get_attribute("#d1", "data-view")


def test_views_of_a_text(opened):
    """The columns show the stakes for an actor, or the roles, each with its own legend; hovering marks the place."""
    page = opened()
    page.select_option("#text", "0")
    text = page.locator("details.text[open]")
    text.locator(".view").select_option("r")
    assert set(text.locator(".body mark").evaluate_all("all => all.map((m) => m.dataset.now)")) == {"k", "p"}
    assert text.locator(".legend .roles").is_visible()
    text.locator(".view").select_option("0")
    assert set(text.locator(".body mark").evaluate_all("all => all.map((m) => m.dataset.now)")) == {"n"}
    text.locator(".body mark").first.hover()
    assert text.locator("mark.met").count() == 4


def test_columns_scroll_together(opened):
    """Scrolling one column takes the others along."""
    page = opened()
    page.select_option("#text", "0")
    body = page.locator("details.text[open] .body")
    body.first.scroll_into_view_if_needed()
    body.first.hover()
    page.mouse.wheel(0, 300)
    tops = body.evaluate_all("all => new Promise((f) => setTimeout(() => f(all.map((b) => b.scrollTop)), 500))")
    assert tops == [pytest.approx(tops[0], abs=60)] * 4
    assert tops[0] > 100


def test_help_search_and_escape(opened):
    """? opens the help and Esc closes it; / goes to the search, where letters are letters and Esc leaves."""
    page = opened()
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    assert not page.is_visible("#help")
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("j/k?")
    assert page.input_value("#search") == "j/k?"
    page.keyboard.press("Escape")
    assert focused(page) == "BODY"
    page.click("#keys")
    page.click("#close")
    assert not page.is_visible("#help")


def test_one_matrix_at_a_time(opened):
    """The measure that was chosen is the one that is shown."""
    page = opened()
    assert page.locator(".matrix:visible").count() == 1
    page.select_option("#measure", label="Role: Cohen's kappa")
    assert page.locator(".matrix:visible caption").inner_text() == "Role: Cohen's kappa"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen(opened, scheme):
    """At 400 pixels nothing sticks out to the side but what scrolls in itself; dark is dark."""
    page = opened(400, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")


def test_reading_needs_no_script(opened, comparison):
    """Without JavaScript every table, disagreement and text is there, and no control that would do nothing."""
    page = opened(java_script_enabled=False)
    assert shown(page) == len(comparison.disagreements)
    assert page.locator(".matrix:visible").count() == page.locator(".matrix").count() > 1
    assert not page.is_visible(".filters")
    page.click("details.text > summary >> nth=0")
    assert page.locator("details.text[open] .column:visible").count() == 4
