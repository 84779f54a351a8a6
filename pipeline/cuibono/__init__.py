"""cuibono: what a geopolitical commentary says is at stake, and for whom.

Importing the package loads neither spaCy nor a model; the functions that need them do.
"""

from __future__ import annotations

__version__ = "0.1.0"

#: The best model that comes with the package.
DEFAULT_MODEL = "encoder-v1"
