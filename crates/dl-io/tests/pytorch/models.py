"""The models of make.py and check.py; tests/cases/mod.rs has the same, channels last."""

from collections import OrderedDict

import torch
from torch import nn


def mlp():
    return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 3, bias=False))


def cnn():
    """Strides, paddings and groups; an image flattened, with layers between that keep its vector."""
    features = nn.Sequential(
        nn.Conv2d(3, 8, (3, 2), stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, groups=4, padding=(0, 1), bias=False),
        nn.ReLU(),
    )
    classifier = nn.Sequential(
        nn.Flatten(),
        nn.BatchNorm1d(3 * 6 * 12),
        nn.Dropout(),
        nn.Tanh(),
        nn.Linear(3 * 6 * 12, 10),
    )
    return nn.Sequential(OrderedDict(features=features, classifier=classifier))


def decoder():
    """A vector that becomes an image; strides, groups and output padding of transposed convolutions."""
    return nn.Sequential(
        nn.Linear(6, 4 * 5 * 8),
        nn.ReLU(),
        nn.LayerNorm(4 * 5 * 8),
        nn.Unflatten(1, (8, 4, 5)),
        nn.ConvTranspose2d(8, 6, (3, 4), stride=2, padding=1, output_padding=1, groups=2),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.ConvTranspose2d(6, 2, (2, 3)),
    )


def alexnet():
    """Names as in torchvision's AlexNet, with several layers of one shape."""
    features = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 6, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(6, 6, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(6, 6, 3, padding=1),
        nn.ReLU(),
    )
    classifier = nn.Sequential(
        nn.Dropout(),
        nn.Linear(2 * 2 * 6, 24),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(24, 24),
        nn.ReLU(),
        nn.Linear(24, 5),
    )
    return nn.Sequential(OrderedDict(features=features, flatten=nn.Flatten(), classifier=classifier))


# and the shape of a sample
MODELS = {
    "mlp": (mlp, (5,)),
    "cnn": (cnn, (3, 9, 11)),
    "decoder": (decoder, (6,)),
    "alexnet": (alexnet, (3, 8, 8)),
}


def channels_last(t):
    return t.permute(0, 2, 3, 1).contiguous() if t.ndim == 4 else t


def channels_first(t):
    return t.permute(0, 3, 1, 2).contiguous() if t.ndim == 4 else t
