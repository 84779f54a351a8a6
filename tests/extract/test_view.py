"""What the parser reads, and the way back."""

from cuibono.extract.view import view_of
from cuibono.ingest import read


def test_markers_quotes_and_spaces_are_cleaned_and_offsets_lead_back(write):
    """The view has no marker, no curly quote, no double space; each span leads back to the file."""
    text = "Port title\n\nIran’s\xa0port[1]  is “open”.[1] It pays.Then it fell.\n\nIt pays. It will.\n\n[1] A report."
    document = read(write(text))
    view = view_of(document)
    assert 'Iran\'s port is "open". It pays' in view.text
    start = view.text.index('is "open"')
    low, high = view.to_document(start, start + len('is "open"'))
    assert text[low:high] == "is “open”"


def test_blocks_are_apart_and_endnotes_left_out(write):
    """Only title, headings, paragraphs and pull quotes are read."""
    document = read(write("Port title\n\nIt pays.[1] It will.\n\nIt pays still. It will.\n\n[1] A secret report."))
    view = view_of(document)
    assert "secret" not in view.text
    assert [p.kind for p in view.pieces] == ["title", "paragraph", "paragraph"]
    assert view.piece_at(view.text.index("pays")).kind == "paragraph"


def test_markdown_marks_are_not_read(write):
    """Emphasis and link targets are no words."""
    view = view_of(read(write("# T\n\nThe **port** of [Baku](http://x.y/z) is *open*. It pays.\n", "x.md")))
    assert view.text.endswith("The port of Baku is open. It pays.")


def test_from_document_finds_the_same_span(write):
    """There and back again, for every span of the view."""
    document = read(write("Port title\n\nIran’s port[1] is open. It pays.\n\nIt pays still. It will.\n\n[1] A report."))
    view = view_of(document)
    start = document.text.index("port[1]")
    low, high = view.from_document(start, start + len("port[1] is"))
    assert view.text[low:high] == "port is"
    assert view.from_document(document.text.index("[1] A"), len(document.text)) is None
