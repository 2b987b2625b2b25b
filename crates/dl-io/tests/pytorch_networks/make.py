"""Random networks and what PyTorch makes of them: python make.py FOLDER [--networks N] [--seed S] [--small]

Needs torch and safetensors. For each network writes to the folder

- NAME.json: architecture, loss, optimiser, schedule, as draw.py drew them, and for each quantity compared
  the scale to which differences are related and the error of PyTorch's own float32, so related;
- NAME.safetensors: in float32 what both start from, samples, targets and weights; in float64 each quantity.

Errors of float32 are taken from the same computation in float64. A network in which PyTorch's own is
above 1e-3, or in which rounding decides where a derivative jumps (kinks.py), has no digits to compare and is
drawn again; the number of these is printed.
"""

import argparse
import itertools
import json
import math
import pathlib
import random

import kinks
import torch
from draw import LARGE, SMALL, USUAL
from draw import network as draw
from layers import parameter_shapes, run
from losses import mean_loss, name_and_options, takes_classes
from safetensors.torch import save_file
from training import fit

# A float32 error of PyTorch above this says that the network itself is ill-conditioned.
MOST_ERROR = 1e-3

# One computation may be right by luck: samples and weights are moved by a unit in the last place so often,
# for more errors of PyTorch's.
REPETITIONS = 3


def probabilities(generator, samples, outputs):
    """Multiples of 1/64 that sum to 1 exactly, some of them 0."""
    places = torch.randint(0, 65, (samples, outputs - 1), generator=generator).sort(1).values
    ends = torch.cat([torch.zeros(samples, 1), places, torch.full((samples, 1), 64)], 1)
    return ends.diff(dim=1) / 64


def targets(network, generator):
    samples, outputs = network["samples"], network["outputs"]
    name, _ = name_and_options(network["loss"])
    if network["by_class"]:
        classes = torch.randint(0, max(outputs, 2), (samples,), generator=generator)
        classes[:2] = torch.tensor([0, 1])  # a single class is refused
        return classes
    if name in ("SoftmaxCrossEntropy", "KlDivergence"):
        return probabilities(generator, samples, outputs)
    if name == "BinaryCrossEntropy":
        return torch.randint(0, 65, (samples, outputs), generator=generator) / 64
    width = outputs // 2 if name == "GaussianNll" else outputs
    return torch.randn(samples, width, generator=generator)


def initial(name, shape, generator):
    values = torch.randn(shape, generator=generator)
    match name.rsplit(".")[-1]:
        case "kernel":
            return values / math.sqrt(math.prod(shape[:-1]))
        case "gamma":
            return 1 + 0.3 * values
        case "running_variance":
            return 0.5 + values.abs()
    return 0.3 * values


def arrays(network, generator):
    """What both start from: numbers of float32, but for class numbers."""
    shapes, _ = parameter_shapes(network["architecture"])
    shape = network["architecture"]["input_shape"]
    drawn = {
        "x": torch.randn(network["samples"], *shape, generator=generator),
        "targets": targets(network, generator),
    }
    if network["weighted"]:
        drawn["sample_weights"] = (
            torch.randint(0, 9, (network["samples"],), generator=generator) / 4 + 0.25
        )
    if network["by_class"] and network["class_weighted"]:
        drawn["class_weights"] = (
            torch.randint(1, 9, (max(network["outputs"], 2),), generator=generator) / 4
        )
    return drawn | {f"weights/{name}": initial(name, s, generator) for name, s in shapes.items()}


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


def moved(arrays, generator):
    """Samples and weights moved to one of the neighbours among the numbers of float32."""

    def neighbours(values):
        to = torch.where(torch.rand(values.shape, generator=generator) < 0.5, math.inf, -math.inf)
        return values.nextafter(to)

    start = {n: v for n, v in arrays.items() if n == "x" or n.startswith("weights/")}
    return arrays | {name: neighbours(values) for name, values in start.items()}


def both(network, arrays):
    """The quantities, their scales, and the error of float32 for each; `None` without digits to compare."""
    torch.set_default_dtype(torch.float64)  # losses and rates are written as they are
    kinks_exact, exact = kinks.begin(), quantities(network, arrays, torch.float64)
    kinks_single, single = kinks.begin(), quantities(network, arrays, torch.float32)
    torch.set_default_dtype(torch.float32)
    scale = scales(exact)
    error = {n: (single[n] - exact[n]).abs().max().item() / scale[n] for n in exact}
    if not all(e <= MOST_ERROR for e in error.values()) or not kinks.decided(
        kinks_exact, kinks_single
    ):
        return None
    return exact, scale, error


def compare(network, arrays, generator):
    """The quantities, and for each what is written of it; `None` without digits to compare."""
    found = both(network, arrays)
    others = [both(network, moved(arrays, generator)) for _ in range(REPETITIONS if found else 0)]
    if found is None or None in others:
        return None
    exact, scale, error = found
    most = {n: max([error[n]] + [other[n] for _, _, other in others]) for n in exact}
    return exact, {n: {"scale": scale[n], "error": error[n], "most_error": most[n]} for n in exact}


def one(options, index, attempt):
    """Draws and writes a network, unless it has no digits to compare; whether it has."""
    r = random.Random(f"{options.seed} {index} {attempt}")
    network = draw(r, SMALL if options.small else r.choices([USUAL, LARGE], [5, 1])[0])
    takes = takes_classes(network["loss"], network["outputs"])
    network["by_class"] = network["by_class"] and takes
    generator = torch.Generator().manual_seed(r.getrandbits(32))
    inputs = arrays(network, generator)
    compared = compare(network, inputs, generator)
    if compared is None:
        return False
    exact, network["quantities"] = compared
    path = options.folder / f"network_{index:03}"
    path.with_suffix(".json").write_text(json.dumps(network, separators=(",", ":")) + "\n")
    save_file(inputs | exact, path.with_suffix(".safetensors"))
    return True


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--networks", type=int, default=150)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--small", action="store_true", help="small networks, to be stored")
    options = options.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    left_out = 0
    for index in range(options.networks):
        attempts = itertools.count()
        left_out += next(attempt for attempt in attempts if one(options, index, attempt))
    print(f"PyTorch {torch.__version__.split('+')[0]}, seed {options.seed}:", end=" ")
    print(f"{options.networks} networks, {left_out} drawn again as ill-conditioned")


if __name__ == "__main__":
    main()
