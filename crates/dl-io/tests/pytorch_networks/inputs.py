"""The arrays that a network and its training start from: samples, targets, weights."""

import math

import torch
from layers import parameter_shapes
from losses import name_and_options


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


def draw_arrays(network, generator):
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


def moved(arrays, generator):
    """Samples and weights moved to one of the neighbours among the numbers of float32."""

    def neighbours(values):
        to = torch.where(torch.rand(values.shape, generator=generator) < 0.5, math.inf, -math.inf)
        return values.nextafter(to)

    start = {n: v for n, v in arrays.items() if n == "x" or n.startswith("weights/")}
    return arrays | {name: neighbours(values) for name, values in start.items()}
