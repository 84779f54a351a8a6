"""Annotation files in and out: ``load(path)`` and ``dump(documents, path)``, one small file a format."""

from cuibono.formats.jsonl import dump, dumps, load, stream

__all__ = ["dump", "dumps", "load", "stream"]
