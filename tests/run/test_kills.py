"""Killed at any moment, a run loses nothing and does nothing twice."""

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


def killed_until_done(out, folder, workers, rng, longest) -> int:
    """Kill -9 the whole group at a random moment, again and again, until a run gets through; how often."""
    for kills in range(200):
        process = start(out, folder, workers)
        try:
            _, err = process.communicate(timeout=rng.uniform(0.3, longest))
            assert process.returncode == 0, err.decode()
            return kills
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    raise AssertionError("never done")


@pytest.mark.parametrize("workers", [1, 2])
def test_random_kills(write, tmp_path, workers):
    """The bytes are those of a run that was never interrupted."""
    texts(write, range(100, 160))
    finish(start(tmp_path / "whole", tmp_path / "in", 1))
    kills = killed_until_done(tmp_path / "out", tmp_path / "in", workers, random.Random(workers), 1.2 * workers)
    assert kills
    assert written(tmp_path / "out") == written(tmp_path / "whole")


@pytest.mark.slow
def test_fifty_random_kills(write, tmp_path):
    """No document lost, none duplicated."""
    texts(write, range(1000, 4000))
    rng, kills, tries = random.Random(0), 0, 0
    while kills < 50:
        out = tmp_path / f"out{tries}"
        kills += killed_until_done(out, tmp_path / "in", 1, rng, 2.0)
        ids = [d.doc_id for d in load(out / "annotations.jsonl")]
        assert ids == [str(n) for n in range(1000, 4000)]
        tries += 1


def test_a_lock_dies_with_its_process(write, tmp_path):
    """A killed run leaves no lock behind."""
    texts(write, range(100, 200))
    process = start(tmp_path / "out", tmp_path / "in", 1)
    while not (tmp_path / "out" / "inputs.jsonl.partial").exists():
        time.sleep(0.01)
    blocked = start(tmp_path / "out", tmp_path / "in", 1)
    assert b"another run" in blocked.communicate()[1]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finish(start(tmp_path / "out", tmp_path / "in", 1))
