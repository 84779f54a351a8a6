"""Check what a wheel holds: ``python tests/wheel_contents.py dist/*.whl``; used by .ci/run."""

import sys
import zipfile

NEEDED = {
    "cuibono/cli/__init__.py",
    "cuibono/report/templates/comparison.html.j2",
    "cuibono/report/templates/comparison.css",
    "cuibono/report/templates/comparison.js",
    "cuibono/py.typed",
    "cuibono/behaviour.tsv",
    "cuibono/extract/data/states.tsv",
    "cuibono/extract/data/organisations.tsv",
    "cuibono/extract/data/names.tsv",
    "cuibono/models/encoder-v1/config.json",
    "cuibono/models/encoder-v1/stakes.onnx",
    "cuibono/models/rules-v1/config.json",
    "cuibono/models/rules-v1/lexicon.tsv",
    "cuibono/models/rules-v1/roles.json",
}


def problems(path: str) -> list[str]:
    """What is missing, and what should not be there."""
    names = set(zipfile.ZipFile(path).namelist())
    missing = [f"missing: {name}" for name in sorted(NEEDED - names)]
    top = {name.split("/")[0] for name in names}
    strange = [f"not of the package: {name}" for name in sorted(top) if name != "cuibono" and ".dist-info" not in name]
    return missing + strange


if __name__ == "__main__":
    found = problems(sys.argv[1])
    print("\n".join(found) or f"{sys.argv[1]}: holds the package and what it needs")
    sys.exit(bool(found))
