"""From units to roles and stakes: one classifier a file behind one protocol, loaded by name."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from cuibono.classify.base import Classifier
from cuibono.errors import ModelError

__all__ = ["Classifier", "find_folder", "load_classifier", "models"]


def load_classifier(name: str) -> Classifier:
    """A classifier by the name of its folder in ``models/``, or by the path of such a folder.

    Raises:
        ModelError: An unknown name, or a folder that is damaged.
    """
    from cuibono.classify.folder import ModelFolder
    from cuibono.classify.rules import Rules

    folder = find_folder(name)
    model = ModelFolder.open(folder)
    kind = model.config.get("kind")
    if kind != "rules":
        raise ModelError(f"{folder / 'config.json'}: kind: found {kind!r}; allowed: rules")
    return Rules(model)


def find_folder(name: str) -> Path:
    """The folder of a model: a path, or a name among those that come with the package."""
    if Path(name).is_dir():
        return Path(name)
    for root in _roots():
        if (root / name / "config.json").is_file():
            return root / name
    raise ModelError(f"model: found {name!r}; allowed: {', '.join(models())}, or the path of a model folder")


def models() -> list[str]:
    """The names of the models that come with the package."""
    return sorted({p.parent.name for root in _roots() for p in root.glob("*/config.json")})


def _roots() -> list[Path]:
    """In a wheel the models lie inside the package, in a checkout beside ``pipeline/``."""
    package = Path(str(resources.files("cuibono")))
    return [root for root in (package / "models", package.parents[1] / "models") if root.is_dir()]
