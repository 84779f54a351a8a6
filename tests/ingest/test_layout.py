"""Blocks of plain text, by rules that no single document has inspired."""

from itertools import pairwise

import pytest

from cuibono.ingest.layout import blocks

PARAGRAPH = "The port was opened in May. It has four berths and a crane. Ships call there twice a week."
OTHER = "Nobody expected the second berth to pay. The bank had lent the money on easy terms, and it waited."


def kinds(text: str) -> list[str]:
    """The kind of each block in order."""
    return [b.kind for b in blocks(text)]


def test_blocks_cover_the_lines_and_never_overlap():
    """Each block is a line of the text without white space at its edges."""
    text = f"  A Port Too Far \n\n{PARAGRAPH}\n\n{OTHER}\n"
    found = blocks(text)
    assert [text[b.start : b.end] for b in found] == ["A Port Too Far", PARAGRAPH, OTHER]
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(newline):
    """The blocks are the same; the offsets count the line ends as they are."""
    text = newline.join(["A Port Too Far", "", PARAGRAPH, "", "What Comes Next", "", OTHER])
    assert kinds(text) == ["title", "paragraph", "heading", "paragraph"]
    assert text[blocks(text)[3].start :] == OTHER


def test_a_short_title_before_the_full_headline():
    """Both lines are title where the second repeats the first."""
    assert (
        kinds(f"Port of call\n\nA port of call: why it was built at all\n\n{PARAGRAPH}\n\n{OTHER}")[:2] == ["title"] * 2
    )


def test_a_first_heading_is_no_second_title():
    """A heading under the title that says something else stays a heading."""
    assert kinds(f"A Port Too Far\n\nThe money\n\n{PARAGRAPH}\n\n{OTHER}")[:2] == ["title", "heading"]


def test_a_standfirst_is_a_heading():
    """One sentence under the title, where paragraphs otherwise have several."""
    text = f"A Port Too Far\n\nThe harbour that nobody asked for is open.\n\n{PARAGRAPH}\n\n{OTHER}\n\n{PARAGRAPH}"
    assert kinds(text)[:3] == ["title", "heading", "paragraph"]


def test_a_lead_among_short_paragraphs_is_a_paragraph():
    """Where single sentences are the rule, the first one is news, not a standfirst."""
    single = "The minister left the room before the vote."
    text = (
        f"A Port Too Far\n\nThe harbour that nobody asked for is open.\n\n{single}\n\n{single[:-1]} again.\n\n{OTHER}"
    )
    assert kinds(text)[1] == "paragraph"


def test_a_pull_quote_repeats_the_text_whatever_its_marks():
    """Other quotes, a missing marker, a capital and a cut end do not hide the repetition."""
    quote = "“The bank had lent the money on easy terms”"
    marked = OTHER.replace("easy terms", "easy terms[1]")
    found = kinds(f"A Port Too Far\n\n{quote}\n\n{PARAGRAPH}\n\n{marked}\n\n[1] Annual report.")
    assert found == ["title", "pullquote", "paragraph", "paragraph", "endnote"]


def test_a_short_paragraph_that_is_only_alike_is_none():
    """Shared words are not repetition."""
    assert "pullquote" not in kinds(f"A Port Too Far\n\nThe bank lent money to others too.\n\n{OTHER}\n\n{PARAGRAPH}")


@pytest.mark.parametrize("label", ["[{}]", "{}.", "[^{}]:"])
def test_endnotes_count_up_from_one(label):
    """A list of notes at the end, with markers in the text or a heading above."""
    notes = "\n".join(f"{label.format(i)} Report number {i}, 2021." for i in (1, 2, 3))
    text = f"A Port Too Far\n\n{PARAGRAPH[:-1]}[1].\n\n{OTHER}\n\nNotes\n\n{notes}"
    found = blocks(text)
    assert [b.kind for b in found][-4:] == ["heading", "endnote", "endnote", "endnote"]
    assert [b.extra["label"] for b in found if b.kind == "endnote"] == ["1", "2", "3"]


def test_a_numbered_list_in_the_text_is_no_list_of_notes():
    """Without markers that point to it, and without a heading, 1. 2. 3. is an argument."""
    listed = "\n\n".join(f"{i}. {PARAGRAPH}" for i in (1, 2, 3))
    assert "endnote" not in kinds(f"A Port Too Far\n\n{OTHER}\n\n{listed}")


@pytest.mark.parametrize(
    "line",
    ["Related Posts", "Share this on Twitter", "Search this site", "By A. N. Other", "12 May 2021", "Tags: ports",
     "© 2021 The Institute. All rights reserved.", "Read more", "Subscribe to our newsletter", "Comments (3)"],
)  # fmt: skip
def test_site_furniture_is_boilerplate(line):
    """By its wording, in the head as in the tail."""
    found = blocks(f"A Port Too Far\n\n{line}\n\n{PARAGRAPH}\n\n{OTHER}\n\n{line}")
    assert [b.kind for b in found] == ["title", "boilerplate", "paragraph", "paragraph", "boilerplate"]


def test_what_stands_behind_the_notes_is_boilerplate():
    """Short lines in the tail by their place, whatever they say."""
    text = f"A Port Too Far\n\n{PARAGRAPH}[1]\n\n{OTHER}\n\n[1] A report.\n\nWhere to find us\n\nFour more things"
    assert kinds(text)[-2:] == ["boilerplate", "boilerplate"]


def test_an_author_biography_is_boilerplate():
    """The paragraph that introduces the author is no part of the argument."""
    text = f"A Port Too Far\n\n{PARAGRAPH}\n\n{OTHER}\n\nThe author is a research fellow at an institute for ports."
    assert kinds(text)[-1] == "boilerplate"


def test_hand_wrapped_lines_are_one_paragraph():
    """Lines that are nearly full and end in mid-sentence belong together."""
    wrapped = (
        "The port was opened in May, which nobody had thought\npossible, with four berths and a crane that was built\n"
        "far away and came by sea. Ships call there."
    )
    text = f"A Port Too Far\n\n{wrapped}\n\n{wrapped}"
    assert kinds(text) == ["title", "paragraph", "paragraph"]


def test_a_long_text_without_title():
    """One paragraph alone is a paragraph."""
    assert kinds(PARAGRAPH) == ["paragraph"]
    assert kinds("Russia loses") == ["paragraph"]
