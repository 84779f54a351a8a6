"""A comparison as one HTML page: what it holds, what it leaves out, and that no text or name gets out of its place."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cuibono.document import Annotator, Stakes
from cuibono.evaluate import Settings, compare
from cuibono.formats import load
from cuibono.report.page import TEXTS, comparison_page, visible
from tests.conftest import FIRST_PASS, GOLD

QUICK = Settings(resamples=20)
PAYLOADS = (
    "</script><img src=x onerror=window.hacked=1>",
    '" onmouseover="window.hacked=1',
    "' autofocus onfocus='window.hacked=1",
    "</style></title></textarea><svg onload=window.hacked=1>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202ereversed",
)
VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """Everything that is in a page: its tags, their attributes, its visible text; every tag closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], [], []
        self.parts = {"style": "", "script": ""}
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        """Keep it."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """It must be the one that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Of the page, or of its style or script."""
        if self.open and self.open[-1] in self.parts:
            self.parts[self.open[-1]] += data
        else:
            self.text.append(data)

    def of(self, name: str) -> list[str]:
        """Values of an attribute."""
        return [value for _, found, value in self.attributes if found == name]

    @property
    def words(self) -> str:
        """Its text with single spaces."""
        return " ".join("".join(self.text).split())


@pytest.fixture(scope="module")
def first():
    """The first document by two annotators, and its gold."""
    a, b, gold = (list(load(path)) for path in (FIRST_PASS / "a", FIRST_PASS / "b", GOLD))
    return compare({"a": a, "b": b}, gold, settings=QUICK)


def hostile(document, payload: str):
    """Two annotators and a gold with a payload in every string that a file or a caller chooses."""
    text = f"{payload} first unit. Second {payload} unit. The rest."
    end = text.index("Second")

    def made(label: str):
        one = document(
            (0, end - 1, "claim", {payload: label}),
            (end, len(text) - 10, "premise", {payload: "none"}),
            doc_id=payload,
            text=text,
            actors={payload: payload},
            annotator=Annotator(payload, "person", payload),
            meta={"title": payload},
        )
        first, *rest = one.units
        stakes = {payload: Stakes(label, why=payload)}
        return replace(one, units=(replace(first, stakes=stakes), *rest))

    sides = {payload: [made("challenge")], "b": [made("opportunity")]}
    return compare(sides, [made("mixed")], settings=QUICK)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_hostile_gets_out_of_its_place(document, payload):
    """A payload in texts, ids, names, titles and reasons adds no tag, no attribute and no handler."""
    page = Page(comparison_page(hostile(document, payload), title=payload))
    plain = Page(comparison_page(hostile(document, "harmless"), title="harmless"))
    assert page.tags == plain.tags
    assert [(t, n) for t, n, _ in page.attributes] == [(t, n) for t, n, _ in plain.attributes]
    assert payload in "".join(page.text)
    assert payload in page.of("data-document")
    assert payload in page.of("data-by")


def test_the_page_needs_nothing_and_runs_nothing_but_its_own(first):
    """No address, handler or inline style; the policy's hashes are those of the one script and the one style."""
    html = comparison_page(first)
    page = Page(html)
    assert not [n for _, n, _ in page.attributes if n.startswith("on") or n in ("src", "style", "srcset", "action")]
    assert all(value.startswith("#") for value in page.of("href"))
    assert not re.search(r"url\(|@import|https?:", page.parts["style"] + page.parts["script"])
    assert page.tags.count("script") == page.tags.count("style") == 1

    def digest(part: str) -> str:
        return base64.b64encode(hashlib.sha256(page.parts[part].encode()).digest()).decode()

    assert (
        f"default-src 'none'; style-src 'sha256-{digest('style')}'; script-src 'sha256-{digest('script')}'; "
        "base-uri 'none'; form-action 'none'"
    ) in page.of("content")
    assert html.startswith("<!doctype html>")
    # It must come before what it is about.
    assert html.index("Content-Security-Policy") < html.index("<style")


