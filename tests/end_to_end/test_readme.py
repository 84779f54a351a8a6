"""The README shows what its commands print."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
#: ```console blocks: lines that begin with "$ " are commands, what follows is their output.
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def sessions() -> list[tuple[str, str]]:
    """Each command of the README with the output that it shows."""
    out = []
    for block in CONSOLE.findall(README):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            out.append((command, shown))
    return out


def printed(command: str, folder: Path) -> str:
    """What a command prints to both streams, in a folder that looks like a checkout."""
    merged = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(command, shell=True, cwd=folder, text=True, check=False, **merged).stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The files that the README's commands name, and nothing that they may spoil."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("data", "models"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def expand(command: str) -> str:
    """`make run` by its recipe, since the environment is already there; `cuibono` by the module."""
    if command.startswith("make "):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        recipe = re.search(rf"^{command.split()[1]}:.*\n((?:\t.*\n)+)", makefile, re.M).group(1)
        variables = dict(re.findall(r"^(\w+) := (.*)$", makefile, re.M))
        for _ in variables:
            recipe = re.sub(r"\$\((\w+)\)", lambda m: variables.get(m[1], m[0]), recipe)
        command = " && ".join(line.strip("\t@") for line in recipe.splitlines())
    return re.sub(r"(\.venv/bin/)?cuibono ", f"{shlex.quote(str(_python()))} -m cuibono ", command)


def _python() -> Path:
    import sys

    return Path(sys.executable)


@pytest.mark.parametrize(("command", "shown"), sessions(), ids=[c for c, _ in sessions()])
def test_a_command_prints_what_the_readme_shows(checkout, command, shown):
    """Line by line; the README may cut a long output with a line of three dots."""
    if command.startswith(("git ", "cd ", "make test")):
        pytest.skip("clones or calls the tests themselves")
    real = [line.rstrip() for line in printed(expand(command), checkout).splitlines()]
    at = 0
    for part in re.split(r"^\.\.\.$\n?", shown, flags=re.M):
        lines = [line.rstrip() for line in part.splitlines()]
        if not lines:
            continue
        starts = [i for i in range(at, len(real)) if real[i : i + len(lines)] == lines]
        assert starts, f"not printed by `{command}`:\n{part}\nbut:\n" + "\n".join(real)
        at = starts[0] + len(lines)


def test_the_two_commands_stand_at_the_top():
    """A newcomer sees them without scrolling."""
    top = "\n".join(README.splitlines()[:30])
    assert "make run" in top
    assert "make test" in top


def test_links_in_the_documents_lead_somewhere():
    """Relative links of README, CONTRIBUTING and docs name files that are there."""
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
