"""Training data: annotated documents, parsed once, as what an encoder reads and what it should say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cuibono.classify.encoder import breaks_of, mentions_of
from cuibono.classify.windows import Stretch
from cuibono.corpus import read_split
from cuibono.document import LABELS, ROLES, Document
from cuibono.errors import InputError
from cuibono.extract.actors import ActorTable, load_table
from cuibono.extract.entities import EntityLinker
from cuibono.extract.pipeline import Parsed, load_spacy, parse_many


@dataclass(frozen=True, slots=True)
class Text:
    """A parsed document reduced to what training needs.

    Attributes:
        breaks: The characters at which its blocks begin.
        units: The characters of each unit.
        roles: Of each unit, as an index into :data:`ROLES`.
        labels: For each actor the label of each unit, as an index into :data:`LABELS`.
        mentions: For each actor the characters of its mentions.
        names: Of the actors.
    """

    doc_id: str
    text: str
    breaks: tuple[int, ...]
    units: tuple[Stretch, ...]
    roles: tuple[int, ...]
    labels: Mapping[str, tuple[int, ...]]
    mentions: Mapping[str, tuple[Stretch, ...]]
    names: Mapping[str, str]


def read_texts(corpus: Path, split: str, texts: Path | None) -> list[Text]:
    """The documents of a split, parsed. Raises as :func:`cuibono.corpus.read_split`."""
    return list(parse_texts(read_split(corpus, split, texts)))


def joined(texts: Iterable[Text]) -> list[Text]:
    """Texts that occur more than once, each time labelled for other actors, as one with the labels of all.

    Raises:
        InputError: Two texts of one name, with other units or labelled for the same actor.
    """
    out: dict[str, Text] = {}
    for text in texts:
        if (known := out.get(text.doc_id)) is None:
            out[text.doc_id] = text
            continue
        if (known.text, known.units) != (text.text, text.units) or (twice := known.labels.keys() & text.labels.keys()):
            found = "other units" if known.units != text.units or known.text != text.text else f"{min(twice)} again"
            raise InputError(text.doc_id, f"found {found}; allowed: the same text and units, other actors")
        out[text.doc_id] = replace(
            known,
            labels={**known.labels, **text.labels},
            mentions={**known.mentions, **text.mentions},
            names={**known.names, **text.names},
        )
    return list(out.values())


def parse_texts(documents: Sequence[Document]) -> Iterable[Text]:
    """Parse labelled documents; their units are kept, their actors' mentions found."""
    nlp = load_spacy()
    linker = nlp.get_pipe("cuibono_entities")
    assert isinstance(linker, EntityLinker)
    linker.use(_table_for(documents))
    return map(_reduced, parse_many(list(documents), nlp))


def fraction(texts: Sequence[Text], share: float) -> list[Text]:
    """The first texts that together have this share of the labels: a learning curve's smaller training sets.

    Every eighth text comes first, then the ones behind them and so on: a smaller set is a part of a
    larger one, and all sources (which stand together) are in each.
    """
    ordered = [t for offset in range(_STRIDE) for t in texts[offset::_STRIDE]]
    wanted = share * sum(_size(t) for t in texts)
    out: list[Text] = []
    for text in ordered:
        if sum(map(_size, out)) >= wanted:
            break
        out.append(text)
    return out


_STRIDE = 8


def _size(text: Text) -> int:
    return sum(len(labels) for labels in text.labels.values())


def _table_for(documents: Iterable[Document]) -> ActorTable:
    table = load_table()
    for document in documents:
        for actor, name in document.actors.items():
            found = table.resolve(actor)
            if not found.known:
                table = table.with_actor(replace(found, name=name))
    return table


def _reduced(parsed: Parsed) -> Text:
    document, doc = parsed.document, parsed.doc
    found = [(unit, parsed.span(unit.start, unit.end)) for unit in document.units]
    pairs = [(unit, span) for unit, span in found if span is not None]
    return Text(
        document.doc_id,
        doc.text,
        tuple(breaks_of(doc)),
        tuple((span.start_char, span.end_char) for _, span in pairs),
        tuple(ROLES.index(unit.role) for unit, _ in pairs),
        {a: tuple(LABELS.index(unit.stakes[a].label) for unit, _ in pairs) for a in document.actors},
        {a: tuple(mentions_of(doc, a)) for a in document.actors},
        dict(document.actors),
    )
