"""What a user names, as one stream of inputs."""

import json
import os
import pickle
import subprocess
import sys
from datetime import date
from itertools import islice

import pytest

from cuibono.errors import InputError
from cuibono.formats import dumps
from cuibono.ingest import read
from cuibono.ingest.sources import sources

TEXT = "Tehran opened a port. Moscow pays for the cranes.\n\nThe work takes a year. It will cost a lot of money.\n"


def table(*rows: dict, bad: dict[int, bytes] | None = None) -> bytes:
    """JSONL of rows, with bytes in the place of some lines (from 0)."""
    lines = [json.dumps(row).encode() for row in rows]
    for number, line in (bad or {}).items():
        lines.insert(number, line)
    return b"\n".join(lines) + b"\n"


def problems(paths, **options) -> list[str]:
    """The problems of a stream, in order."""
    return [s.problem for s in sources(paths, **options) if s.problem]


@pytest.fixture
def folder(write, tmp_path):
    """Texts in folders, with names that sort differently as strings and as paths."""
    for name in ("a/b.txt", "a.txt", "a-1/b.md", "B.TXT", "a/c/d.markdown", "notes.pdf", "list.csv"):
        write(TEXT, f"in/{name}")
    return tmp_path / "in"


@pytest.fixture
def parquet(tmp_path):
    """Write rows to a Parquet file with so many rows a row group."""

    def _parquet(rows, name="table.parquet", group=1000):
        import pyarrow as pa
        from pyarrow import parquet

        data = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows)
        parquet.write_table(data, tmp_path / name, row_group_size=group, compression="none", use_dictionary=False)
        return tmp_path / name

    return _parquet


def test_folders_in_the_order_of_their_paths(folder):
    """Texts at any depth as `sorted` orders paths, and a file that is named twice where it is named first."""
    texts = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".txt", ".md", ".markdown"))
    assert [s.key for s in sources([folder])] == [str(p) for p in texts]
    first = folder / "a" / "b.txt"
    found = [s.key for s in sources([first, folder, folder / "a.txt", folder])]
    assert found == [str(first), *(str(p) for p in texts if p != first)]


def test_a_file_reads_as_it_does_alone(folder):
    """A source adds nothing to `ingest.read` but an id that is not taken."""
    found = {s.key: s for s in sources([folder])}
    assert found[str(folder / "a.txt")].read() == read(folder / "a.txt")
    assert [s.doc_id for s in found.values()] == ["B", "b", "d", "a-1-b", "a"]


def test_patterns(folder):
    """Matches come in order; what cannot be read is left out; no match is a problem."""
    assert [s.key for s in sources([f"{folder}/*.[tT]*"])] == [str(folder / "B.TXT"), str(folder / "a.txt")]
    assert len(list(sources([f"{folder}/**/*.md"]))) == 1
    assert problems([f"{folder}/*.docx"])[0].startswith(f"{folder}/*.docx: no file matches; allowed: files ending in")


def test_a_name_that_looks_like_a_pattern(write):
    """A file that is there is no pattern."""
    path = write(TEXT, "[draft] port.txt")
    assert [s.doc_id for s in sources([path])] == ["[draft] port"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("none.txt", "no such file"),
        ("x.pdf", "unknown kind of file '.pdf'; allowed: .txt"),
        ("empty", "a folder without texts; allowed: files ending in .txt"),
        ("tables", "it holds 1 tables, to be named themselves"),
        ("none.jsonl", "no such file"),
        ("pipe.txt", "neither a file nor a folder"),
        ("loop.txt", "a link that leads nowhere"),
    ],
)
def test_what_is_no_input(write, tmp_path, name, problem):
    """The reason is told, reading raises it, and the other inputs are there."""
    write(TEXT, "x.pdf")
    (tmp_path / "empty").mkdir()
    write(table({"text": TEXT}), "tables/x.jsonl")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    bad, good = sources([tmp_path / name, write(TEXT, "good.txt")])
    assert bad.problem.startswith(f"{tmp_path / name}: ")
    assert problem in bad.problem
    assert good.problem is None
    with pytest.raises(InputError) as error:
        bad.read()
    assert str(error.value) == bad.problem


