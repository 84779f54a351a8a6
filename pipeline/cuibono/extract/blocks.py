"""From a document to a spaCy ``Doc`` over its view, and component ``cuibono_blocks``.

Blocks are kept as the span group ``doc.spans["blocks"]``, labelled by kind; no sentence may run
from one block into the next.
"""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from cuibono.extract.view import View
from cuibono.ingest import layout

BLOCKS = "blocks"
_VIEW = "cuibono.view"


def make_doc(nlp: Language, view: View) -> Doc:
    """Tokenize a view and mark its blocks; the pipeline's components have not run yet."""
    doc = nlp.make_doc(view.text)
    spans = []
    for piece in view.pieces:
        span = doc.char_span(piece.start, piece.end, label=piece.kind, alignment_mode="expand")
        if span is not None and len(span):
            spans.append(span)
    doc.spans[BLOCKS] = spans
    doc.user_data[_VIEW] = view
    return doc


def offset(token: Token) -> int:
    """Where a token starts in the document (in the doc's own text if it was made without a view)."""
    view: View | None = token.doc.user_data.get(_VIEW)
    return view.origin[token.idx] if view else token.idx


@Language.component("cuibono_blocks")
def start_sentences_at_blocks(doc: Doc) -> Doc:
    """Start a sentence with each block. A doc without blocks, from an ordinary spaCy pipeline, gets
    those of its text's layout.
    """
    if BLOCKS not in doc.spans:
        found = [doc.char_span(b.start, b.end, label=b.kind, alignment_mode="expand") for b in layout.blocks(doc.text)]
        doc.spans[BLOCKS] = [span for span in found if span is not None]
    for span in doc.spans[BLOCKS]:
        doc[span.start].is_sent_start = True
        # The line end between blocks is a token of its own; left to the parser it may open a sentence.
        for token in doc[span.start + 1 : span.end]:
            if token.is_space:
                token.is_sent_start = False
    return doc


def paragraphs(doc: Doc) -> list[Span]:
    """The blocks that carry units."""
    return [span for span in doc.spans[BLOCKS] if span.label_ == "paragraph"]
