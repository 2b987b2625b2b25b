"""Random networks and ways to train them, as plain data in the form of our files."""

import dataclasses
import math

from layers import ACTIVATIONS, output_shape, parameter_shapes
from losses import takes_classes


@dataclasses.dataclass
class Sizes:
    """The most there may be of each."""

    elements: int  # of a sample between layers
    parameters: int
    side: int  # of the first image
    channels: int
    units: int
    batch: int


# To be stored; usual; and what goes through the matrix engine's blocks and many threads' hands.
SMALL = Sizes(elements=100, parameters=110, side=4, channels=4, units=12, batch=8)
USUAL = Sizes(elements=1500, parameters=1500, side=8, channels=6, units=12, batch=16)
LARGE = Sizes(elements=6000, parameters=200_000, side=14, channels=40, units=300, batch=48)

# How often each kind of layer is drawn, by the number of a sample's axes: images are left late.
ANY = {
    "activation": 4,
    "batch_norm": 4,
    "dropout": 2,
    "flatten": 1,
    "layer_norm": 3,
    "local_response_norm": 3,
    "reparameterize": 1,
    "reshape": 2,
    "standard_normal_kl": 1,
}
VECTOR = ANY | {"dense": 15}
IMAGE = ANY | {
    "average_pool2d": 6,
    "conv2d": 16,
    "conv_transpose2d": 10,
    "global_average_pool2d": 3,
    "global_max_pool2d": 3,
    "max_pool2d": 10,
    "up_sample2d": 5,
    "zero_pad2d": 4,
}


def size(height, width):
    return {"height": height, "width": width}


def activation(r):
    name = r.choice(list(ACTIVATIONS))
    options = {
        "LeakyRelu": {"slope": r.choice([0.0, 0.01, 0.3])},
        "Elu": {"alpha": r.choice([0.5, 1.0, 1.7])},
    }
    return {name: options[name]} if name in options else name


def sides(r, most):
    return {"Explicit": {side: r.randint(0, most) for side in ("top", "bottom", "left", "right")}}


def padding(r, most):
    n = r.randint(1, most)
    all_around = {"Explicit": {side: n for side in ("top", "bottom", "left", "right")}}
    return r.choice(["Valid", "Same", all_around, sides(r, most)])


def window(r, most=3):
    ones = r.random() < 0.5
    dilation = (1, 1) if ones else (r.randint(1, 2), r.randint(1, 3))
    return {
        "kernel": size(r.randint(1, most), r.randint(1, most)),
        "stride": size(r.randint(1, 3), r.randint(1, 2)),
        "dilation": size(*dilation),
        "padding": padding(r, 2),
    }


