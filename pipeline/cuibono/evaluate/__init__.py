"""Score annotations against annotations: align once, count once, derive every measure from that.

This package reads files and knows no model: people and models are scored alike.
"""

from cuibono.evaluate.align import Alignment, align
from cuibono.evaluate.scores import Report, Score, evaluate

__all__ = ["Alignment", "Report", "Score", "align", "evaluate"]
