"""Bytes to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuibono.errors import InputError
from cuibono.ingest.decode import decode

TEXT = "Iran’s “drone factory”\r\nin\xa0Tajikistan – café.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_text_is_the_decoded_bytes_unchanged(encoding):
    """Line ends, no-break spaces and quotes stay; the encoding that is reported gives the same text."""
    data = TEXT.encode(encoding)
    decoded = decode(data, "x.txt")
    assert decoded.text == TEXT
    assert data.decode(decoded.encoding) == TEXT


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b" \n\t\r\n ", "white space"),
        ("\ufeff \n".encode(), "white space"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PK\x03\x04....", "DOCX"),
        (bytes(range(256)) * 8, "binary"),
        (b"caf\xe9 \x81 is", "byte 5"),
        ("Moskau für Österreich über".encode() + b"\xff\xfe" + "größer".encode(), "damaged at byte"),
        (b"\xff\xfe\x00", "undecodable"),
    ],
)
def test_what_is_no_text_is_refused_with_a_reason(data, problem):
    """Never mojibake: a file that is not certainly one of the encodings is refused."""
    with pytest.raises(InputError, match=problem):
        decode(data, "x.txt")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_any_utf8_text_is_read_as_it_is(text):
    """UTF-8 is never taken for anything else."""
    if text.startswith("\ufeff") or not text.strip("\ufeff\u200b \t\r\n\xa0"):
        return
    assert decode(text.encode(), "x.txt").text == text
