"""The networks of xtask/src/bench/networks.rs and AlexNet in PyTorch, and what they are fed."""
import functools

import torch
from torch import nn

import mnist

LAYOUTS = {"default": torch.contiguous_format, "channels_last": torch.channels_last}


def cnn():
    """32C3-P2-64C3-P2-64C3-64-10: 93 322 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10),
    )


def lenet():
    """LeNet-5 as it is built today: 61 706 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )


def conv5():
    """Five convolutions and the mean of all pixels: 140 714 parameters."""
    conv = lambda i, o, stride=1: (nn.Conv2d(i, o, 3, stride, 1), nn.ReLU())
    return nn.Sequential(
        *conv(3, 32), *conv(32, 32), *conv(32, 64, 2), *conv(64, 64), *conv(64, 128, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10),
    )


class Residual(nn.Module):
    """Two convolutions with batch normalisation beside a shortcut without parameters."""

    def __init__(self, i, o, stride):
        super().__init__()
        conv = lambda i, o, stride: nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.branch = nn.Sequential(
            conv(i, o, stride), nn.BatchNorm2d(o), nn.ReLU(inplace=True), conv(o, o, 1), nn.BatchNorm2d(o),
        )
        self.stride, self.more = stride, o - i

    def forward(self, x):
        y = self.branch(x)
        if self.stride > 1:
            x = nn.functional.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.more))
        return nn.functional.relu(y + x, inplace=True)


def resnet20():
    """He et al. 2016, section 4.2: 269 722 parameters."""
    widths = [16] * 4 + [32] * 3 + [64] * 3
    blocks = [Residual(i, o, 1 if i == o else 2) for i, o in zip(widths, widths[1:])]
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )


class Concat(nn.Module):
    """Branches whose channels are concatenated."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def concat():
    """Two blocks of branches with kernels of 1 × 1, 3 × 3 and 5 × 5: 47 890 parameters."""
    conv = lambda i, o, k: (nn.Conv2d(i, o, k, padding=k // 2), nn.ReLU())
    block = lambda i, o: Concat(
        nn.Sequential(*conv(i, o, 1)),
        nn.Sequential(*conv(i, o, 1), *conv(o, 2 * o, 3)),
        nn.Sequential(*conv(i, o // 2, 1), *conv(o // 2, o, 5)),
    )
    return nn.Sequential(
        *conv(3, 32, 3), block(32, 16), nn.MaxPool2d(2), block(64, 32),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10),
    )


def dense(*sizes):
    """Linear layers with ReLU between them."""
    layers = [layer for i, o in zip(sizes, sizes[1:]) for layer in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def alexnet():
    """Krizhevsky 2012 as one tower: 62 378 344 parameters."""
    norm = lambda: nn.LocalResponseNorm(5, 1e-4, 0.75, 2.0)
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 1000),
    )


NETWORKS = {
    "cnn": cnn, "lenet": lenet, "conv5": conv5, "alexnet": alexnet,
    "resnet20": resnet20, "concat": concat,
    "mlp": lambda: dense(784, 512, 512, 10), "iris": lambda: dense(4, 10, 10, 3),
}


def network(name, layout):
    """A new network with its weights in that memory format."""
    return NETWORKS[name]().to(memory_format=LAYOUTS[layout])


@functools.cache
def data(name, layout):
    """Training samples with their labels, and test samples."""
    if name in ["cnn", "lenet", "mlp"]:
        x, y, x_test, _ = mnist.load()
        x, x_test = (torch.from_numpy(x).unsqueeze(1) for x in (x, x_test))
        y = torch.tensor(y, dtype=torch.int64)
    else:
        colour = (2560, 3, 32, 32)
        shape = {"conv5": colour, "resnet20": colour, "concat": colour, "alexnet": (8, 3, 227, 227), "iris": (150, 4)}[name]
        x, y = torch.rand(shape), torch.arange(shape[0]) % 3  # as many classes as the smallest has
        x_test = x
    if name == "mlp":
        return x.flatten(1), y, x_test.flatten(1)
    to = lambda x: x.to(memory_format=LAYOUTS[layout])
    return to(x), y, to(x_test)
