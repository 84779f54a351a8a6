"""Bytes to text, without guessing more than the bytes allow.

The text is exactly ``data.decode(encoding)``: line ends, no-break spaces and everything else stay
as they are, so that offsets hold in the untouched file.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from cuibono.errors import InputError

_MAGIC = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP container (DOCX, ODT, EPUB ...)",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x1f\x8b": "a gzip file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65536
#: Control characters that text files do contain: tab, line feed, form feed, carriage return.
_TEXT_CONTROLS = {"\t", "\n", "\x0b", "\x0c", "\r", "\x85"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the Python codec by which ``data.decode(encoding)`` gives it."""

    text: str
    encoding: str


def decode(data: bytes, path: str | Path) -> Decoded:
    """Decode UTF-8 (with or without BOM), UTF-16, UTF-32 with BOM, or Windows-1252.

    Raises:
        InputError: Empty, binary, or in none of these encodings (with the byte offset).
    """
    if not data:
        raise InputError(path, "the file is empty (0 bytes)")
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise InputError(path, f"binary: this is {what}; allowed: plain text (.txt) or Markdown (.md)")
    controls = sum(byte < 32 and chr(byte) not in _TEXT_CONTROLS for byte in data[:_SAMPLE])
    decoded = _decode(data, path, binary=controls > 0.02 * len(data[:_SAMPLE]))
    _reject_binary(decoded.text, path)
    return decoded


def _decode(data: bytes, path: str | Path, *, binary: bool) -> Decoded:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding, path)
    if (utf16 := _utf16_without_bom(data)) is not None:
        return _strict(data, utf16, path)
    if binary:
        raise InputError(path, "binary: full of control characters; allowed: plain text (.txt) or Markdown (.md)")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        return _windows_1252(data, error, path)


def _strict(data: bytes, encoding: str, path: str | Path) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        raise InputError(path, f"undecodable as {encoding} at byte {error.start}: {error.reason}") from None


def _utf16_without_bom(data: bytes) -> str | None:
    """Latin text in UTF-16 has a zero in nearly every second byte, and none in the others."""
    if len(data) % 2 or len(data) < 8:
        return None
    for encoding, zeros, others in (("utf-16-le", data[1::2], data[::2]), ("utf-16-be", data[::2], data[1::2])):
        if zeros.count(0) > 0.7 * len(zeros) and others.count(0) == 0:
            return encoding
    return None


def _windows_1252(data: bytes, error: UnicodeDecodeError, path: str | Path) -> Decoded:
    """Windows-1252, unless the file is UTF-8 with damage: that would come out as mojibake."""
    where = f"byte {error.start} (0x{data[error.start]:02x})"
    multibyte = sum(1 for ch in data.decode("utf-8", "ignore") if ord(ch) > 127)
    damaged = data.decode("utf-8", "replace").count("\ufffd")
    if multibyte > damaged:
        raise InputError(path, f"undecodable: UTF-8 text that is damaged at {where}: {error.reason}")
    try:
        return Decoded(data.decode("cp1252"), "cp1252")
    except UnicodeDecodeError as other:
        found = f"byte {other.start} (0x{data[other.start]:02x})"
        allowed = "UTF-8, UTF-16 or Windows-1252"
        raise InputError(path, f"undecodable: {found} is none of the allowed encodings {allowed}") from None


def _reject_binary(text: str, path: str | Path) -> None:
    odd = [i for i, ch in enumerate(text) if (ch < " " and ch not in _TEXT_CONTROLS) or "\x7f" <= ch < "\x85"]
    if "\x00" in text or len(odd) > 0.02 * len(text):
        raise InputError(path, f"binary: control character U+{ord(text[odd[0]]):04X} at character {odd[0]}")
    if not text.strip("\ufeff\u200b \t\r\n\x0b\x0c\xa0"):
        raise InputError(path, "nothing but white space")