def test_links(folder, tmp_path, write):
    """Circles end, a file linked to is read once, and a folder elsewhere is named and not followed."""
    before = [s.key for s in sources([folder])]
    write(TEXT, "elsewhere/e.txt")
    (folder / "a" / "up").symlink_to(folder)
    (folder / "0.txt").symlink_to("a.txt")
    (folder / "away").symlink_to(tmp_path / "elsewhere")
    (folder / "round.txt").symlink_to("round.txt")
    (folder / "y.txt").symlink_to(tmp_path / "elsewhere" / "e.txt")
    (folder / "z.txt").symlink_to(tmp_path / "elsewhere" / "e.txt")
    found = list(sources([folder]))
    assert [s.key for s in found if not s.problem] == [*before, str(folder / "y.txt")]
    assert [s.problem for s in found if s.problem] == [
        f"{folder}/away: a link to another folder, not followed; name that to read it",
        f"{folder}/round.txt: a link that leads nowhere, or in a circle",
    ]


def test_a_name_that_is_not_utf8(folder):
    """Its problem can be printed and written to a file."""
    with open(os.fsencode(folder) + b"/caf\xe9.txt", "wb") as file:  # noqa: PTH123
        file.write(TEXT.encode())
    assert problems([folder]) == [f"{folder}/caf\\udce9.txt: a name that is not UTF-8; rename it"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(folder, write):
    """A folder, a text and a table without permission are each told in a line."""
    rows = write(table({"text": TEXT}), "rows.jsonl")
    for path in (folder / "a", folder / "a.txt", rows):
        path.chmod(0)
    try:
        assert [p.split(": ")[1] for p in problems([folder, rows])] == [
            "a folder that cannot be read",
            "cannot be read",
        ]
        assert problems([folder / "a" / "*.txt"]) == [f"{folder}/a/*.txt: cannot be read: Permission denied"]
        text = next(s for s in sources([folder]) if s.doc_id == "a")
        with pytest.raises(InputError, match=r"a\.txt: cannot be read: Permission denied"):
            text.read()
    finally:
        for path in (folder / "a", folder / "a.txt", rows):
            path.chmod(0o700)


def test_jsonl_rows(write):
    """Id, title, date and url come from columns of these names; the text is read as a file of it would be."""
    path = write(table({"id": 7, "text": TEXT, "title": "A port", "date": "2024-03-01", "url": None}, {"text": TEXT}))
    path = path.rename(path.with_suffix(".jsonl"))
    first, second = sources([path])
    assert (first.key, first.doc_id, first.meta) == (f"{path}:1", "7", {"title": "A port", "date": "2024-03-01"})
    assert (second.key, second.doc_id, second.meta) == (f"{path}:2", "text-2", {})
    document = first.read()
    alone = read(write(TEXT, "alone.txt"))
    assert (document.text, document.blocks) == (alone.text, alone.blocks)
    assert document.source == {
        "path": str(path),
        "sha256": alone.text_sha256,
        "media_type": "text/plain",
        "row": 1,
    }
    assert document.meta["title"] == "A port"
    assert pickle.loads(pickle.dumps(first)) == first


def test_columns_by_option(write):
    """Each column can be named."""
    path = write(table({"nr": "x1", "body": TEXT, "head": "T", "day": "2024", "link": "u"}), "r.ndjson")
    (found,) = sources([path], text="body", id="nr", title="head", date="day", url="link")
    assert (found.doc_id, found.meta) == ("x1", {"title": "T", "date": "2024", "url": "u"})


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"text": "x', "column 10: not JSON (Unterminated string starting at)"),
        (b'{"text": "\xe9"}', "not UTF-8 at byte 10 of the line (0xe9)"),
        (b'["text"]', "found a list; allowed: an object"),
        (b'{"body": "x"}', "no field 'text'; the fields are: body"),
        (b'{"text": null}', "text: no text (null)"),
        (b'{"text": " \\n"}', "text: no text (empty)"),
        (b'{"text": 3}', "text: found a value of type int; allowed: a string"),
        (b'{"text": "a\\u0000b"}', "text: a NUL character at character 1; allowed: text"),
        (b'{"text": "a\\ud800b"}', "text: not UTF-8 at character 1"),
        (b'{"text": 1' + b"0" * 5000 + b"}", "not JSON that can be read (Exceeds the limit"),
        (b'{"text": ' + b"[" * 100_000 + b"}", "not JSON that can be read (maximum recursion depth"),
    ],
)
def test_one_bad_line_of_jsonl(write, line, problem):
    """It is told with its number, and the rows after it are read."""
    path = write(table({"text": TEXT}, {"text": TEXT}, bad={1: line}), "rows.jsonl")
    first, bad, last = sources([path])
    assert bad.problem.startswith(f"{path}:2: {problem}")
    assert (first.problem, last.problem, last.key, last.doc_id) == (None, None, f"{path}:3", "rows-3")
    assert last.read().text == TEXT


