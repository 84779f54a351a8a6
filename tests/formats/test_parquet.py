"""Annotations as Parquet tables, and the programs that open them."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from cuibono.document import LABELS, Annotator, Document, Entity, Stakes, Unit
from cuibono.errors import InputError
from cuibono.formats import load
from cuibono.formats import parquet as tables
from cuibono.formats.parquet import TABLES, month, schema, write_tables
from tests.conftest import GOLD, ROOT

DOCS = ROOT / "docs" / "tables.md"


def rows(folder, table) -> list[dict]:
    """A table as written."""
    from pyarrow import parquet

    return parquet.read_table(folder / f"{table}.parquet").to_pylist()


@pytest.fixture
def three(document) -> list[Document]:
    """Three documents on Russia and Iran: two of one month, one without a date."""
    both = {"RUS": "Russia", "IRN": "Iran"}
    yes = {"RUS": "opportunity", "IRN": "challenge"}
    no = {"RUS": "challenge", "IRN": "opportunity"}
    first = document(
        (0, 3, "claim", yes), (4, 7, "premise", yes), (8, 11, "claim", no),
        doc_id="a", actors=both, meta={"date": "2024-03-09", "title": "A port", "author": ["Li", "Ng"]},
    )  # fmt: skip
    second = document((0, 3, "claim", no), (4, 11, "claim", yes), doc_id="b", actors=both, meta={"date": "2024-03"})
    third = document((12, 15, "claim", yes), doc_id="c", actors=both, meta={"date": "in spring"})
    return [first, second, third]


def test_every_layer_has_its_table(tmp_path, document):
    """Every field stands in its column."""
    scores = dict(zip(LABELS, (0.1, 0.2, 0.3, 0.4), strict=True))
    unit = Unit("u1", 0, 7, "claim", 0.9, {"RUS": Stakes("none", scores, "cue", {"abstained": True})})
    doc = replace(
        document(),
        source={"path": "x.txt"},
        meta={"title": "T", "author": "A", "date": "2024-03-09T10:00", "url": "u"},
        annotator=Annotator("m", "model", "1"),
        entities=(Entity("e1", 4, 7, "GPE", "IRN"),),
        units=(unit,),
        actor_stakes={"RUS": {"IRN": Stakes("mixed")}},
    )
    counts = write_tables([doc], tmp_path)
    assert counts == dict.fromkeys(TABLES, 1)
    assert rows(tmp_path, "documents") == [
        {
            "doc_id": "d", "text_sha256": doc.text_sha256, "title": "T", "author": "A", "date": "2024-03-09T10:00",
            "month": "2024-03", "url": "u", "source_path": "x.txt", "annotator": "m", "annotator_kind": "model",
            "annotator_version": "1", "units": 1, "entities": 1,
        }
    ]  # fmt: skip
    entity = {"doc_id": "d", "entity_id": "e1", "start": 4, "end": 7, "text": "w01", "label": "GPE", "actor": "IRN"}
    assert rows(tmp_path, "entities") == [entity]
    assert rows(tmp_path, "units") == [
        {"doc_id": "d", "unit_id": "u1", "start": 0, "end": 7, "text": "w00 w01", "role": "claim", "role_score": 0.9}
    ]
    assert rows(tmp_path, "stakes") == [
        {"doc_id": "d", "unit_id": "u1", "actor": "RUS", "actor_name": "Russia", "label": "none"}
        | {**scores, "abstained": True, "why": "cue"}
    ]
    assert rows(tmp_path, "actor_stakes") == [{"doc_id": "d", "actor": "RUS", "other": "IRN", "label": "mixed"}]


def test_what_is_absent_is_null(tmp_path, document):
    """Words of a stand-off annotation, scores of a person, an annotation without a name."""
    doc = replace(document((0, 3, "claim", {"RUS": "none"})).without_text(), annotator=None)
    write_tables([replace(doc, entities=(Entity("e1", 0, 3, "GPE"),))], tmp_path)
    (unit,), (entity,) = rows(tmp_path, "units"), rows(tmp_path, "entities")
    assert (unit["text"], unit["role_score"], entity["text"], entity["actor"]) == (None,) * 4
    (found,) = rows(tmp_path, "stakes")
    assert {found[label] for label in LABELS} == {None}
    assert (found["abstained"], found["why"]) == (False, None)
    (about,) = rows(tmp_path, "documents")
    assert {k for k, v in about.items() if v is not None} == {"doc_id", "text_sha256", "units", "entities"}


def test_schemas_are_those_of_the_constants(tmp_path):
    """Also of tables without rows, so that a query finds its columns."""
    from pyarrow import parquet

    assert write_tables([], tmp_path) == dict.fromkeys(TABLES, 0)
    for table in TABLES:
        assert parquet.read_schema(tmp_path / f"{table}.parquet") == schema(table)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(f"{t}.parquet" for t in TABLES)


def test_the_gold_in_tables(tmp_path):
    """As many rows as the annotation has items, with the words that it has."""
    gold = load(GOLD)[0]
    counts = write_tables([gold], tmp_path)
    assert (counts["units"], counts["entities"]) == (len(gold.units), len(gold.entities))
    assert [r["text"] for r in rows(tmp_path, "units")] == [gold.span(u) for u in gold.units]


def test_batches(tmp_path, three, monkeypatch):
    """Rows are written when there are enough, whole in number and order, and the same bytes come twice."""
    from pyarrow import parquet

    write_tables(three, tmp_path / "whole")
    monkeypatch.setattr(tables, "BATCH_ROWS", 2)
    for folder in ("parts", "again"):
        write_tables(iter(three), tmp_path / folder)
    assert parquet.ParquetFile(tmp_path / "parts" / "stakes.parquet").num_row_groups == 6
    for table in TABLES:
        assert rows(tmp_path / "parts", table) == rows(tmp_path / "whole", table)
        again = (tmp_path / "again" / f"{table}.parquet").read_bytes()
        assert (tmp_path / "parts" / f"{table}.parquet").read_bytes() == again


def test_a_failure_leaves_the_earlier_tables(tmp_path, three):
    """An error among the documents passes through; nothing half-written stays."""
    write_tables(three, tmp_path)

    def failing():
        yield three[0]
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        write_tables(failing(), tmp_path)
    assert len(rows(tmp_path, "documents")) == 3
    assert not list(tmp_path.glob("*.partial"))


def test_a_folder_that_is_a_file(tmp_path, three):
    """One line says so."""
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match="x: the tables cannot be written: File exists"):
        write_tables(three, tmp_path / "x")


def test_half_of_a_surrogate_pair(tmp_path, document):
    """JSON can hold one and Parquet cannot: it is escaped."""
    write_tables([document(meta={"title": "a\ud800", "url": None}), document(doc_id="e")], tmp_path)
    assert [r["title"] for r in rows(tmp_path, "documents")] == ["a\\ud800", None]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-03-09", "2024-03"),
        ("2024-03", "2024-03"),
        ("2024-03-09T10:00:00Z", "2024-03"),
        ("2024-03-09 10:00", "2024-03"),
        ("2024-13-01", None),
        ("2024-02-30", None),
        ("2024-13", None),
        ("2024", None),
        ("9 March 2024", None),
        ("", None),
        (None, None),
    ],
)
def test_the_month_of_a_date(day, expected):
    """Only of a date that is ISO 8601 and exists."""
    assert month(day) == expected


def test_the_query_of_the_docs(tmp_path, three, monkeypatch):
    """DuckDB answers the question that the docs ask, with the words that they print."""
    import duckdb

    write_tables(three, tmp_path / "tables")
    monkeypatch.chdir(tmp_path)
    (query,) = re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    found = duckdb.sql(query).fetchall()
    assert found == [("2024-03", 2, ["w00", "w01 w02"]), (None, 1, ["w03"])]


def test_the_docs_name_every_column():
    """And no other: in the order in which they stand in the file."""
    text = DOCS.read_text(encoding="utf-8")
    for table, columns in TABLES.items():
        section = text.split(f"| `{table}.parquet` |")[1].split("\n\n")[0]
        cells = [line.split("|")[1] for line in section.splitlines()[2:]]
        named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
        assert sorted(named) == sorted(name for name, _ in columns)


def test_pandas_opens_them(tmp_path, three):
    """With offsets as integers and one row a unit and actor."""
    import pandas

    write_tables(three, tmp_path)
    units, stakes = (pandas.read_parquet(tmp_path / f"{t}.parquet") for t in ("units", "stakes"))
    assert str(units["start"].dtype) == "int64"
    joined = units.merge(stakes, on=["doc_id", "unit_id"])
    assert len(joined) == 12
    assert set(joined[joined.actor == "RUS"].label) == {"opportunity", "challenge"}


def test_datasets_opens_them(tmp_path, three):
    """With the features that the schema says."""
    import datasets

    write_tables(three, tmp_path)
    found = datasets.Dataset.from_parquet(str(tmp_path / "units.parquet"), cache_dir=str(tmp_path / "cache"))
    assert found.column_names == [name for name, _ in TABLES["units"]]
    assert found[0]["text"] == "w00"
    loaded = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "stakes.parquet"), split="train", streaming=True
    )
    assert sum(1 for _ in loaded) == 12


def test_polars_opens_them(tmp_path, three):
    """Where polars is installed."""
    polars = pytest.importorskip("polars")
    write_tables(three, tmp_path)
    assert polars.read_parquet(tmp_path / "units.parquet").shape == (6, len(TABLES["units"]))


def test_without_the_extra(tmp_path, three, monkeypatch):
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r'needs the datasets library: pip install "cuibono\[corpus\]"'):
        write_tables(three, tmp_path)


def test_importing_loads_nothing_heavy():
    """It is pyarrow that is heavy; it is loaded when a table is written."""
    code = "import cuibono.formats.parquet, sys; assert not {'pyarrow', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
