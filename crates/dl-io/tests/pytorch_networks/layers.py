"""Each kind of layer as PyTorch computes it, by the names and settings of our architecture files.

Arrays have our order of axes: images are [n, h, w, c], kernels [in, out] or [kh, kw, c, filters], and
transposed ones [kh, kw, filters, c], so that gradients come out in it, too.
"""

import math

import kinks
import torch
from torch.nn import functional as f


def channels_first(images):
    return images.permute(0, 3, 1, 2)


def channels_last(images):
    return images.permute(0, 2, 3, 1)


def taps_last(kernel):
    return kernel.permute(3, 2, 0, 1).contiguous()


def pair(size):
    return size["height"], size["width"]


def extent(window):
    """Pixels from the first tap to the last."""
    return [
        (k - 1) * d + 1
        for k, d in zip(pair(window["kernel"]), pair(window["dilation"]), strict=True)
    ]


def sides(window, image):
    """Padding at top, bottom, left and right of an image of this height and width."""
    padding = window["padding"]
    if padding == "Valid":
        return 0, 0, 0, 0
    if padding == "Same":
        around = []
        for size, stride, reach in zip(image, pair(window["stride"]), extent(window)):
            total = max((math.ceil(size / stride) - 1) * stride + reach - size, 0)
            around += [total // 2, total - total // 2]
        return tuple(around)
    return tuple(padding["Explicit"][side] for side in ("top", "bottom", "left", "right"))


def pad(images, around, value=0.0):
    """Images with channels first; negative padding takes pixels away."""
    top, bottom, left, right = around
    return f.pad(images, (left, right, top, bottom), value=value)


def bent(function):
    """A function whose derivative jumps at 0."""

    def noted(x, *options, **named):
        kinks.note(x.abs())
        return function(x, *options, **named)

    return noted


ACTIVATIONS = {
    "Identity": lambda x: x,
    "Relu": bent(f.relu),
    "LeakyRelu": bent(lambda x, slope: f.leaky_relu(x, slope)),
    "Elu": bent(lambda x, alpha: f.elu(x, alpha)),
    "Gelu": f.gelu,
    "Silu": f.silu,
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    # PyTorch's is x itself from a threshold of 20 on
    "Softplus": lambda x: f.softplus(x, threshold=100),
    "Softmax": lambda x: f.softmax(x, -1),
}


def activation(settings, x):
    if isinstance(settings, str):
        return ACTIVATIONS[settings](x)
    [(name, options)] = settings.items()
    return ACTIVATIONS[name](x, **options)


def dense(s, p, x, training):
    return activation(s["activation"], f.linear(x, p["kernel"].T, p.get("bias")))


def conv2d(s, p, x, training):
    window, x = s["window"], channels_first(x)
    top, bottom, left, right = sides(window, x.shape[2:])
    if top == bottom and left == right:
        padding = top, left
    else:
        x, padding = pad(x, (top, bottom, left, right)), 0
    stride, dilation = pair(window["stride"]), pair(window["dilation"])
    kernel = taps_last(p["kernel"])
    y = f.conv2d(x, kernel, p.get("bias"), stride, padding, dilation, s["groups"])
    return activation(s["activation"], channels_last(y))


def conv_transpose2d(s, p, x, training):
    window, x = s["window"], channels_first(x)
    stride, dilation, more = (
        pair(window["stride"]),
        pair(window["dilation"]),
        pair(s["output_padding"]),
    )
    kernel, bias = taps_last(p["kernel"]), p.get("bias")
    same = window["padding"] == "Same"
    size = [n * step for n, step in zip(x.shape[2:], stride)]  # of the output where it is the same
    top, bottom, left, right = sides(window, size)
    if top == bottom and left == right and not same:
        y = f.conv_transpose2d(x, kernel, bias, stride, (top, left), more, s["groups"], dilation)
    else:
        y = f.conv_transpose2d(x, kernel, None, stride, 0, 0, s["groups"], dilation)
        if same:
            bottom, right = (
                full - n - before for full, n, before in zip(y.shape[2:], size, (top, left))
            )
        y = pad(y, (-top, more[0] - bottom, -left, more[1] - right))
        y = y if bias is None else y + bias[:, None, None]
    return activation(s["activation"], channels_last(y))


def max_pool2d(s, p, x, training):
    window, x = s["window"], channels_first(x)
    x = pad(x, sides(window, x.shape[2:]), value=-math.inf)
    kernel, stride, dilation = (pair(window[name]) for name in ("kernel", "stride", "dilation"))
    taps = f.unfold(x, kernel, dilation, 0, stride).unflatten(1, (x.shape[1], -1))
    kinks.note_largest(taps, 2)
    return channels_last(f.max_pool2d(x, kernel, stride, 0, dilation))


def global_max_pool2d(s, p, x, training):
    kinks.note_largest(x.flatten(1, 2), 1)
    return f.adaptive_max_pool2d(channels_first(x), 1)[:, :, 0, 0]


def average_pool2d(s, p, x, training):
    window, x = s["window"], channels_first(x)
    around = sides(window, x.shape[2:])

    def mean(x):
        """Of all taps. PyTorch's average pooling has no dilation: a convolution has."""
        kernel, stride, dilation = (pair(window[name]) for name in ("kernel", "stride", "dilation"))
        if dilation == (1, 1):
            return f.avg_pool2d(pad(x, around), kernel, stride)
        channels = x.shape[1]
        taps = x.new_full((channels, 1, *kernel), 1 / math.prod(kernel))
        return f.conv2d(pad(x, around), taps, None, stride, 0, dilation, channels)

    if s["count_padding"]:
        return channels_last(mean(x))
    return channels_last(mean(x) / mean(torch.ones_like(x)))


def batch_norm(s, p, x, training):
    rows = x.reshape(-1, x.shape[-1])
    running = p["running_mean"], p["running_variance"]
    y = f.batch_norm(rows, *running, p["gamma"], p["beta"], training, s["momentum"], s["epsilon"])
    return y.reshape(x.shape)


def layer_norm(s, p, x, training):
    return f.layer_norm(x, x.shape[-1:], p["gamma"], p["beta"], s["epsilon"])


def local_response_norm(s, p, x, training):
    rows = x.reshape(-1, x.shape[-1], 1)
    # PyTorch divides α by the number of channels summed
    y = f.local_response_norm(rows, s["size"], s["alpha"] * s["size"], s["beta"], s["k"])
    return y.reshape(x.shape)


def up_sample2d(s, p, x, training):
    mode = {
        "Nearest": {"mode": "nearest"},
        "Bilinear": {"mode": "bilinear", "align_corners": False},
    }
    factor = tuple(map(float, pair(s["factor"])))
    return channels_last(
        f.interpolate(channels_first(x), scale_factor=factor, **mode[s["interpolation"]])
    )


def zero_pad2d(s, p, x, training):
    around = sides({"padding": s["padding"]}, x.shape[1:3])
    return channels_last(pad(channels_first(x), around))


def halves(x):
    """Means and logarithms of variances."""
    return x.unflatten(-1, (2, -1)).unbind(-2)


def standard_normal_kl(s, p, x, training):
    mean, log_variance = halves(x)
    normal, standard = (
        torch.distributions.Normal(mean, (log_variance / 2).exp()),
        torch.distributions.Normal(0.0, 1.0),
    )
    return torch.distributions.kl_divergence(normal, standard).sum(-1, keepdim=True)


def kernel_and_bias(kernel):
    """`kernel` gives the shape; the last axis but for transposed kernels has the filters."""

    def shapes(s, shape):
        outputs = s.get("units", s.get("filters"))
        return {"kernel": kernel(s, shape)} | ({"bias": [outputs]} if s["bias"] else {})

    return shapes


def of_last_axis(*names):
    return lambda s, shape: {name: [shape[-1]] for name in names}


def none(s, shape):
    return {}


dense_shapes = kernel_and_bias(lambda s, shape: [shape[0], s["units"]])
conv2d_shapes = kernel_and_bias(
    lambda s, shape: [*pair(s["window"]["kernel"]), shape[2] // s["groups"], s["filters"]]
)
conv_transpose2d_shapes = kernel_and_bias(
    lambda s, shape: [*pair(s["window"]["kernel"]), s["filters"] // s["groups"], shape[2]]
)
batch_norm_shapes = of_last_axis("gamma", "beta", "running_mean", "running_variance")

# kind: the shapes of its parameters and state for samples of a shape, its function.
# Dropout and the draw of Reparameterize are in evaluation, where nothing is drawn.
LAYERS = {
    "activation": (none, lambda s, p, x, training: activation(s, x)),
    "average_pool2d": (none, average_pool2d),
    "batch_norm": (batch_norm_shapes, batch_norm),
    "conv2d": (conv2d_shapes, conv2d),
    "conv_transpose2d": (conv_transpose2d_shapes, conv_transpose2d),
    "dense": (dense_shapes, dense),
    "dropout": (none, lambda s, p, x, training: x),
    "flatten": (none, lambda s, p, x, training: x.reshape(len(x), -1)),
    "global_average_pool2d": (none, lambda s, p, x, training: x.mean((1, 2))),
    "global_max_pool2d": (none, global_max_pool2d),
    "layer_norm": (of_last_axis("gamma", "beta"), layer_norm),
    "local_response_norm": (none, local_response_norm),
    "max_pool2d": (none, max_pool2d),
    "reparameterize": (none, lambda s, p, x, training: halves(x)[0]),
    "reshape": (none, lambda s, p, x, training: x.reshape(len(x), *s["shape"])),
    "standard_normal_kl": (none, standard_normal_kl),
    "up_sample2d": (none, up_sample2d),
    "zero_pad2d": (none, zero_pad2d),
}


def parameter_shapes(architecture):
    """The shapes of all parameters and states by their dotted names, and that of an output sample."""
    shapes, shape = {}, architecture["input_shape"]
    for layer in architecture["layers"]:
        of_kind, _ = LAYERS[layer["kind"]]
        own = of_kind(layer["settings"], shape)
        shapes |= {f"{layer['name']}.{name}": s for name, s in own.items()}
        shape = output_shape(layer["kind"], layer["settings"], shape)
    return shapes, shape


def output_shape(kind, settings, shape):
    """`None` where a layer does not take such samples."""
    of_kind, function = LAYERS[kind]
    if kind == "average_pool2d":
        settings = settings | {"count_padding": False}
    try:
        p = {name: torch.ones(s) for name, s in of_kind(settings, shape).items()}
        y = function(settings, p, torch.zeros(2, *shape), False)
    except (RuntimeError, ValueError):
        return None
    # the maximum and the mean of a window that sees nothing but padding are infinite or NaN
    return list(y.shape[1:]) if y.isfinite().all() and y.numel() > 0 else None


def run(architecture, weights, x, training):
    """The outputs. In training, running statistics among the weights are changed."""
    for layer in architecture["layers"]:
        start = layer["name"] + "."
        own = {name.removeprefix(start): w for name, w in weights.items() if name.startswith(start)}
        _, function = LAYERS[layer["kind"]]
        x = function(layer["settings"], own, x, training)
    return x
