"""On Ray: what this process would write, whoever of the workers dies.

Ray talks over the loopback, so sockets are open here; it listens nowhere else.
"""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from cuibono.cli import main
from cuibono.document import Document, sha256
from cuibono.errors import CuibonoError, InputError, ModelError
from cuibono.run import ANNOTATIONS, Here
from cuibono.run.ray_engine import Ray
from cuibono.run.ray_pool import HELD
from tests.conftest import ROOT
from tests.run.stub import Make, MakeNone, MakeWatched
from tests.run.test_run import go, texts, written

if importlib.util.find_spec("ray") is None:
    if os.environ.get("CI"):
        raise RuntimeError("the extra ray is not installed")
    pytest.skip("the extra ray is not installed", allow_module_level=True)

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def ray():
    """A Ray with two CPUs, to which this process is connected; its workers find the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        engine = Ray(Make(), 2)
        engine.start()
        import ray

        yield ray
        ray.shutdown()


def documents(numbers) -> list[Document]:
    """Documents named by their numbers."""
    return [Document(str(n), f"Text {n}.", sha256(f"Text {n}.")) for n in numbers]


def watched(tmp_path, *seconds) -> MakeWatched:
    """What shows what it is at."""
    (tmp_path / "seen").mkdir()
    return MakeWatched(str(tmp_path / "seen"), seconds or (0.0,))


def begun(tmp_path) -> dict[str, list[int]]:
    """Of each text the processes that began it."""
    return {p.name: [int(pid) for pid in p.read_text().split()] for p in (tmp_path / "seen").iterdir()}


def test_without_ray(monkeypatch):
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(CuibonoError, match=r'^--engine ray needs Ray: pip install "cuibono\[ray\]"$'):
        list(Ray(Make(), 2).results([]))


def free_port() -> int:
    """On which nothing listens."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def test_a_cluster_that_is_not_there(write, tmp_path, capsys):
    """One line names the address, soon, and the folder holds no run yet."""
    address = f"127.0.0.1:{free_port()}"
    start = time.monotonic()
    with pytest.raises(InputError, match=f"^{address}: no Ray cluster can be reached there: Connection refused$"):
        next(Ray(Make(), 2, address).results([]))
    assert time.monotonic() - start < 10
    with pytest.raises(InputError, match=r"^nowhere: no Ray cluster that can be used: "):
        next(Ray(Make(), 2, "nowhere").results([]))
    options = ["--model", "rules-v1", "--engine", "ray", "--ray-address", address, "--out", str(tmp_path / "out")]
    assert main(["run", str(write("The port was opened in May.")), *options]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"error: {address}: ")
    assert not (tmp_path / "out" / "inputs.jsonl.partial").exists()


def test_an_address_is_for_ray(write, tmp_path, capsys):
    """With the other engine it is a wrong command line."""
    assert main(["run", str(write("A text.")), "--ray-address", "auto", "--out", str(tmp_path / "out")]) == 2
    assert "--ray-address: found --engine local; allowed: --engine ray" in capsys.readouterr().err


def test_it_writes_what_one_process_writes(ray, write, tmp_path):
    """All files have the same bytes, with bad texts, twins and a document that kills its worker twice."""
    assert ray.is_initialized()
    paths = [*texts(write, range(100, 140)), write("raise this", "in/r.txt"), *texts(write, range(200, 220))]
    paths += [write("refuse this", "in/s.txt"), write("", "in/empty.txt"), write(paths[0].read_text(), "in/twin.txt")]
    go(paths, tmp_path / "here")
    go(paths, tmp_path / "ray", engine=Ray(Make(), 2))
    assert written(tmp_path / "ray") == written(tmp_path / "here")


def test_a_document_that_kills_is_a_failure(ray, write, tmp_path):
    """It alone; those of its batch and of the batches behind are annotated."""
    assert ray.is_initialized()
    paths = [*texts(write, range(100, 120)), write("die here", "in/killer.txt"), *texts(write, range(120, 130))]
    done = go(paths, tmp_path / "ray", engine=Ray(Make(), 2))
    assert [d.problem for d in done if d.problem] == ["killer: the process that annotated it died"]
    paths.pop(20)
    go(paths, tmp_path / "here")
    assert (tmp_path / "ray" / ANNOTATIONS).read_bytes() == (tmp_path / "here" / ANNOTATIONS).read_bytes()


def test_a_killed_worker_loses_nothing(ray, write, tmp_path, capsys):
    """What it was at is done again, once; the bytes are those of a run without a kill. Ray says nothing."""
    assert ray.is_initialized()
    paths = texts(write, [*range(100, 120), 0, *range(120, 163)])
    go(paths, tmp_path / "here")
    # The text named 0 is not through before its process is killed.
    make = replace(watched(tmp_path), last="killed")

    def kill():
        while not (pids := begun(tmp_path).get("0")):
            time.sleep(0.01)
        os.kill(pids[0], signal.SIGKILL)
        (tmp_path / "seen" / "killed").touch()

    killer = threading.Thread(target=kill)
    killer.start()
    done = go(paths, tmp_path / "ray", engine=Ray(make, 2))
    killer.join()
    assert len(done) == 64
    assert written(tmp_path / "ray") == written(tmp_path / "here")
    seen = begun(tmp_path)
    again = [name for name, pids in seen.items() if len(pids) > 1]
    assert "0" in again
    # Of one batch, and each by another process.
    assert len(again) <= 8
    assert all(len({*pids}) == len(pids) <= 2 for pids in seen.values())
    assert capsys.readouterr().out == ""


