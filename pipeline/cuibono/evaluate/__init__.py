"""Score annotations against annotations: align once, count once, derive every measure from that.

This package reads files and knows no model: people and models are scored alike.
"""

from cuibono.evaluate.align import Alignment, align
from cuibono.evaluate.compare import Comparison, compare
from cuibono.evaluate.pairwise import Report, Settings, evaluate
from cuibono.evaluate.scores import Score

__all__ = ["Alignment", "Comparison", "Report", "Score", "Settings", "align", "compare", "evaluate"]
