"""What a user waits for. The bounds are wide: machines are noisy."""

import subprocess
import sys
import time

import pytest

from tests.conftest import FIRST_DOCUMENT


def run(*args: str) -> float:
    """Seconds that a command takes from start to end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "cuibono", *args], check=True, capture_output=True)
    return time.perf_counter() - start


def test_help_is_quick():
    """The best of three is under half a second."""
    assert min(run("--help") for _ in range(3)) < 0.5


#: Prints the peak memory in KiB. Linux keeps it by image; ru_maxrss would begin with that of the parent.
PEAK = "next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))"
#: Model -> seconds and GiB.
LIMITS = {"rules-v1": (8, 1), "encoder-v1": (30, 2)}


@pytest.mark.parametrize("model", LIMITS)
def test_one_document_is_quick_and_small(tmp_path, model):
    """Warm, start-up included; the memory is that of the process itself."""
    seconds, size = LIMITS[model]
    args = ("run", str(FIRST_DOCUMENT), "--model", model, "--out", str(tmp_path), "-q")
    run(*args)
    assert run(*args) < seconds
    if not sys.platform.startswith("linux"):
        pytest.skip("the peak memory is read as Linux has it")
    code = f"from cuibono.cli import main; main({list(args)}); print({PEAK})"
    peak = int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert peak < size << 20
