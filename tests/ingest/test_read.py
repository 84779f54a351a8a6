"""Files to documents."""

import pytest

from cuibono.errors import InputError
from cuibono.ingest import read
from tests.conftest import FIRST_DOCUMENT, GOLD


def test_the_first_document_has_the_blocks_of_its_gold():
    """Every block kind and offset as both annotators and the adjudication have them."""
    from cuibono.formats import load

    gold = load(GOLD)[0]
    found = read(FIRST_DOCUMENT)
    assert [(b.start, b.end, b.kind) for b in found.blocks] == [(b.start, b.end, b.kind) for b in gold.blocks]
    assert [b.extra.get("label") for b in found.of_kind("endnote")] == [
        b.extra["label"] for b in gold.of_kind("endnote")
    ]
    counts = {k: len(found.of_kind(k)) for k in ("title", "heading", "pullquote", "endnote", "boilerplate")}
    assert counts == {"title": 2, "heading": 5, "pullquote": 3, "endnote": 13, "boilerplate": 2}


def test_offsets_hold_in_the_untouched_file():
    """The text is the file's content, not a cleaned copy."""
    document = read(FIRST_DOCUMENT)
    assert document.text == FIRST_DOCUMENT.read_bytes().decode()
    assert document.meta["title"].startswith("Iran’s drone factory in Tajikistan")


def test_markdown_blocks_and_offsets(write):
    """Marks are outside the blocks; front matter and code are boilerplate; footnotes are endnotes."""
    text = (
        "---\ntitle: x\n---\n\n# A Port *Too* Far\n\nThe port is open. It has a crane.[^1] It is\nnew.\n\n"
        "## The money ##\n\n> The bank had lent the money.\n\nNobody knew. The bank had lent the money. It waits.\n\n"
        "```\ncode\n```\n\n- An item stands here. It goes on.\n\n[^1]: A report.\n"
    )
    document = read(write(text, "port.md"))
    found = [(b.kind, document.span(b)) for b in document.blocks]
    assert found == [
        ("boilerplate", "---\ntitle: x\n---"),
        ("title", "A Port *Too* Far"),
        ("paragraph", "The port is open. It has a crane.[^1] It is\nnew."),
        ("heading", "The money"),
        ("pullquote", "The bank had lent the money."),
        ("paragraph", "Nobody knew. The bank had lent the money. It waits."),
        ("boilerplate", "```\ncode\n```"),
        ("paragraph", "An item stands here. It goes on."),
        ("endnote", "[^1]: A report."),
    ]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("notes.txt", "[1] One note.\n[2] Another note.\n", "found only: endnote"),
        ("x.pdf", "text", "unknown kind of file '.pdf'; allowed: .txt"),
        ("x", "text", "no suffix"),
    ],
)
def test_what_cannot_be_analysed_is_refused(write, name, content, problem):
    """The reason names what was found and what is allowed."""
    with pytest.raises(InputError, match=problem):
        read(write(content, name))


def test_no_such_file(tmp_path):
    """A missing file is named."""
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "none.txt")
