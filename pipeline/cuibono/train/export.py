"""A trained network as ONNX: weights stored as small integers, in files that git hosts take."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from cuibono.train.network import pad

#: Git hosts refuse files of 100 MB.
_LARGEST = 90_000_000
#: A matrix with fewer numbers is stored as it is.
_SMALL = 4096
_AXES = {
    "ids": {0: "windows", 1: "tokens"},
    "mask": {0: "windows", 1: "tokens"},
    "units": {0: "windows", 1: "units", 2: "tokens"},
    "logits": {0: "windows", 1: "units"},
    "weights": {0: "windows", 1: "units", 2: "tokens"},
}


def export(network: nn.Module, path: Path, *, quantized: bool = True) -> list[str]:
    """Write a network as ONNX.

    Args:
        network: A :class:`UnitClassifier`, or another network with the same inputs.
        path: Of the ``.onnx`` file; weights of a large network lie beside it in ``<name>.0``, ``<name>.1`` ...
        quantized: Store weights as 8-bit integers.

    Returns:
        The names of the files written.
    """
    full = path.with_suffix(".full.onnx")
    _trace(network, full)
    if quantized:
        _quantize(full, path)
        full.unlink()
    else:
        full.replace(path)
    return _spread(path)


def _trace(network: nn.Module, path: Path) -> None:
    network.eval()
    outputs = 1 if isinstance(network(*pad([([1] * 4, [(1, 3)])], 0)), torch.Tensor) else 2
    rows = [([1] * 24, [(2, 9), (9, 20)]), ([1] * 20, [(1, 4)])]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns of shapes that it takes for constants; a test compares
        torch.onnx.export(
            network,
            pad(rows, 0),
            str(path),
            input_names=["ids", "mask", "units"],
            output_names=["logits", "weights"][:outputs],
            dynamic_axes=_AXES,
            opset_version=17,
            dynamo=False,
        )


def _quantize(source: Path, target: Path) -> None:
    """Store each weight matrix as 8-bit integers with a scale for each output (for each word of the vocabulary).

    Only what is stored shrinks: the weights are turned back when the network is loaded, and all arithmetic is in
    32-bit floats, so that results do not depend on what a processor does with small integers.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(source)
    graph = model.graph
    looked_up = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    kept, nodes = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim != 2 or values.size < _SMALL:
            kept.append(tensor)
            continue
        axis = 0 if tensor.name in looked_up else 1
        scale = np.maximum(np.abs(values).max(axis=1 - axis), 1e-12) / 127.0
        whole = np.round(values / np.expand_dims(scale, 1 - axis)).astype(np.int8)
        parts = [f"{tensor.name}.int8", f"{tensor.name}.scale"]
        kept.append(numpy_helper.from_array(whole, parts[0]))
        kept.append(numpy_helper.from_array(scale.astype(np.float32), parts[1]))
        nodes.append(helper.make_node("DequantizeLinear", parts, [tensor.name], axis=axis))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
    onnx.save(model, target)


def _spread(path: Path) -> list[str]:
    """Move large tensors out of a file that is too large, into as few files as hold them."""
    import onnx
    from onnx import external_data_helper as external

    if path.stat().st_size <= _LARGEST:
        return [path.name]
    model = onnx.load(path)
    names: list[str] = []
    room = 0
    for tensor in model.graph.initializer:
        size = len(tensor.raw_data)
        if size < 1024:
            continue
        if size > room:
            names.append(f"{path.stem}.{len(names)}")
            room = _LARGEST
        room -= size
        external.set_external_data(tensor, location=names[-1])
    for name in names:
        (path.parent / name).unlink(missing_ok=True)
    onnx.save(model, path)
    for name in names:
        (path.parent / name).chmod(0o644)
    return [path.name, *names]


def differences(network: nn.Module, path: Path, rows: list[tuple[list[int], list[tuple[int, int]]]]) -> float:
    """The largest difference between the logits of a network and of its ONNX file on these windows."""
    import onnxruntime

    inputs = pad(rows, 0)
    with torch.no_grad():
        expected = network.eval()(*inputs)[0].numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found, *_ = session.run(None, dict(zip(("ids", "mask", "units"), (x.numpy() for x in inputs), strict=True)))
    inside = inputs[2].sum(-1).numpy() > 0
    return float(np.abs(found - expected)[inside].max())
