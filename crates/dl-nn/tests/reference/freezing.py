"""Reference values for tests/freezing.rs: python freezing.py (needs torch).

Writes freezing.json beside itself: the parameters of a network after 12 steps with parameter groups and frozen layers,
for several optimisers, in float64. Kernels are written [in, out], the transpose of torch.nn.Linear's.
"""

import json
import pathlib

import torch
from torch import nn

torch.set_default_dtype(torch.float64)

SIZES = [("dense_1", 3, 5), ("dense_2", 5, 4), ("dense_3", 4, 2)]


def number(i, salt):
    return torch.sin(torch.tensor(float((i + 1) * (salt + 3)))).item()


def network():
    """The parameters are a formula, so that the test has the same ones."""
    layers = {}
    for salt, (name, inputs, outputs) in enumerate(SIZES):
        layer = nn.Linear(inputs, outputs)
        kernel = torch.tensor([number(i, salt) for i in range(inputs * outputs)]).reshape(inputs, outputs)
        with torch.no_grad():
            layer.weight.copy_(kernel.T)
            layer.bias.copy_(torch.tensor([number(i, salt + 10) for i in range(outputs)]))
        layers[name] = layer
    layers["batch_norm_1"] = nn.BatchNorm1d(5)
    with torch.no_grad():
        layers["batch_norm_1"].running_mean.copy_(torch.tensor([number(i, 20) for i in range(5)]))
        layers["batch_norm_1"].running_var.copy_(torch.tensor([1.5 + number(i, 21) for i in range(5)]))
    return layers


X = torch.tensor([[number(3 * i + j, 5) for j in range(3)] for i in range(8)])
LABELS = torch.tensor([i % 2 for i in range(8)])


def run(rule, options, rates, frozen, clip_norm=None):
    layers = network()
    for name in frozen:
        for parameter in layers[name].parameters():
            parameter.requires_grad_(False)
        layers[name].eval()
    groups = []
    for name, layer in layers.items():
        lr = options["lr"] * rates.get(name, 1.0)
        own = {key: value for key, value in layer.named_parameters() if value.requires_grad}
        for key, value in own.items():
            # penalties and decay go to kernels only
            decay = options.get("weight_decay", 0.0) if value.ndim == 2 else 0.0
            groups.append({"params": [value], "lr": lr, "weight_decay": decay})
    optimizer = getattr(torch.optim, rule)(groups, **options)
    model = nn.Sequential(
        layers["dense_1"], nn.Tanh(), layers["batch_norm_1"], layers["dense_2"], nn.Tanh(), layers["dense_3"]
    )
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X), LABELS)
        loss.backward()
        if clip_norm is not None:
            trained = [p for p in model.parameters() if p.requires_grad]
            torch.nn.utils.clip_grad_norm_(trained, clip_norm)
        optimizer.step()
        losses.append(loss.item())
    norm = layers["batch_norm_1"]
    weights = {}
    for name, _, _ in SIZES:
        weights[f"{name}.kernel"] = layers[name].weight.T.flatten().tolist()
        weights[f"{name}.bias"] = layers[name].bias.tolist()
    weights["batch_norm_1.gamma"] = norm.weight.tolist()
    weights["batch_norm_1.beta"] = norm.bias.tolist()
    weights["batch_norm_1.running_mean"] = norm.running_mean.tolist()
    weights["batch_norm_1.running_variance"] = norm.running_var.tolist()
    return {"losses": losses, "weights": weights}


REFERENCE = {
    "torch": torch.__version__.split("+")[0],
    "runs": {
        "sgd rates": run("SGD", {"lr": 0.1, "momentum": 0.9}, {"dense_1": 0.1, "dense_3": 2.5}, []),
        "adam rates": run("Adam", {"lr": 0.01}, {"dense_1": 0.1, "batch_norm_1": 0.3}, []),
        "adam frozen below": run("Adam", {"lr": 0.01}, {}, ["dense_1", "batch_norm_1"]),
        "adam frozen between": run(
            "Adam", {"lr": 0.01}, {"dense_1": 0.5}, ["batch_norm_1", "dense_2"], clip_norm=0.3
        ),
        "adamw frozen above": run(
            "AdamW", {"lr": 0.01, "weight_decay": 0.2}, {"dense_1": 0.1}, ["dense_3"]
        ),
        "rmsprop head": run("RMSprop", {"lr": 0.01}, {}, ["dense_1", "batch_norm_1", "dense_2"]),
    },
}

if __name__ == "__main__":
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(REFERENCE, indent=1) + "\n")
