"""A network in PyTorch: all that is compared, and how exact PyTorch itself is in float32."""

import kinks
import torch
from inputs import moved
from layers import run
from losses import mean_loss
from training import fit

# A float32 error of PyTorch above this says that the network itself is ill-conditioned.
MOST_ERROR = 1e-3

# One computation may be right by luck: samples and weights are moved by a unit in the last place so often,
# for more errors of PyTorch's.
REPETITIONS = 3


def is_state(name):
    return name.endswith((".running_mean", ".running_variance"))


def start(arrays, dtype):
    weights = {}
    for name, values in arrays.items():
        if name.startswith("weights/"):
            weight = values.to(dtype, copy=True)
            weights[name.removeprefix("weights/")] = weight.requires_grad_(not is_state(name))
    return weights


def one_pass(network, arrays, x, target, sample_weights, training):
    weights = start(arrays, x.dtype)
    trained = {name: w for name, w in weights.items() if w.requires_grad} | {"x": x}
    y = run(network["architecture"], weights, x, training)
    loss = mean_loss(network["loss"], y, target, sample_weights)
    gradients = torch.autograd.grad(loss, list(trained.values()), materialize_grads=True)
    named = {f"grad/{name}": g for name, g in zip(trained, gradients, strict=True)}
    return {"output": y, "loss": loss.reshape(1)} | named


def quantities(network, arrays, dtype):
    """All that is compared, by name."""
    x = arrays["x"].to(dtype).requires_grad_()
    target = arrays["targets"] if network["by_class"] else arrays["targets"].to(dtype)
    sample_weights = torch.ones(len(x), dtype=dtype)
    if "sample_weights" in arrays:
        sample_weights = sample_weights * arrays["sample_weights"]
    if "class_weights" in arrays:
        sample_weights = sample_weights * arrays["class_weights"][target]
    found = {}
    for name in ["evaluation"] + ["training"] * network["trained"]:
        values = one_pass(network, arrays, x, target, sample_weights, name == "training")
        found |= {f"{name}/{key}": value for key, value in values.items()}
    if network["trained"]:
        weights = start(arrays, dtype)
        losses, rates, gradients = fit(network, weights, x.detach(), target, sample_weights)
        with torch.no_grad():
            found["fit/output"] = run(network["architecture"], weights, x, False)
        found["fit/losses"], found["fit/learning_rates"] = torch.tensor(losses), torch.tensor(rates)
        found |= {f"fit/grad/{name}": g for name, g in gradients.items()}
        found |= {f"fit/weights/{name}": w for name, w in weights.items()}
    return {name: value.detach().double().contiguous() for name, value in found.items()}


def scales(exact):
    """The largest number of each quantity; among gradients at least a thousandth of the largest of all
    of the pass, since one that is 0 but for rounding has no scale of its own."""
    largest = {name: value.abs().max().item() for name, value in exact.items()}
    for name in exact:
        stage, of, *_ = name.split("/")
        if of == "grad":
            others = (largest[n] for n in exact if n.startswith(f"{stage}/grad/"))
            largest[name] = max(largest[name], max(others) / 1000)
    return {name: value or 1.0 for name, value in largest.items()}


def in_both_precisions(network, arrays):
    """The quantities, their scales, and the error of float32 for each; `None` without digits to compare."""
    torch.set_default_dtype(torch.float64)  # losses and rates are written as they are
    kinks_exact, exact = kinks.begin(), quantities(network, arrays, torch.float64)
    kinks_single, single = kinks.begin(), quantities(network, arrays, torch.float32)
    torch.set_default_dtype(torch.float32)
    scale = scales(exact)
    error = {n: (single[n] - exact[n]).abs().max().item() / scale[n] for n in exact}
    conditioned = all(e <= MOST_ERROR for e in error.values())  # false for NaN
    if conditioned and kinks.decided(kinks_exact, kinks_single):
        return exact, scale, error
    return None


def compare(network, arrays, generator):
    """The quantities, and for each what is written of it; `None` without digits to compare."""
    found = in_both_precisions(network, arrays)
    others = [
        in_both_precisions(network, moved(arrays, generator))
        for _ in range(REPETITIONS if found else 0)
    ]
    if found is None or None in others:
        return None
    exact, scale, error = found
    most = {n: max([error[n]] + [other[n] for _, _, other in others]) for n in exact}
    return exact, {n: {"scale": scale[n], "error": error[n], "most_error": most[n]} for n in exact}
