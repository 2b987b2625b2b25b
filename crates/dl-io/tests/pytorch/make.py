"""Weights written by PyTorch, for tests/weights_pytorch.rs: python make.py (needs torch, safetensors).

Writes beside itself, for each model of models.py: NAME.safetensors, its state_dict; and
NAME.io.safetensors, samples x and the model's outputs y for them, with images channels last. Of
alexnet also its features alone, and alexnet.npz, whose arrays are in the state_dict's order.
"""

import pathlib

import numpy
import torch
from models import MODELS, channels_last
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).parent

torch.manual_seed(21)
for name, (make, sample) in MODELS.items():
    model = make()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
            nn.init.normal_(module.weight, 1.0, 0.3)
            nn.init.normal_(module.bias, 0.0, 0.3)
    for _ in range(5):  # running statistics
        model(torch.randn(16, *sample) * 1.5 + 0.3)
    model.eval()
    x = torch.randn(4, *sample)
    with torch.no_grad():
        y = model(x)
    save_file(model.state_dict(), HERE / f"{name}.safetensors")
    save_file({"x": channels_last(x), "y": channels_last(y)}, HERE / f"{name}.io.safetensors")
    if name == "alexnet":
        state = model.state_dict()
        features = {key: value for key, value in state.items() if key.startswith("features.")}
        save_file(features, HERE / f"{name}_features.safetensors")
        numpy.savez(HERE / f"{name}.npz", **{key: value.numpy() for key, value in state.items()})