def test_a_bom_and_blank_lines(write):
    """Neither is a row; blank lines count."""
    path = write(b"\xef\xbb\xbf" + table({"text": TEXT}, {"text": TEXT}, bad={1: b"  "}), "rows.jsonl")
    assert [s.key for s in sources([path])] == [f"{path}:1", f"{path}:3"]
    (row,) = sources([write("\ufefftext\nA port opens. It pays.\n", "x.csv")])
    assert row.read().text == "A port opens. It pays."


def test_ids_in_a_row_that_no_file_can_hold(write):
    """Half of a surrogate pair in an id or a title is escaped, so that the annotation can be written."""
    row = b'{"id": "a\\ud800", "title": "\\udfff", "text": ' + json.dumps(TEXT).encode() + b"}"
    (found,) = sources([write(row, "rows.jsonl")])
    assert dumps(found.read()).encode()


def test_repeated_ids(write):
    """The second gets a number behind it, its own id stays in its source, and no row is left out."""
    rows = [{"id": i, "text": TEXT} for i in ("a", "a-2", "a", "a")]
    found = list(sources([write(table(*rows), "rows.jsonl"), write(TEXT, "a.txt"), write(TEXT, "x/rows-1.txt")]))
    assert [s.doc_id for s in found[:4]] == ["a", "a-2", "a-3", "a-4"]
    assert "id" not in found[0].read().source
    assert found[2].read().source["id"] == "a"
    assert found[4].doc_id == f"{found[4].read().source['path'].split('/')[-2]}-a"


def test_a_column_that_is_missing_is_told_at_the_call(write, parquet):
    """Before anything is read, with the columns that there are."""
    paths = [
        write(table({"body": TEXT}), "a.jsonl"),
        write("body\nx\n", "a.csv"),
        parquet([{"body": TEXT}]),
    ]
    for path in paths:
        with pytest.raises(InputError) as error:
            sources([write(TEXT, "good.txt"), path])
        assert str(error.value) == f"{path}: no column 'text' to take the text from; the columns are: body"
        with pytest.raises(InputError, match="no column 'nr' to take the id from"):
            sources([path], text="body", id="nr")


def test_csv_rows(write):
    """A key has the line on which the row begins, also after cells of several lines; ids count rows."""
    path = write('title,text\n"One","First.\nSecond, and ""third"".\n"\n\nTwo,A port opens. It pays.\n', "r.csv")
    first, second = sources([path])
    assert (first.key, first.doc_id, first.row) == (f"{path}:2", "r-1", 1)
    assert first.text == 'First.\nSecond, and "third".\n'
    assert (second.key, second.doc_id, second.meta) == (f"{path}:6", "r-2", {"title": "Two"})


def test_tsv_rows(write):
    """Tabs part the cells, commas do not."""
    (found,) = sources([write("id\ttext\r\n7\tA port, opened. It pays.\r\n", "r.tsv")])
    assert (found.doc_id, found.text) == ("7", "A port, opened. It pays.")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'1,"a" port\n', "not CSV (',' expected after '\"')"),
        (b"1,A port, it opens\n", "3 cells; the header has 2"),
        (b"1\n", "1 cells; the header has 2"),
        (b"1,\n", "text: no text (empty)"),
        (b"1,a\0b\n", "text: a NUL character at character 1; allowed: text"),
        (b"1,caf\xe9 port\n", "text: not UTF-8 at character 3"),
    ],
)
def test_one_bad_row_of_csv(write, line, problem):
    """It is told with its line, and the rows after it are read."""
    path = write(b"id,text\n" + line + b"2,A port opens. It pays.\n", "r.csv")
    bad, good = sources([path])
    assert bad.problem == f"{path}:2: {problem}"
    assert good.read().text == "A port opens. It pays."


