"""Reference values for tests/pytorch_layers.rs and tests/losses.rs: python layers.py (needs torch).

Writes layers.json beside itself, all in float64: outputs and gradients of layers, a small network
trained by Adam, and the values and gradients of losses. Kernels are written [in, out], the
transpose of torch.nn.Linear's.
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as f

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)


def leaf(*shape):
    return torch.randn(*shape, requires_grad=True)


def tensor(t):
    return {"shape": list(t.shape), "values": t.detach().flatten().tolist()}


def gradients(y, r, **inputs):
    """The output y and the gradients of sum(r * y)."""
    grads = torch.autograd.grad((r * y).sum(), list(inputs.values()))
    return {
        "y": tensor(y),
        "r": tensor(r),
        "inputs": {name: tensor(t) for name, t in inputs.items()},
        "grads": {name: tensor(g) for name, g in zip(inputs, grads)},
    }


ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": f.relu,
    "leaky_relu(0.1)": lambda z: f.leaky_relu(z, 0.1),
    "elu(0.7)": lambda z: f.elu(z, 0.7),
    "gelu": f.gelu,
    "silu": f.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": f.softplus,
    "softmax": lambda z: f.softmax(z, dim=-1),
}


def dense(activation):
    x, kernel, bias = leaf(5, 4), leaf(4, 3), leaf(3)
    y = activation(x @ kernel + bias)
    return gradients(y, torch.randn(5, 3), x=x, kernel=kernel, bias=bias)


def layer_norm():
    x, gamma, beta = leaf(4, 3, 6), leaf(6), leaf(6)
    y = f.layer_norm(x, (6,), gamma, beta)
    return gradients(y, torch.randn(4, 3, 6), x=x, gamma=gamma, beta=beta)


def batch_norm():
    """Three training passes over [6, 2, 3], of which the last is differentiated; an evaluation."""
    norm = nn.BatchNorm1d(3)
    batches = [leaf(6, 2, 3) for _ in range(3)]
    with torch.no_grad():
        norm.weight.copy_(torch.randn(3))
        norm.bias.copy_(torch.randn(3))
    for x in batches:
        y = norm(x.permute(0, 2, 1)).permute(0, 2, 1)
    result = gradients(y, torch.randn(6, 2, 3), x=x, gamma=norm.weight, beta=norm.bias)
    norm.eval()
    return result | {
        "batches": [tensor(b) for b in batches],
        "running_mean": tensor(norm.running_mean),
        "running_variance": tensor(norm.running_var),
        "evaluated": tensor(norm(x.permute(0, 2, 1)).permute(0, 2, 1)),
    }


def mlp():
    """Ten steps of Adam on one batch."""
    net = nn.Sequential(
        nn.Linear(4, 8), nn.Tanh(), nn.BatchNorm1d(8), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3)
    )
    x, labels = torch.randn(12, 4), torch.randint(0, 3, (12,))
    rows = lambda p: p.T if p.dim() == 2 else p
    initial = [tensor(rows(p)) for p in net.parameters()]
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = f.cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    final = [tensor(rows(p)) for p in net.parameters()]
    net.eval()
    return {
        "x": tensor(x),
        "labels": labels.tolist(),
        "initial": initial,
        "losses": losses,
        "final": final,
        "evaluated": tensor(net(x)),
    }


def losses():
    """Each loss's mean over five samples, weighted in one way or another, and its gradient."""
    n, k = 5, 4
    z = leaf(n, k)
    values = torch.randn(n, k)
    labels = torch.tensor([0, 3, 1, 1, 2])
    soft = f.softmax(torch.randn(n, k), dim=1)
    units = torch.rand(n, k)
    class_weights = torch.tensor([0.5, 2.0, 1.0, 3.0])
    mean, log_variance = z[:, :2], z[:, 2:]
    table = {
        "MeanSquaredError": f.mse_loss(z, values),
        "MeanAbsoluteError": f.l1_loss(z, values),
        "Huber": f.huber_loss(z, values, delta=0.6),
        "BinaryCrossEntropy": f.binary_cross_entropy_with_logits(z, units),
        "SoftmaxCrossEntropy": f.cross_entropy(z, labels),
        "SoftmaxCrossEntropy smoothed": f.cross_entropy(z, labels, label_smoothing=0.1),
        "SoftmaxCrossEntropy weighted": f.cross_entropy(z, labels, weight=class_weights),
        "SoftmaxCrossEntropy soft": f.cross_entropy(z, soft),
        "SoftmaxCrossEntropy soft smoothed": f.cross_entropy(z, soft, label_smoothing=0.1),
        "KlDivergence": f.kl_div(f.log_softmax(z, dim=1), soft, reduction="batchmean"),
        "GaussianNll": f.gaussian_nll_loss(mean, values[:, :2], log_variance.exp(), full=True),
    }
    return {
        "outputs": tensor(z),
        "values": tensor(values),
        "labels": labels.tolist(),
        "soft": tensor(soft),
        "units": tensor(units),
        "class_weights": class_weights.tolist(),
        "table": {
            name: {
                "loss": loss.item(),
                "gradient": tensor(torch.autograd.grad(loss, z, retain_graph=True)[0]),
            }
            for name, loss in table.items()
        },
    }


reference = {
    "torch": torch.__version__.split("+")[0],
    "dense": {name: dense(activation) for name, activation in ACTIVATIONS.items()},
    "layer_norm": layer_norm(),
    "batch_norm": batch_norm(),
    "mlp": mlp(),
    "losses": losses(),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(reference, indent=None, separators=(",", ":")) + "\n")
