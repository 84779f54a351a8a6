"""Reading and writing `cuibono/1` files, good ones and bad ones."""

import json

import pytest

from cuibono.errors import AnnotationError, InputError
from cuibono.formats import dump, dumps, load
from tests.conftest import FIRST_DOCUMENT, GOLD


def changed(path, **fields) -> str:
    """The JSON of a file with top-level fields changed."""
    return json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields)


def test_the_gold_is_written_as_it_was_read(tmp_path):
    """Load and dump are inverse to each other, byte for byte."""
    dump(load(GOLD)[0], tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == GOLD.read_bytes()


def test_many_documents_are_one_a_line(tmp_path, document):
    """A `.jsonl` file has as many lines as documents, in their order."""
    docs = [document((0, 3, "claim", {"RUS": "none"}), doc_id=f"d{i}") for i in range(3)]
    dump(docs, tmp_path / "x.jsonl")
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 3
    assert load(tmp_path / "x.jsonl") == docs


def test_stand_off_annotations_find_their_texts(tmp_path):
    """The text is looked up as <doc_id>.txt, and must have the hash."""
    dump(load(GOLD)[0].without_text(), tmp_path / "bare.json")
    assert load(tmp_path / "bare.json")[0].text is None
    (tmp_path / "iran-drone-factory.txt").write_bytes(FIRST_DOCUMENT.read_bytes())
    assert load(tmp_path / "bare.json", texts=tmp_path)[0] == load(GOLD)[0]
    (tmp_path / "iran-drone-factory.txt").write_bytes(FIRST_DOCUMENT.read_bytes() + b"!")
    with pytest.raises(AnnotationError, match="text_sha256"):
        load(tmp_path / "bare.json", texts=tmp_path)


def test_a_missing_text_is_named(tmp_path):
    """The error says which file was looked for."""
    dump(load(GOLD)[0].without_text(), tmp_path / "bare.json")
    with pytest.raises(InputError, match=r"iran-drone-factory\.txt: no such file"):
        load(tmp_path / "bare.json", texts=tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schema": "cuibono/2"}, "schema: found 'cuibono/2'; allowed: cuibono/1"),
        ({"schema": None}, "schema"),
        ({"text_sha256": "0" * 64}, "text_sha256"),
        ({"text": None, "text_sha256": "abc"}, "64 hex digits"),
        ({"units": [{"id": "u1", "start": 0, "end": 10**6, "role": "claim"}]}, r"units\[0\].*offsets up to"),
        ({"units": [{"id": "u1", "start": 0, "end": 9, "role": "thesis"}]}, r"units\[0\]\.role: found 'thesis'"),
        ({"units": [{"id": "u1", "start": "0", "end": 9, "role": "claim"}]}, r"units\[0\]\.start"),
        (
            {"units": [{"id": "u1", "start": 0, "end": 9, "role": "claim", "stakes": {"RUS": {"label": "good"}}}]},
            r"units\[0\]\.stakes\.RUS\.label: found 'good'; allowed: challenge, opportunity, mixed, none",
        ),
        ({"units": {}}, None),
        ({"units": {"a": 1}}, "units: found .* allowed: a list"),
        ({"actors": ["RUS"]}, "actors"),
        ({"annotator": {"name": "a", "kind": "robot"}}, "annotator.kind"),
        ({"doc_id": ""}, "doc_id"),
    ],
)
def test_a_broken_file_is_one_clear_line(write, fields, message):
    """File, place, what was found, what is allowed: in one line."""
    path = write(changed(GOLD, **fields), "broken.json")
    if message is None:
        load(path)
        return
    with pytest.raises(AnnotationError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_the_line_of_a_broken_record_is_named(write, document):
    """In a file of many the line is part of the place."""
    good = dumps(document())
    with pytest.raises(InputError, match="line 2"):
        load(write(f"{good}\n{{not json\n", "x.jsonl"))
    with pytest.raises(AnnotationError, match=r"x\.jsonl:2: schema"):
        load(write(f'{good}\n{{"schema": "other"}}\n', "x.jsonl"))


@pytest.mark.parametrize(("content", "message"), [(b"", "not JSON"), (b"\xff\xfe{", "UTF-8"), (b"[]", "JSON object")])
def test_no_annotation_at_all(write, content, message):
    """Empty, undecodable, or JSON of another shape."""
    with pytest.raises((InputError, AnnotationError), match=message):
        load(write(content, "x.json"))


def test_no_such_file(tmp_path):
    """A missing file is named."""
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.json")


def test_a_folder_is_read_file_by_file_without_its_subfolders(tmp_path, document):
    """First passes lie in subfolders; texts may lie in subfolders of theirs."""
    (tmp_path / "labels" / "first-pass").mkdir(parents=True)
    (tmp_path / "texts" / "sub").mkdir(parents=True)
    for place, doc_id in (("b", "d2"), ("a", "d1"), ("first-pass/c", "d3")):
        doc = document((0, 3, "claim", {"RUS": "none"}), doc_id=doc_id)
        dump(doc.without_text(), tmp_path / "labels" / f"{place}.json")
        (tmp_path / "texts" / "sub" / f"{doc_id}.txt").write_text(doc.text, encoding="utf-8", newline="")
    found = load(tmp_path / "labels", tmp_path / "texts")
    assert [d.doc_id for d in found] == ["d1", "d2"]
    assert all(d.text for d in found)


def test_a_folder_without_annotations_is_an_error(tmp_path):
    """Rather than an empty list, which would be scored as nothing."""
    with pytest.raises(InputError, match="no annotation in this folder"):
        load(tmp_path)