def test_results_are_in_order_and_batches_wait(ray, tmp_path):
    """However long each takes; no more are drawn than may be held, and while one is slow the others go on."""
    assert ray.is_initialized()
    drawn = []

    def batches():
        for n in range(60):
            drawn.append(n)
            yield documents([n])

    # The first is through when the last of those that may be drawn was begun.
    last = str(2 * HELD - 1)
    results = Ray(replace(watched(tmp_path), last=last), 2).results(batches())
    (first,) = next(results)
    assert '"doc_id": "0"' in first.line
    assert last in begun(tmp_path)
    assert len(drawn) == 2 * HELD
    for handed, (one,) in enumerate(results, 2):
        assert f'"doc_id": "{handed - 1}"' in one.line
        assert len(drawn) - handed < 2 * HELD
    assert len(drawn) == handed == 60


def test_uneven_batches(ray, tmp_path):
    """Slow and fast ones, of none and of several documents, come in their order."""
    assert ray.is_initialized()
    sizes = [n * 7 % 5 for n in range(60)]
    given = [documents(range(10 * n, 10 * n + size)) for n, size in enumerate(sizes)]
    make = watched(tmp_path, 0.05, 0.0, 0.01, 0.0, 0.02, 0.0, 0.0)
    assert list(Ray(make, 2).results(given)) == list(Here(make).results(given))


def test_no_input_is_no_work(ray):
    """Nor is it an error; no model is loaded for it."""
    assert ray.is_initialized()
    assert list(Ray(MakeNone(), 2).results([])) == []
    assert list(Ray(MakeNone(), 2).results([[], []])) == [[], []]


def test_a_broken_off_run_ends_its_workers(ray, tmp_path):
    """They are gone, and the Ray that was there before is not."""
    make = watched(tmp_path, 0.05)
    results = Ray(make, 2).results(documents([n]) for n in range(1000))
    next(results)
    results.close()
    assert ray.is_initialized()
    assert begun(tmp_path)
    assert gone(pid for pids in begun(tmp_path).values() for pid in pids)


def gone(pids) -> bool:
    """Whether these processes end within seconds."""
    end = time.monotonic() + 20
    for pid in pids:
        while time.monotonic() < end:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.05)
        else:
            return False
    return True


def test_a_model_that_a_worker_cannot_load(ray):
    """One line, the worker's reason in it."""
    assert ray.is_initialized()
    with pytest.raises(ModelError, match=r"^Ray: a worker cannot load the models: models/lost: no such model$"):
        list(Ray(MakeNone(), 1).results([documents([1])]))


def test_no_cpu_is_free(ray, monkeypatch):
    """After a time that is said, not a hang."""
    from cuibono.run import ray_pool

    class Busy:
        """Holds the CPUs."""

    holder = ray.remote(num_cpus=2)(Busy).remote()
    ray.get(holder.__ray_ready__.remote())
    monkeypatch.setattr(ray_pool, "START", 0.5)
    with pytest.raises(CuibonoError, match="no worker began in 0 seconds; 0 CPUs are free"):
        list(Ray(Make(), 1).results([documents([1])]))
    ray.kill(holder)


def test_more_workers_than_cpus(ray, write, tmp_path):
    """Those for which there is room do the work."""
    assert ray.is_initialized()
    paths = texts(write, range(100, 140))
    go(paths, tmp_path / "here")
    go(paths, tmp_path / "ray", engine=Ray(Make(), 5))
    assert written(tmp_path / "ray") == written(tmp_path / "here")


def test_the_command(ray, write, tmp_path):
    """--engine ray writes what --engine local writes."""
    assert ray.is_initialized()
    texts(write, "abcdef")
    options = ["run", str(tmp_path / "in"), "--actor", "Peru", "--model", "rules-v1", "--quiet"]
    assert main([*options, "--out", str(tmp_path / "local")]) == 0
    assert main([*options, "--out", str(tmp_path / "ray"), "--engine", "ray"]) == 0
    assert (tmp_path / "ray" / ANNOTATIONS).read_bytes() == (tmp_path / "local" / ANNOTATIONS).read_bytes()


#: A run on a cluster.
JOINED = """
import sys
from tests.run.stub import Make
from tests.run.test_ray import documents
from cuibono.run.ray_engine import Ray
given = [documents([n, n + 1]) for n in range(20)]
print(sum(map(len, Ray(Make(), 2, sys.argv[1]).results(given))))
import ray
print(ray.is_initialized())
"""


def test_a_cluster_that_was_joined_is_left(ray):
    """The run is done on it, and it goes on without it."""
    command = [sys.executable, "-c", JOINED, ray.get_runtime_context().gcs_address]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert (run.stdout, run.returncode) == ("40\nFalse\n", 0), run.stderr
    assert [len(found) for found in Ray(Make(), 1).results([documents([1, 2])])] == [2]


#: A run that does not end by itself, on a Ray of its own.
ENDLESS = """
import sys
from itertools import repeat
from tests.run.stub import MakeWatched
from tests.run.test_ray import documents
from cuibono.run.ray_engine import Ray
engine = Ray(MakeWatched(sys.argv[1], (0.01,)), 1)
try:
    for n, _ in enumerate(engine.results(map(documents, repeat([1])))):
        import ray
        if n == 0:
            print(ray.get_runtime_context().gcs_address, flush=True)
except KeyboardInterrupt:
    print(ray.is_initialized(), flush=True)
"""


def test_a_ray_of_its_own(tmp_path):
    """It is open to this machine alone, reports nothing, and ends with the run, also when that is interrupted."""
    (tmp_path / "seen").mkdir()
    command = [sys.executable, "-c", ENDLESS, str(tmp_path / "seen")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("RAY_ADDRESS", None)
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline().startswith("127.0.0.1:"), run.communicate()[1]
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=240)
    assert (out, run.returncode) == ("False\n", 0), err
    assert "Traceback" not in err
    (pids,) = begun(tmp_path).values()
    assert gone(pids)
