"""Behaviour of a model on pairs of sentences that differ in one respect (CheckList: Ribeiro et al., ACL 2020).

A case asks a model twice. For the kinds ``swap`` (another actor's name in the same place) and ``passive`` the answer
must stay the same; for ``side`` (the other side of a rivalry) and ``negation`` both answers must be the expected,
opposite ones. Cases are a TSV file; users add their own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path

from cuibono.annotate import Annotator
from cuibono.classify.base import Classifier
from cuibono.document import LABELS, Block, Document, sha256
from cuibono.errors import InputError
from cuibono.extract.actors import load_table

#: The cases that come with the package, written by hand before any model had seen them.
CASES = Path(str(resources.files("cuibono"))) / "behaviour.tsv"
#: Kinds whose two answers must be the same, and kinds whose two answers must be those expected.
INVARIANT, DIRECTIONAL = ("swap", "passive"), ("side", "negation")


@dataclass(frozen=True, slots=True)
class Case:
    """Two questions: the stakes that the last unit of ``text`` has for ``actor``, and of ``text2`` for ``actor2``."""

    kind: str
    id: str
    text: str
    actor: str
    label: str
    text2: str
    actor2: str
    label2: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says to a case; None where it finds no unit."""

    case: Case
    first: str | None
    second: str | None

    @property
    def passed(self) -> bool:
        """See the module."""
        if self.case.kind in INVARIANT:
            return self.first is not None and self.first == self.second
        return self.right

    @property
    def right(self) -> bool:
        """Whether both answers are those expected."""
        return (self.first, self.second) == (self.case.label, self.case.label2)


def load_cases(path: Path) -> list[Case]:
    """Read cases from a TSV file with the columns of :class:`Case`.

    Raises:
        InputError: No such file, a column is missing, or a kind or label is not allowed (with the line).
    """
    columns = [f.name for f in fields(Case)]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"cannot be read: {error}") from None
    cases = []
    for line, row in enumerate(rows, 2):
        if missing := [c for c in columns if not row.get(c)]:
            raise InputError(path, f"line {line}: found no {', '.join(missing)}; the columns are {', '.join(columns)}")
        case = Case(**{c: row[c] for c in columns})
        for found, allowed in ((case.kind, INVARIANT + DIRECTIONAL), (case.label, LABELS), (case.label2, LABELS)):
            if found not in allowed:
                raise InputError(path, f"line {line}: found {found!r}; allowed: {', '.join(allowed)}")
        cases.append(case)
    if not cases:
        raise InputError(path, f"no case; the columns are {', '.join(columns)}")
    return cases


def probe(classifier: Classifier, cases: Sequence[Case]) -> list[Answer]:
    """Ask a model every case, in order."""
    labels = list(_labels(classifier, [(c.text, c.actor) for c in cases] + [(c.text2, c.actor2) for c in cases]))
    return [Answer(c, *pair) for c, pair in zip(cases, zip(labels, labels[len(cases) :], strict=False), strict=True)]


def _labels(classifier: Classifier, questions: Sequence[tuple[str, str]]) -> Iterator[str | None]:
    table = load_table()
    annotators: dict[str, Annotator] = {}
    for text, name in questions:
        actor = table.resolve(name)
        if name not in annotators:
            annotators[name] = Annotator([actor], classifier)
        document = Document("case", text, sha256(text), blocks=(Block(0, len(text), "paragraph"),))
        units = annotators[name].annotate(document).units
        yield units[-1].stakes[actor.id].label if units else None


@dataclass(frozen=True, slots=True)
class Rate:
    """Of the cases of a kind: how many passed, and of how many both answers are right."""

    kind: str
    cases: int
    passed: int
    right: int


def rates(answers: Sequence[Answer]) -> list[Rate]:
    """By kind, in the order in which kinds first appear."""
    out = []
    for kind in dict.fromkeys(a.case.kind for a in answers):
        of_kind = [a for a in answers if a.case.kind == kind]
        passed, right = sum(a.passed for a in of_kind), sum(a.right for a in of_kind)
        out.append(Rate(kind, len(of_kind), passed, right))
    return out