def convolution(r, shape, sizes):
    channels = shape[-1]
    groups = r.choice([g for g in range(1, channels + 1) if channels % g == 0])
    return {
        "filters": groups * r.randint(1, max(1, sizes.channels // groups)),
        "window": window(r, 4),
        "groups": groups,
        "bias": r.random() < 0.8,
        "activation": activation(r),
        "kernel_initializer": None,
        "bias_initializer": "Zeros",
    }


def transposed(r, shape, sizes):
    settings = convolution(r, shape, sizes)
    stride, same = settings["window"]["stride"], settings["window"]["padding"] == "Same"
    more = [0 if same else r.randrange(step) for step in (stride["height"], stride["width"])]
    return settings | {"output_padding": size(*more)}


def dense(r, shape, sizes):
    return {
        "units": r.randint(1, sizes.units),
        "bias": r.random() < 0.8,
        "activation": activation(r),
        "kernel_initializer": None,
        "bias_initializer": "Zeros",
    }


def reshape(r, shape, sizes):
    elements = math.prod(shape)
    height = r.choice([n for n in range(1, elements + 1) if elements % n == 0])
    width = r.choice([n for n in range(1, elements // height + 1) if elements // height % n == 0])
    return {
        "shape": r.choice(
            [[height, width, elements // height // width], [height, elements // height]]
        )
    }


SETTINGS = {
    "activation": lambda r, shape, sizes: activation(r),
    "average_pool2d": lambda r, shape, sizes: {
        "window": window(r),
        "count_padding": r.random() < 0.5,
    },
    "batch_norm": lambda r, shape, sizes: {
        "momentum": r.choice([0.1, 0.3, 1.0]),
        "epsilon": r.choice([1e-5, 1e-3]),
    },
    "conv2d": convolution,
    "conv_transpose2d": transposed,
    "dense": dense,
    "dropout": lambda r, shape, sizes: {"rate": r.choice([0.0, 0.0, 0.0, 0.5])},
    "layer_norm": lambda r, shape, sizes: {"epsilon": r.choice([1e-5, 1e-3])},
    "local_response_norm": lambda r, shape, sizes: {
        "size": r.choice([1, 3, 5]),
        "k": r.choice([1.0, 2.0, 1.3]),
        "alpha": r.choice([0.0, 1e-4, 0.5]),
        "beta": r.choice([0.0, 0.5, 0.75, 1.2]),
    },
    "max_pool2d": lambda r, shape, sizes: {"window": window(r)},
    "reshape": reshape,
    "up_sample2d": lambda r, shape, sizes: {
        "factor": size(r.randint(1, 3), r.randint(1, 3)),
        "interpolation": r.choice(["Nearest", "Bilinear"]),
    },
    "zero_pad2d": lambda r, shape, sizes: {"padding": sides(r, 2)},
}


def architecture(r, sizes):
    sides = [r.randint(3, sizes.side), r.randint(3, sizes.side)]
    image = [*sides, r.randint(1, min(sizes.channels, 6))]
    shape = r.choice(
        [image, image, [r.randint(2, sizes.units)], [r.randint(2, 4), r.randint(2, 6)]]
    )
    network, counts = {"input_shape": shape, "layers": []}, {}

    def push(kind):
        settings = SETTINGS[kind](r, shape, sizes) if kind in SETTINGS else None
        out = output_shape(kind, settings, shape)
        if out is None or math.prod(out) > sizes.elements:
            return shape
        counts[kind] = counts.get(kind, 0) + 1
        layer = {"name": f"{kind}_{counts[kind]}", "kind": kind, "settings": settings}
        network["layers"].append(layer)
        if sum(map(math.prod, parameter_shapes(network)[0].values())) > sizes.parameters:
            network["layers"].pop()
            return shape
        return out

    for _ in range(r.randint(1, 9)):
        kinds = {1: VECTOR, 3: IMAGE}.get(len(shape), ANY)
        shape = push(*r.choices(list(kinds), kinds.values()))
    if r.random() < 0.7:
        shape = push("flatten") if len(shape) > 1 else shape
        shape = push("dense")
    return network if network["layers"] else architecture(r, sizes)


def ends_in(network):
    """The activation applied last, by which losses on logits refuse a network."""
    for layer in reversed(network["layers"]):
        if layer["kind"] == "activation":
            return layer["settings"]
        if layer["kind"] in ("dense", "conv2d", "conv_transpose2d"):
            return layer["settings"]["activation"]
        if layer["kind"].endswith("_norm") or layer["kind"] in (
            "reparameterize",
            "standard_normal_kl",
        ):
            return "Identity"
    return "Identity"


def loss(r, network, outputs):
    kinds = ["MeanSquaredError", "MeanAbsoluteError", {"Huber": {"delta": r.choice([0.3, 1.0])}}]
    kinds += ["GaussianNll"] * (2 if outputs % 2 == 0 else 0)
    if ends_in(network) not in ("Softmax", "Sigmoid"):
        kinds += ["BinaryCrossEntropy"] * (1 if outputs > 1 else 3)
        smoothing = r.choice([0.0, 0.0, 0.1, 0.3])
        cross_entropy = {"SoftmaxCrossEntropy": {"label_smoothing": smoothing}}
        kinds += [cross_entropy, cross_entropy, "KlDivergence"] if outputs > 1 else []
    return r.choice(kinds)


def optimizer(r, network, loss):
    """A gradient may be 0 but for rounding: where a normalisation takes away what a parameter before
    it does, or the signs of an absolute error cancel. Rules that divide by its size need an ε above that."""
    norms = any(layer["kind"] in ("batch_norm", "layer_norm") for layer in network["layers"])
    epsilon = r.choice([1e-3, 1e-2] if norms or loss == "MeanAbsoluteError" else [1e-8, 1e-3])
    adam = {
        "learning_rate": r.choice([0.001, 0.01]),
        "beta1": r.choice([0.9, 0.5, 0.0]),
        "beta2": r.choice([0.999, 0.9]),
        "epsilon": epsilon,
    }
    momentum = r.choice([0.0, 0.5, 0.9])
    rules = {
        "Sgd": {
            "learning_rate": r.choice([0.01, 0.1]),
            "momentum": momentum,
            "nesterov": momentum > 0 and r.random() < 0.5,
        },
        "AdaGrad": {"learning_rate": 0.01, "epsilon": epsilon},
        "RmsProp": {
            "learning_rate": r.choice([0.001, 0.01]),
            "rho": r.choice([0.99, 0.9]),
            "momentum": momentum,
            "epsilon": epsilon,
        },
        "Adam": adam,
        "AdamW": {"adam": adam, "weight_decay": r.choice([0.0, 0.01, 0.3])},
    }
    rule = r.choice(list(rules))

    def sometimes(*values):
        return r.choice([None, None, *values])

    return {
        "rule": rule,
        "options": rules[rule],
        "l1": sometimes(1e-3, 0.1),
        "l2": sometimes(1e-3, 0.1),
        "clip_value": sometimes(0.01, 0.3),
        "clip_norm": sometimes(0.1, 1.0),
    }


def schedule(r, times):
    """`times`: how often it is asked."""
    after = times + r.randint(1, 5)
    decays = [
        {"StepDecay": {"every": r.randint(1, 3), "gamma": r.choice([0.5, 0.9])}},
        {"ExponentialDecay": {"gamma": r.choice([0.5, 0.9])}},
    ]
    cosine = {"steps": after, "floor": r.choice([0.0, 0.1]), "restarts": None}
    restarts = {
        "steps": r.randint(2, 4),
        "floor": r.choice([0.0, 0.1]),
        "restarts": r.randint(1, 2),
    }
    one_cycle = {
        "steps": after + 3,
        "peak": r.choice([0.3, 0.45]),
        "start": 0.1,
        "end": r.choice([0.01, 1e-4]),
    }
    plateau = {
        "gamma": 0.5,
        "patience": r.randint(0, 1),
        "min_delta": r.choice([1e-4, 0.1]),
        "cooldown": r.randint(0, 1),
        "floor": 0.2,
    }
    return r.choice(
        [
            None,
            *decays,
            {"Cosine": cosine},
            {"Cosine": restarts},
            {"OneCycle": one_cycle},
            {"WarmUp": {"steps": r.randint(1, 4), "start": 0.1, "then": decays[1]}},
            {"ReduceOnPlateau": plateau},
        ]
    )


def is_random(layer):
    """Whether the layer draws numbers in training, which are not PyTorch's."""
    kind, settings = layer["kind"], layer["settings"]
    return kind == "reparameterize" or kind == "dropout" and settings["rate"] > 0


def draw_network(r, sizes):
    """Everything but the arrays."""
    layers = architecture(r, sizes)
    shapes, out = parameter_shapes(layers)
    outputs = math.prod(out)
    batch, epochs = r.choice([4, sizes.batch // 2, sizes.batch]), r.randint(2, 3)
    samples = batch * r.randint(1, 2) + r.choice([0, 4 if batch > 4 else 0])
    per_epoch = r.random() < 0.3
    chosen = schedule(r, epochs * (math.ceil(samples / batch) if not per_epoch else 1))
    drawn_loss = loss(r, layers, outputs)
    return {
        "architecture": layers,
        "loss": drawn_loss,
        "optimizer": optimizer(r, layers, drawn_loss),
        "schedule": chosen,
        "per_epoch": per_epoch,
        "samples": samples,
        "batch_size": batch,
        "epochs": epochs,
        "outputs": outputs,
        "weighted": r.random() < 0.4,
        "by_class": r.random() < 0.5 and takes_classes(drawn_loss, outputs),
        "class_weighted": r.random() < 0.4,
        "trained": bool(shapes) and not any(map(is_random, layers["layers"])),
    }