def test_the_same_comparison_gives_the_same_bytes(document):
    """Neither the order of the annotators nor a second run changes the page."""
    labels = {"a": "none", "b": "mixed", "c": "challenge"}
    made = {n: [document((0, 11, "claim", {"RUS": x}))] for n, x in labels.items()}
    turned = dict(reversed(made.items()))
    pages = {comparison_page(compare(sides, settings=QUICK)) for sides in (made, made, turned)}
    assert len(pages) == 1


def test_every_number_comes_with_its_signature(first):
    """Agreement, joint coefficients, scores and tests: each cell's tooltip is its signature, and each can be copied."""
    page = Page(comparison_page(first))
    said, words = page.of("title"), page.words
    report = first.pairs["a", "b"]
    for name in ("stakes.RUS.cohen-kappa", "stakes.all.cohen-kappa", "role.cohen-kappa", "units.overlap.f1"):
        assert f"{report.signature(name)}; n = {report[name].n}" in said
        assert f"{report.signature(name)} = {report[name]}" in words
    for name, score in first.joint.items():
        assert f"{first.joint_signature(name)}; n = {score.n}" in said
    for against in first.against_gold.values():
        assert against.cite("stakes.RUS.macro-f1") in words
    for test in first.tests:
        assert test.signature in said
        assert f"{test.corrected_p:.4f}" in words


def test_every_disagreement_is_in_the_page(first):
    """The unit in its context, and of everyone the label, as text that needs no script."""
    page = Page(comparison_page(first))
    for one in first.disagreements:
        assert " ".join(one.text.split()) in page.words
        assert page.of("data-start").count(str(one.start)) >= 1
    said = sum(len(d.said) for d in first.disagreements)
    assert len(page.of("data-says")) == said
    assert page.tags.count("ol") == 1


def test_columns_hold_the_whole_text(first):
    """Each annotator's column is the text, character for character, its units where they are."""
    html = comparison_page(first)
    columns = re.findall(r'<div class="body" dir="auto">(.*?)</div>', html, re.DOTALL)
    assert len(columns) == 3
    (text,) = first.texts.values()
    for column, name in zip(columns, ("a", "b", "gold"), strict=True):
        page = Page(column)
        assert "".join(page.text) == text
        (document,) = first.annotations[name].values()
        assert page.of("data-b") == [str(u.end) for u in document.units]


def test_where_somebody_marks_another_span_it_is_said(document):
    """Beside the label of whoever drew the unit's borders elsewhere."""
    one, two = document((0, 11, "claim", {"RUS": "none"})), document((0, 15, "claim", {"RUS": "mixed"}))
    words = Page(comparison_page(compare({"a": [one], "b": [two]}, settings=QUICK))).words
    assert "a none [0–11]" in words
    assert "b mixed [0–15]" not in words


def test_probabilities_stay_with_their_actors(document):
    """Of a unit whose first actor has none, the second's is the second's."""
    sides = {}
    for name, label in {"a": "mixed", "b": "none"}.items():
        made = document((0, 11, "claim", {}), actors={"IRN": "Iran", "RUS": "Russia"})
        scores = {"challenge": 0.0, "opportunity": 0.0, "mixed": 0.25, "none": 0.25} | {label: 0.75}
        stakes = {"IRN": Stakes("none"), "RUS": Stakes(label, scores)}
        sides[name] = [replace(made, units=(replace(made.units[0], stakes=stakes),))]
    assert Page(comparison_page(compare(sides, settings=QUICK))).of("data-p") == [",0.75", ",0.75"]


def test_without_gold(document):
    """Two annotators alone: agreement and disagreements, no word of scores; one who is called gold is like another."""
    sides = {n: [document((0, 11, "claim", {"RUS": x}))] for n, x in {"a": "challenge", "gold": "opportunity"}.items()}
    html = comparison_page(compare(sides, settings=QUICK))
    page = Page(html)
    assert "Against gold" not in html
    assert "badge" not in [v for t, n, v in page.attributes if n == "class"]
    assert "Agreement" in page.words
    assert "1 of 1 shown" in page.words


def test_one_annotator_and_a_gold(document):
    """Nobody to agree with: no matrix, but scores and disagreements."""
    one, gold = document((0, 11, "claim", {"RUS": "none"})), document((0, 11, "claim", {"RUS": "mixed"}))
    page = Page(comparison_page(compare({"a": [one]}, [gold], settings=QUICK)))
    assert "matrix" not in page.of("class")
    assert "Scores against gold" in page.words


