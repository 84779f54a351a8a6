"""A review queue: the questions a person should answer, as a table to fill in, and the answers merged back.

``queue`` takes the questions from a comparison, ``write_queue`` and ``read_queue`` are the table, ``merge`` puts the
answers into an annotation. Merging keeps what stood there before and who said it, and says what it could not do.
"""

from cuibono.review.merge import Merged, merge
from cuibono.review.queue import Row, least_sure_of, queue
from cuibono.review.table import NO_UNIT, Decision, read_queue, write_queue

__all__ = ["NO_UNIT", "Decision", "Merged", "Row", "least_sure_of", "merge", "queue", "read_queue", "write_queue"]