def test_a_quote_that_never_closes(write):
    """It is told where it opens and how far it reaches; without that the rest would be one cell."""
    path = write('id,text\n1,Fine here. Yes.\n2,"A port\n3,Lost here\n', "r.csv")
    assert problems([path]) == [f"{path}:3: not CSV (unexpected end of data, read up to line 4)"]


def test_a_text_of_megabytes(write):
    """The limit of the csv module is far below a long text."""
    long = "The port of Lima pays well. " * 200_000
    (row,) = sources([write(f"id,text\n1,{long}\n", "r.csv")])
    assert row.problem is None
    assert row.text == long


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "r.csv", "a table without rows"),
        (b"id,text\n", "r.csv", "a table without rows"),
        (b"", "r.jsonl", "a table without rows"),
        ("id,text\n1,x\n".encode("utf-16"), "r.csv", "a table in UTF-16; allowed: UTF-8"),
        ('"id,text\n1,x\n', "r.csv", "no header that can be read: unexpected end of data, read up to line 2"),
        (b"PAR1 and nothing more", "r.parquet", "no Parquet, or cut short: "),
        (b"", "r.parquet", "no Parquet, or cut short: "),
    ],
)
def test_tables_that_hold_nothing(write, content, name, problem):
    """The file is told with the reason."""
    path = write(content, name)
    (found,) = problems([path])
    assert found.startswith(f"{path}: {problem}")


def test_tables_are_streams(write, monkeypatch):
    """The first row of a file comes before the rest of it is read."""
    read_lines = 0
    real = json.loads

    def counted(text):
        nonlocal read_lines
        read_lines += 1
        return real(text)

    monkeypatch.setattr("cuibono.ingest.tables.json.loads", counted)
    stream = sources([write(table({"text": TEXT}) * 5000, "rows.jsonl")])
    assert len(list(islice(stream, 3))) == 3
    assert read_lines < 200


def test_parquet_rows(parquet):
    """Rows of all row groups, numbered through; dates come out as ISO."""
    rows = [{"id": i, "text": TEXT, "date": date(2024, 3, 1), "other": [i]} for i in range(5)]
    path = parquet(rows, group=2)
    found = list(sources([path]))
    assert [s.key for s in found] == [f"{path}#{i}" for i in range(1, 6)]
    assert [s.doc_id for s in found] == ["0", "1", "2", "3", "4"]
    assert found[4].meta == {"date": "2024-03-01"}
    assert found[4].read().source["row"] == 5


def test_a_row_group_is_not_held_in_memory(parquet):
    """A page of it is, which is the least that a writer of Parquet lets one read."""
    import pyarrow as pa

    path = parquet([{"text": f"{i} port opens. " * 50} for i in range(20_000)], group=20_000)
    before = pa.total_allocated_bytes()
    peak = max(pa.total_allocated_bytes() - before for _ in sources([path]))
    assert path.stat().st_size > 14_000_000
    assert peak < 5_000_000


def test_bad_rows_of_parquet(parquet):
    """Null, empty, and bytes that are not UTF-8 are told with their row."""
    import pyarrow as pa

    values = pa.array([b"A port opens. It pays.", None, b" ", b"caf\xe9", b"A port opens. It pays."])
    path = parquet(pa.table({"text": values.view(pa.string())}))
    found = list(sources([path]))
    assert [s.problem for s in found] == [
        None,
        f"{path}#2: text: no text (null)",
        f"{path}#3: text: no text (empty)",
        f"{path}#4: not UTF-8 at byte 3 of a cell",
        None,
    ]
    (numbers,) = problems([parquet([{"text": 3}], "numbers.parquet")])
    assert numbers.endswith("#1: text: found a value of type int; allowed: a string")


def test_parquet_cut_short_or_damaged(parquet):
    """Without its end there is no table; with a damaged row group the other groups are read."""
    path = parquet([{"text": f"{i} port opens. It pays."} for i in range(9)], group=3)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    (found,) = problems([path])
    assert found.startswith(f"{path}: no Parquet, or cut short: ")
    from pyarrow import parquet as pq

    path.write_bytes(data)
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    path.write_bytes(data[:start] + b"\xff" * 40 + data[start + 40 :])
    found = list(sources([path]))
    assert [s.row for s in found] == [1, 2, 3, 4, 7, 8, 9]
    assert found[3].problem.startswith(f"{path}#4: damaged, rows 4 to 6 cannot be read: ")


