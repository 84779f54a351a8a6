"""Killed at any moment, a run loses nothing and does nothing twice."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from cuibono.formats import load
from tests.conftest import ROOT
from tests.run.test_run import texts, written


def start(out, folder, workers):
    """The stub's program, going on with what is there."""
    command = [sys.executable, "-m", "tests.run.stub", str(out), str(workers), str(folder)]
    environment = {**os.environ, "STUB_SECONDS": "0.01", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, start_new_session=True)


def finish(process) -> bytes:
    """Wait for a program that gets through; what it said."""
    _, err = process.communicate()
    assert process.returncode == 0, err.decode()
    return err


def killed_at(process, out, target, rng) -> bool:
    """Kill -9 the whole group at a random moment after so many inputs are in the journal; whether it was in time."""
    journal = out / "partial" / "inputs.jsonl"
    while process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") >= target:
            time.sleep(rng.uniform(0, 0.1))
            break
        time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def killed_until_done(out, folder, workers, targets, rng) -> int:
    """Kill a run each time that it gets to a target, then let it get through; how many kills were in time."""
    kills = sum(killed_at(start(out, folder, workers), out, target, rng) for target in targets)
    finish(start(out, folder, workers))
    return kills


@pytest.mark.parametrize("workers", [1, 2])
def test_random_kills(write, tmp_path, workers):
    """The bytes are those of a run that was never interrupted."""
    texts(write, range(100, 164))
    finish(start(tmp_path / "whole", tmp_path / "in", 1))
    assert killed_until_done(tmp_path / "out", tmp_path / "in", workers, [0, 8, 9, 30], random.Random(workers)) >= 3
    assert written(tmp_path / "out") == written(tmp_path / "whole")


@pytest.mark.slow
def test_fifty_random_kills(write, tmp_path):
    """No document lost, none duplicated."""
    texts(write, range(1000, 3000))
    rng = random.Random(0)
    targets = sorted(rng.randrange(1900) for _ in range(50))
    assert killed_until_done(tmp_path / "out", tmp_path / "in", 1, targets, rng) >= 50
    ids = [d.doc_id for d in load(tmp_path / "out" / "annotations.jsonl")]
    assert ids == [str(n) for n in range(1000, 3000)]


def test_a_lock_dies_with_its_process(write, tmp_path):
    """A killed run leaves no lock behind."""
    texts(write, range(100, 200))
    process = start(tmp_path / "out", tmp_path / "in", 1)
    while not (tmp_path / "out" / "partial" / "inputs.jsonl").exists():
        time.sleep(0.01)
    blocked = start(tmp_path / "out", tmp_path / "in", 1)
    assert b"another run" in blocked.communicate()[1]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finish(start(tmp_path / "out", tmp_path / "in", 1))
