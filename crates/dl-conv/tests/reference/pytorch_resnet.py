"""Reference values for tests/pytorch_resnet.rs: the residual network of He et al. 2016, section 4.2, in PyTorch, in double
precision, with weights that are functions of their index. Writes pytorch_resnet.json beside this file.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)
        self.stride, self.more = stride, filters - inputs

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(y + x)


class ResNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        layers, inputs = [], 16
        for stage, filters in enumerate([16, 32, 64]):
            for i in range(blocks):
                layers.append(Block(inputs, filters, 2 if stage > 0 and i == 0 else 1))
                inputs = filters
        self.blocks = nn.Sequential(*layers)
        self.dense = nn.Linear(64, 10)

    def forward(self, x):
        x = self.blocks(F.relu(self.norm(self.conv(x))))
        return self.dense(x.mean((2, 3)))


def to_ours(array):
    """Kernels `[out, in, h, w]` as `[h, w, in, out]`, matrices transposed."""
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    return array.T


def value(k, shape):
    """Parameter k, in the order and layout of dl-conv."""
    i = np.arange(np.prod(shape), dtype=np.float64)
    wave = np.sin(1.7 * i + k)
    if len(shape) == 1:
        return (1 if k % 2 else 0) + 0.2 * wave.reshape(shape)
    return (np.sqrt(4 / np.prod(shape[:-1])) * wave).reshape(shape)


def main():
    result = {"parameters": {}}
    for blocks in [3, 5, 9]:
        model = ResNet(blocks)
        result["parameters"][str(6 * blocks + 2)] = sum(p.numel() for p in model.parameters())
    model = ResNet(3).double()
    parameters = list(model.parameters())
    for k, parameter in enumerate(parameters):
        shape = to_ours(parameter.detach().numpy()).shape
        ours = value(k, shape)
        theirs = ours.transpose(3, 2, 0, 1) if ours.ndim == 4 else ours.T
        parameter.data = torch.from_numpy(np.ascontiguousarray(theirs))
    i = np.arange(6 * 32 * 32 * 3, dtype=np.float64)
    x = np.sin(0.37 * i + 0.001 * i**1.5).reshape(6, 32, 32, 3)
    x = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2))).requires_grad_()
    labels = torch.tensor([0, 3, 9, 1, 1, 7])
    logits = model.train()(x)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    projected = []
    for parameter in parameters:
        gradient = to_ours(parameter.grad.numpy()).ravel()
        wave = np.sin(0.3 * np.arange(gradient.size) + 1)
        projected.append([float(gradient @ wave), float(np.linalg.norm(gradient))])
    result["logits"] = logits.detach().numpy().tolist()
    result["loss"] = loss.item()
    result["gradients"] = projected
    result["evaluation"] = model.eval()(x).detach().numpy().tolist()
    Path(__file__).with_suffix(".json").write_text(json.dumps(result) + "\n")


main()
