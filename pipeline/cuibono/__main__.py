"""``python -m cuibono``."""

import sys

from cuibono.cli import main

sys.exit(main())