def test_a_saved_dataset(tmp_path):
    """A folder that `save_to_disk` wrote is read as a table, its splits in turn or by name."""
    import datasets

    data = datasets.Dataset.from_list([{"text": TEXT}, {"text": ""}])
    data.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"train": data, "test": data}).save_to_disk(tmp_path / "two")
    first, bad = sources([tmp_path / "one"])
    assert (first.key, first.doc_id, first.read().text) == (f"{tmp_path}/one#1", "one-1", TEXT)
    assert bad.problem == f"{tmp_path}/one#2: text: no text (empty)"
    both = [s.doc_id for s in sources([tmp_path / "two"])]
    assert both == ["two-train-1", "two-train-2", "two-test-1", "two-test-2"]
    assert next(sources([tmp_path / "two"], split="test")).key == f"{tmp_path}/two:test#1"
    with pytest.raises(InputError, match="no split 'dev'; the splits are: train, test"):
        sources([tmp_path / "two"], split="dev")
    with pytest.raises(InputError, match=r"two:train: no column 'body' to take the text from; the columns are: text"):
        sources([tmp_path / "two"], text="body")
    (tmp_path / "one" / "state.json").write_text("{")
    assert problems([tmp_path / "one"])[0].startswith(f"{tmp_path}/one: a data set that cannot be loaded: ")


def test_a_dataset_of_the_hub_without_a_network():
    """One line says that it cannot be loaded and what works offline."""
    (problem,) = problems(["hf:nobody/nothing:train"])
    assert problem.startswith("hf:nobody/nothing:train: cannot be loaded from the hub (offline, a data set that")
    assert "\n" not in problem
    assert problems(["hf:"]) == ["hf:: no data set is named; allowed: hf:NAME or hf:NAME:SPLIT"]


def test_a_dataset_of_the_hub(monkeypatch):
    """It is streamed: one split that is named, or each in turn, also where the columns are not known before."""
    import datasets

    asked = []

    def load_dataset(name, split, streaming):
        asked.append((name, split, streaming))
        data = datasets.Dataset.from_list([{"text": TEXT, "id": "x"}, {"text": TEXT, "id": "x"}]).to_iterable_dataset()
        unknown = datasets.IterableDataset.from_generator(lambda: iter([{"text": TEXT}]))
        return data if split else datasets.IterableDatasetDict({"train": data, "dev": unknown})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    found = list(sources(["hf:some/port:train"]))
    assert [(s.key, s.doc_id) for s in found] == [("hf:some/port:train#1", "x"), ("hf:some/port:train#2", "x-2")]
    assert found[1].read().source["path"] == "hf:some/port:train"
    assert [s.doc_id for s in sources(["hf:some/port"])] == ["x", "x-2", "port-dev-1"]
    assert asked == [("some/port", "train", True), ("some/port", None, True)]


@pytest.mark.parametrize("name", ["x.parquet", "saved", "hf:nobody/nothing"])
def test_without_the_extra(write, monkeypatch, name):
    """What needs the extra says so in a line; the other tables do without."""
    for module in ("datasets", "pyarrow"):
        monkeypatch.setitem(sys.modules, module, None)
    write(b"PAR1", "x.parquet")
    path = write("{}", "saved/dataset_dict.json").parents[1] / name
    with pytest.raises(InputError, match=r'needs the datasets library: pip install "cuibono\[corpus\]"$'):
        sources([name if name.startswith("hf:") else path])
    assert len(list(sources([write(table({"text": TEXT}), "r.jsonl"), write(f'text\n"{TEXT}"\n', "r.csv")]))) == 2


def test_nothing_heavy_is_loaded(folder):
    """Texts and plain tables need neither pyarrow nor datasets."""
    code = f"from cuibono.ingest.sources import sources; import sys; list(sources([{str(folder)!r}]))"
    code += "; assert not {'datasets', 'pyarrow', 'numpy', 'spacy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
