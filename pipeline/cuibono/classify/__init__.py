"""From units to roles and stakes: one classifier a file behind one protocol, loaded by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from cuibono.classify.abstain import abstaining
from cuibono.classify.base import Classifier
from cuibono.document import Annotator
from cuibono.errors import ModelError

__all__ = ["HUB", "Classifier", "annotator_of", "find_folder", "load_classifier", "models"]

#: What the name of a model from the Hugging Face hub, or of a local transformers folder, begins with.
HUB = "hub:"


def load_classifier(name: str, *, abstain_below: float = 0.0, label_map: Mapping[str, str] | None = None) -> Classifier:
    """A classifier by the name of its folder in ``models/``, by the path of such a folder, or as ``hub:NAME_OR_PATH``.

    Args:
        name: Which.
        abstain_below: Write ``none`` where the probability of a stakes label is less.
        label_map: For a hub model: its labels to ours, where they do not speak for themselves.

    Raises:
        ModelError: An unknown name, a folder that is damaged, or something that the model needs is missing.
        ValueError: ``abstain_below`` is no probability.
    """
    _check_limit(abstain_below)
    if name.startswith(HUB):
        from cuibono.classify.hub import Hub

        classifier: Classifier = Hub(name.removeprefix(HUB), label_map)
    else:
        classifier = _open(find_folder(name))
    if not abstain_below:
        return classifier
    from cuibono.classify.abstain import Abstaining

    return Abstaining(classifier, abstain_below)


def annotator_of(name: str, *, abstain_below: float = 0.0, label_map: Mapping[str, str] | None = None) -> Annotator:
    """Who will be written into the annotations of a classifier, with its hash; no network of ours is loaded for it.

    Args and errors as for :func:`load_classifier`; what only loading tells is not found.
    """
    from cuibono.classify.folder import ModelFolder

    if name.startswith(HUB):  # the hub alone knows which revision it is
        return load_classifier(name, abstain_below=abstain_below, label_map=label_map).annotator
    _check_limit(abstain_below)
    return abstaining(ModelFolder.open(find_folder(name)).annotator, abstain_below)


def _check_limit(abstain_below: float) -> None:
    if not 0.0 <= abstain_below <= 1.0:
        raise ValueError(f"abstain_below: found {abstain_below}; allowed: a probability, 0 to 1")


def _open(folder: Path) -> Classifier:
    from cuibono.classify.folder import ModelFolder

    model = ModelFolder.open(folder)
    kind = model.config.get("kind")
    if kind == "rules":
        from cuibono.classify.rules import Rules

        return Rules(model)
    if kind == "encoder":
        from cuibono.classify.encoder import Encoder

        return Encoder(model)
    if kind == "linear":
        from cuibono.classify.linear import Linear

        return Linear(model)
    raise ModelError(f"{folder / 'config.json'}: kind: found {kind!r}; allowed: rules, linear, encoder")


def find_folder(name: str) -> Path:
    """The folder of a model: a path, or a name among those that come with the package."""
    if Path(name).is_dir():
        return Path(name)
    for root in _roots():
        if (root / name / "config.json").is_file():
            return root / name
    raise ModelError(
        f"model: found {name!r}; allowed: {', '.join(models())}, the path of a model folder, or {HUB}NAME_OR_PATH"
    )


def models() -> list[str]:
    """The names of the models that come with the package."""
    return sorted({p.parent.name for root in _roots() for p in root.glob("*/config.json")})


def _roots() -> list[Path]:
    """In a wheel the models lie inside the package, in a checkout beside ``pipeline/``."""
    package = Path(str(resources.files("cuibono")))
    return [root for root in (package / "models", package.parents[1] / "models") if root.is_dir()]
