"""What a user waits for. The bounds are wide: machines are noisy."""

import resource
import subprocess
import sys
import time

from tests.conftest import FIRST_DOCUMENT


def run(*args: str) -> float:
    """Seconds that a command takes from start to end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "cuibono", *args], check=True, capture_output=True)
    return time.perf_counter() - start


def test_help_is_quick():
    """The best of three is under half a second."""
    assert min(run("--help") for _ in range(3)) < 0.5


def test_one_document_is_quick_and_small(tmp_path):
    """Under eight seconds warm, start-up included, and under 1 GiB."""
    args = ("run", str(FIRST_DOCUMENT), "--out", str(tmp_path), "-q")
    run(*args)
    assert run(*args) < 8
    # ru_maxrss of the children is the largest of them, in KiB on Linux and bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert peak < (1 << 20 if sys.platform == "linux" else 1 << 30)
