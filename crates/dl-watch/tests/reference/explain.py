"""Reference values for tests/explain.rs: python explain.py (needs torch).

Writes explain.json beside itself: in float64, a small convolutional network, images and a class for each, and its
saliency, Grad-CAM and occlusion maps by PyTorch's automatic differentiation. PyTorch's images are [n, c, h, w]; they
are written [n, h, w, c], kernels of convolutions [kh, kw, c_in, c_out], those of dense layers [in, out] with the
rows in the order of [h, w, c]. Made with PyTorch 2.15.0.
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as f

torch.set_default_dtype(torch.float64)
torch.manual_seed(31)

WINDOW, STRIDE, FILL = 4, 3, 0.25


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 5, 3)
        self.second = nn.Conv2d(5, 4, 2)
        self.dense = nn.Linear(2 * 3 * 4, 3)

    def forward(self, x):
        """Logits, and the maps after each ReLU."""
        first = f.relu(self.first(x))
        second = f.relu(self.second(f.max_pool2d(first, 2)))
        return self.dense(second.permute(0, 2, 3, 1).flatten(1)), first, second


def tensor(t):
    return {"shape": list(t.shape), "values": t.detach().contiguous().flatten().tolist()}


def saliency(network, x, classes):
    x = x.clone().requires_grad_()
    score = network(x)[0].gather(1, classes[:, None]).sum()
    (gradient,) = torch.autograd.grad(score, x)
    return gradient.abs().amax(1)


def grad_cam(network, x, classes, layer):
    logits, *maps = network(x)
    activations = maps[layer]
    score = logits.gather(1, classes[:, None]).sum()
    (gradient,) = torch.autograd.grad(score, activations)
    alpha = gradient.mean((2, 3), keepdim=True)
    small = f.relu((alpha * activations).sum(1, keepdim=True))
    return f.interpolate(small, size=x.shape[2:], mode="bilinear", align_corners=False).squeeze(1)


def places(length):
    return sorted({*range(0, length - WINDOW, STRIDE), length - WINDOW})


def occlusion(network, x, classes):
    def probability(x):
        return f.softmax(network(x)[0], 1).gather(1, classes[:, None])[:, :, None]

    whole = probability(x)
    drops = torch.zeros(x.shape[0], *x.shape[2:])
    patches = torch.zeros_like(drops)
    for top in places(x.shape[2]):
        for left in places(x.shape[3]):
            patch = (..., slice(top, top + WINDOW), slice(left, left + WINDOW))
            covered = x.clone()
            covered[patch] = FILL
            drops[patch] += whole - probability(covered)
            patches[patch] += 1
    return drops / patches


network = Network()
x = torch.randn(5, 2, 8, 10)
classes = torch.tensor([0, 2, 1, 2, 0])
weights = [
    network.first.weight.permute(2, 3, 1, 0),
    network.first.bias,
    network.second.weight.permute(2, 3, 1, 0),
    network.second.bias,
    network.dense.weight.T,
    network.dense.bias,
]
reference = {
    "weights": [tensor(w) for w in weights],
    "images": tensor(x.permute(0, 2, 3, 1)),
    "classes": classes.tolist(),
    "window": WINDOW,
    "stride": STRIDE,
    "fill": FILL,
    "saliency": tensor(saliency(network, x, classes)),
    "grad_cam_first": tensor(grad_cam(network, x, classes, 0)),
    "grad_cam_second": tensor(grad_cam(network, x, classes, 1)),
    "occlusion": tensor(occlusion(network, x, classes)),
}
path = pathlib.Path(__file__).with_name("explain.json")
path.write_text(json.dumps(reference) + "\n")
