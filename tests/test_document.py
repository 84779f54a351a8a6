"""The dataclasses check what they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuibono.document import LABELS, Annotator, Block, Document, Entity, Relation, Stakes, Unit, sha256
from cuibono.errors import AnnotationError


def test_a_span_is_the_text_between_its_offsets(document):
    """Offsets count code points, also beyond the basic plane."""
    doc = document((2, 5, "claim", {"RUS": "none"}), text="\U0001f30d é Iran rises")
    assert doc.span(doc.units[0]) == "é I"


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: Block(5, 5, "title"), "block"),
        (lambda: Block(0, 5, "headline"), "block.kind"),
        (lambda: Entity("e1", -1, 5, "GPE"), "entity"),
        (lambda: Entity("e1", 0, 5, "COUNTRY"), "entity.label"),
        (lambda: Unit("u1", 0, 5, "conclusion"), "unit.role"),
        (lambda: Unit("u1", True, 5, "claim"), "unit"),
        (lambda: Stakes("positive"), "label"),
        (lambda: Stakes("none", {"challenge": 1.0}), "scores"),
        (lambda: Stakes("none", dict.fromkeys(LABELS, 0.3)), "scores"),
        (lambda: Relation("u1", "u1", "supports"), "relation"),
        (lambda: Relation("u1", "u2", "rebuts"), "relation.kind"),
        (lambda: Annotator("a", "human"), "annotator.kind"),
    ],
)
def test_a_bad_value_is_refused_with_its_place(make, place):
    """The error names the field; what is allowed is part of the message."""
    with pytest.raises(AnnotationError, match="allowed") as caught:
        make()
    assert caught.value.place == place


def test_units_may_not_overlap(document):
    """Two units over one word would count it twice."""
    with pytest.raises(AnnotationError, match=r"units\[0\] and units\[1\]"):
        document((0, 10, "claim", {}), (9, 20, "claim", {}))


def test_offsets_outside_the_text_are_refused(document):
    """A span that ends behind the text belongs to another text."""
    with pytest.raises(AnnotationError, match=r"units\[0\].*up to 5"):
        document((0, 9, "claim", {}), text="short", blocks=())


def test_stakes_are_for_actors_that_were_asked_about(document):
    """A label for an actor that the file does not list is a slip."""
    with pytest.raises(AnnotationError, match="an id listed in actors"):
        document((0, 9, "claim", {"IRN": "none"}))


def test_a_wrong_hash_is_refused():
    """The hash is of the text as UTF-8."""
    with pytest.raises(AnnotationError, match="text_sha256"):
        Document("d", "text", sha256("another"))


def test_stand_off_and_back(document):
    """Without its text an annotation keeps everything else; only the same text can be put back."""
    doc = document((0, 9, "claim", {"RUS": "mixed"}))
    bare = doc.without_text()
    assert bare.text is None
    assert bare.with_text(doc.text) == doc
    with pytest.raises(AnnotationError, match="text_sha256"):
        bare.with_text(doc.text + " ")
    with pytest.raises(ValueError, match="with_text"):
        bare.span(bare.units[0])


def test_relations_point_to_units(document):
    """A dangling link is refused."""
    with pytest.raises(AnnotationError, match=r"relations\[0\]"):
        document((0, 9, "claim", {}), relations=(Relation("u1", "u9", "supports"),))


@given(st.text(min_size=1), st.sampled_from(LABELS))
def test_any_text_survives_a_round_trip(text, label):
    """JSON out and in gives the same document, whatever the text."""
    doc = Document(
        "d",
        text,
        sha256(text),
        Annotator("a", "llm", "1", {"note": "x"}),
        actors={"RUS": "Russia"},
        units=(Unit("u1", 0, 1, "claim", 0.5, {"RUS": Stakes(label, why="w")}, ("i",), {"mine": [1]}),),
        extra={"later": {"field": True}},
    )
    assert Document.from_dict(doc.to_dict()) == doc


@pytest.mark.filterwarnings("ignore")
def test_lone_surrogates_cannot_be_hashed():
    """A text that is no valid Unicode has no UTF-8 form and is refused at once."""
    with pytest.raises(UnicodeEncodeError):
        sha256("\ud800")
