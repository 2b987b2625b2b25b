"""Reference values for tests/pytorch_layers.rs: layers in PyTorch in double precision, each with its parameters, values
and gradients, channels last. Writes pytorch_layers.json beside this file.
"""

import json
from pathlib import Path

import torch
from torch import nn

torch.manual_seed(3)


def first(x):
    """Channels from the last axis to axis 1."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def case(kind, settings, shape, layer, ours, x=None, images=True):
    """`ours`: each parameter's permutation, in our order."""
    layer = layer.double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    x = torch.randn(shape, dtype=torch.float64) if x is None else x
    x.requires_grad_(x.dtype == torch.float64)
    y = last(layer(first(x))) if images else layer(x)
    dy = torch.randn_like(y)
    y.backward(dy)
    parameters = list(layer.parameters())
    flat = lambda x: x.detach().double().reshape(-1).tolist()
    array = lambda x: {"shape": list(x.shape), "values": flat(x)}
    permuted = lambda values: [array(v.permute(axes).contiguous()) for v, axes in zip(values, ours)]
    return {
        "layer": {"name": "layer", "kind": kind, "settings": settings},
        "x": array(x), "y": array(y), "dy": array(dy),
        "dx": array(torch.zeros_like(x) if x.grad is None else x.grad),
        "parameters": permuted(parameters),
        "gradients": permuted([p.grad for p in parameters]),
    }


def conv1d(bias, padding, **more):
    settings = {
        "filters": 6, "kernel": 3, "stride": 1, "dilation": 1, "groups": 1, "bias": bias, "activation": "Identity",
        "kernel_initializer": None, "bias_initializer": "Zeros",
        "padding": {"Explicit": {"top": 0, "bottom": 0, "left": padding, "right": padding}}, **more,
    }
    layer = nn.Conv1d(4, 6, 3, settings["stride"], padding, settings["dilation"], settings["groups"], bias)
    return case("conv1d", settings, (3, 9, 4), layer, [(2, 1, 0), (0,)])


categories = torch.tensor([[0, 4, 4], [1, 3, 0]])
table = {"categories": 5, "width": 3, "initializer": {"Normal": {"std": 1.0}}}
padded = {"Explicit": {"top": 0, "bottom": 0, "left": 1, "right": 1}}
cases = [
    case("group_norm", {"groups": 3, "epsilon": 1e-5}, (2, 4, 3, 6), nn.GroupNorm(3, 6), [(0,), (0,)]),
    case("group_norm", {"groups": 1, "epsilon": 1e-3}, (2, 5, 4), nn.GroupNorm(1, 4, 1e-3), [(0,), (0,)]),
    case("prelu", {"slope": 0.25}, (2, 4, 3, 5), nn.PReLU(5), [(0,)]),
    case("adaptive_average_pool2d", {"output": {"height": 3, "width": 2}}, (2, 7, 5, 3), nn.AdaptiveAvgPool2d((3, 2)), []),
    case("adaptive_average_pool2d", {"output": {"height": 4, "width": 7}}, (2, 3, 5, 2), nn.AdaptiveAvgPool2d((4, 7)), []),
    conv1d(True, 1), conv1d(False, 2, stride=2, groups=2), conv1d(True, 2, dilation=2),
    case("max_pool1d", {"kernel": 3, "stride": 2, "padding": padded}, (2, 8, 3), nn.MaxPool1d(3, 2, 1), []),
    case("embedding", table, None, nn.Embedding(5, 3), [(0, 1)], x=categories, images=False),
]
Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
