"""Going on with a trained network: its weights out of the ONNX file, a low-rank adapter into it.

The adapter (LoRA: Hu et al., ICLR 2022, https://arxiv.org/abs/2106.09685) adds to each linear layer a product of two
small matrices. The large weights stay as they are, byte for byte, so that a new version of a model is a small file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cuibono.train.network import UnitClassifier

Array = NDArray[Any]


def load_weights(network: UnitClassifier, path: Path) -> None:
    """Set a network's weights to those of an ONNX file that :func:`cuibono.train.export.export` wrote.

    Raises:
        ValueError: The file is of another network.
    """
    import onnx

    model = onnx.load(path)
    values = {name: torch.from_numpy(value.copy()) for name, value in _values(model.graph).items()}
    for module, weight in _matrices(model.graph):
        values[f"{module}.weight"] = values[weight].T.contiguous()
    wanted = network.state_dict()
    if lacking := sorted(name for name in wanted if name not in values or values[name].shape != wanted[name].shape):
        raise ValueError(f"{path}: found no weights for {', '.join(lacking[:3])}; allowed: a file of the same network")
    network.load_state_dict({name: values[name] for name in wanted})


def adapt(network: UnitClassifier, rank: int, seed: int) -> None:
    """Put a low-rank adapter on every linear layer of the encoder; only it and the layers behind the encoder learn.

    Its product is scaled by 2, its dropout 0.05.
    """
    import peft

    torch.manual_seed(seed)
    settings = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", lora_dropout=0.05)
    network.encoder = peft.get_peft_model(network.encoder, settings)


def heads_of(network: UnitClassifier) -> dict[str, torch.Tensor]:
    """A copy of the weights of the layers behind the encoder, by name."""
    return {n: p.detach().clone() for n, p in network.named_parameters() if not n.startswith("encoder.")}


def blend(network: UnitClassifier, before: Mapping[str, torch.Tensor], share: float) -> None:
    """Keep a share of what was learnt: weights between those before and those after.

    Gives up some of what is new for some of what was known (WiSE-FT: Wortsman et al., CVPR 2022,
    https://arxiv.org/abs/2109.01903).

    Args:
        network: With an adapter, trained.
        before: What :func:`heads_of` gave before the training.
        share: 1 keeps all of it, 0 nothing.
    """
    adapted: list[Any] = [module for module in network.modules() if hasattr(module, "lora_A")]
    for module in adapted:
        module.scaling["default"] *= share
    with torch.no_grad():
        for name, weights in network.named_parameters():
            if name in before:
                weights.copy_(torch.lerp(before[name], weights, share))


def write_adapted(network: UnitClassifier, source: Path, target: Path) -> None:
    """Write the ONNX file ``target``: the network ``source`` with the adapter and the layers behind the encoder.

    The files beside ``source`` that hold its large weights are those of ``target`` too.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(source, load_external_data=False)
    graph = model.graph
    adapters = dict(_adapters(network))
    heads = {name: module for name, module in network.named_children() if isinstance(module, nn.Linear)}
    added: dict[str, Array] = {}
    nodes = []
    for node in graph.node:
        module = _module_of(node.name)
        if node.op_type == "MatMul" and module in heads:
            added[f"{module}.weight.new"] = heads[module].weight.detach().numpy().T.copy()
            node.input[1] = f"{module}.weight.new"
        if node.op_type != "MatMul" or module not in adapters:
            nodes.append(node)
            continue
        down, up = adapters.pop(module)
        added[f"{module}.down"], added[f"{module}.up"] = down, up
        whole, low, more = node.output[0], f"{node.name}_low", f"{node.name}_more"
        node.output[0] = f"{node.name}_plain"
        nodes += [
            node,
            helper.make_node("MatMul", [node.input[0], f"{module}.down"], [low], name=low),
            helper.make_node("MatMul", [low, f"{module}.up"], [more], name=more),
            helper.make_node("Add", [node.output[0], more], [whole], name=f"{node.name}_adapted"),
        ]
    missing = [*adapters, *(name for name in heads if f"{name}.weight.new" not in added)]
    if missing:
        raise ValueError(f"{source}: found no matrix of {', '.join(sorted(missing)[:3])}; allowed: the same network")
    for name, head in heads.items():
        added[f"{name}.bias"] = head.bias.detach().numpy()
    asked = {name for node in nodes for name in node.input}
    nodes = [node for node in nodes if node.op_type != "DequantizeLinear" or node.output[0] in asked]
    used = {name for node in nodes for name in node.input}
    kept = [t for t in graph.initializer if t.name in used and t.name not in added]
    del graph.node[:]
    del graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*kept, *(numpy_helper.from_array(value, name) for name, value in added.items())])
    onnx.save(model, target)


def _adapters(network: UnitClassifier) -> Iterator[tuple[str, tuple[Array, Array]]]:
    """For each adapted matrix, by its name without adapters: the two small ones, the scale in the second."""
    for name, module in network.named_modules():
        if hasattr(module, "lora_A"):
            down = module.lora_A["default"].weight.detach().numpy().T.copy()
            up = module.lora_B["default"].weight.detach().numpy().T * np.float32(module.scaling["default"])
            yield name.replace("encoder.base_model.model.", "encoder.", 1), (down, np.ascontiguousarray(up))


def _values(graph: Any) -> dict[str, Array]:
    """The weights of a graph by name; those stored as integers turned back."""
    from onnx import numpy_helper

    raw = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            whole, scale = (raw.pop(name) for name in node.input)
            (axis,) = (a.i for a in node.attribute if a.name == "axis")
            raw[node.output[0]] = whole.astype(np.float32) * np.expand_dims(scale, 1 - axis)
    return raw


def _matrices(graph: Any) -> Iterator[tuple[str, str]]:
    """For each linear layer its module and the name of its weights, which the exporter renames and turns."""
    known = {tensor.name for tensor in graph.initializer}
    known |= {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in known:
            yield _module_of(node.name), node.input[1]


def _module_of(node: str) -> str:
    """``/encoder/layer.0/attention/MatMul`` is of the module ``encoder.layer.0.attention``."""
    return node.strip("/").rpartition("/")[0].replace("/", ".")
