"""The notebook runs and prints what it shows; the code of the page beside it runs too.

``python -m tests.end_to_end.test_notebook`` writes the notebook's outputs anew.
"""

import contextlib
import io
import json
import re

import cuibono.spacy  # noqa: F401 - the page relies on the entry point
from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "quickstart.ipynb"


def printed(cells: list[dict]) -> list[str]:
    """What the code cells print, run in their order in one namespace and in the notebook's folder."""
    namespace: dict = {"__name__": "__main__"}
    out = []
    with contextlib.chdir(NOTEBOOK.parent):
        for number, cell in enumerate(cells, 1):
            stream = io.StringIO()
            with contextlib.redirect_stdout(stream):
                exec(compile("".join(cell["source"]), f"{NOTEBOOK.name}, code cell {number}", "exec"), namespace)
            out.append(stream.getvalue())
    return out


def code_cells(notebook: dict) -> list[dict]:
    """In their order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown(cell: dict) -> str:
    """The outputs that a cell has in the file."""
    return "".join(line for output in cell["outputs"] for line in output["text"])


def test_the_notebook_prints_what_it_shows():
    """Cell by cell, without Jupyter."""
    cells = code_cells(json.loads(NOTEBOOK.read_text(encoding="utf-8")))
    assert len(cells) > 5
    assert printed(cells) == [shown(cell) for cell in cells]


def test_the_notebook_says_nothing_of_a_machine():
    """No path of the machine on which it was last run."""
    content = NOTEBOOK.read_text(encoding="utf-8")
    assert str(ROOT) not in content
    assert "/home/" not in content


def test_the_code_of_the_page_runs(monkeypatch, capsys):
    """In the repository's folder; the longer text by the quicker model."""
    monkeypatch.setattr("cuibono.api.DEFAULT_MODEL", "rules-v1")
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/python.md").read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "stakes-macro-f1|actor:RUS" in printed
    assert "u2 claim Turkey will profit" in printed


def write_outputs() -> None:
    """Run the notebook and put what it prints into the file."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = code_cells(notebook)
    for number, (cell, text) in enumerate(zip(cells, printed(cells), strict=True), 1):
        output = {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}
        cell.update(execution_count=number, outputs=[output] if text else [])
    content = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    NOTEBOOK.write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_outputs()