def test_no_disagreement(document):
    """Says so; the text is there all the same."""
    sides = {n: [document((0, 11, "claim", {"RUS": "none"}))] for n in "ab"}
    page = Page(comparison_page(compare(sides, settings=QUICK)))
    assert "None: all say the same" in page.words
    assert "column" in page.of("class")


def many(document, documents: int, units: int):
    """Two annotators who disagree about every unit."""
    spans = [(4 * i, 4 * i + 3) for i in range(units)]
    text = " ".join("w00" for _ in range(units))
    return compare(
        {
            name: [
                document(*((a, b, "claim", {"RUS": label}) for a, b in spans), doc_id=f"d{n:03}", text=text)
                for n in range(documents)
            ]
            for name, label in {"a": "challenge", "b": "opportunity"}.items()
        },
        settings=QUICK,
    )


def test_what_is_left_out_is_said(document):
    """Of too many disagreements the worst are shown, of too many texts the first, and how many are not."""
    found = many(document, TEXTS + 5, 10)
    page = Page(comparison_page(found, most=30))
    assert page.of("class").count("text") == TEXTS
    assert "The worst 30 of 550 are on this page; the other 520 are left out: the JSON and the CSV" in page.words
    assert f"On this page: {TEXTS} of {TEXTS + 5} texts" in page.words
    assert "the other 5 are left out" in page.words
    assert "30 of 30 shown" in page.words
    assert "left out" not in Page(comparison_page(many(document, 1, 10))).words


def test_a_text_that_is_too_long_is_left_out_and_said(document, monkeypatch):
    """More characters than a browser should get: the disagreement is there, without a link into the text."""
    monkeypatch.setattr("cuibono.report.page.CHARACTERS", 10)
    page = Page(comparison_page(many(document, 1, 10)))
    assert "On this page: 0 of 1 text" in page.words
    assert "open" not in page.of("class")
    assert len(page.of("data-says")) == 20


def test_long_units_and_reasons_are_cut(document):
    """What is cut is counted."""
    text = "x" * 5000
    sides = {n: [document((0, 5000, "claim", {"RUS": x}), text=text)] for n, x in {"a": "none", "b": "mixed"}.items()}
    assert "and 3,800 characters more" in Page(comparison_page(compare(sides, settings=QUICK))).words


def test_characters_that_html_cannot_hold():
    """Each is shown by one character, so that offsets stay; line ends of all systems are line ends."""
    text = "a\x00b\x1bc\r\nd\re\ud800f\x85g\x7f\tü𝔸"
    assert visible(text) == "a␀b␛c \nd\ne\ufffdf\ufffdg␡\tü𝔸"
    assert len(visible(text)) == len(text)


def test_a_page_of_such_characters_is_utf_8(document):
    """A text with half a surrogate pair in it can still be written to a file."""
    text = "bad \ud800\x00 characters\r\nhere"
    sides = {n: [document((0, 14, "claim", {"RUS": x}))] for n, x in {"a": "none", "b": "mixed"}.items()}
    found = replace(compare(sides, settings=QUICK), texts={"d": text})
    comparison_page(found).encode("utf-8")


def test_many_actors(document):
    """Tables have rows for those with most labels, and say of how many."""
    actors = {f"A{i:02}": f"Actor {i}" for i in range(20)}
    sides = {
        n: [document((0, 11, "claim", dict.fromkeys(list(actors)[5:], x)), actors=actors)]
        for n, x in {"a": "challenge", "b": "opportunity"}.items()
    }
    page = Page(comparison_page(compare(sides, settings=QUICK)))
    assert "The 12 actors with most labels of 20; the JSON has all." in page.words
    assert "Stakes for Actor 5 (A05): Cohen's kappa" in page.words
    assert "Stakes for Actor 0 (A00): Cohen's kappa" not in page.words


def test_an_annotator_who_says_nothing_for_an_actor(document):
    """Is among those who say something else, and has a filter of its own."""
    one, other = document((0, 11, "claim", {"RUS": "none"})), document((0, 11, "claim", {}))
    page = comparison_page(compare({"a": [one], "b": [other]}, settings=QUICK))
    assert "(no stakes)" in page
