"""Reference values for tests/pytorch_conv.rs: python pytorch_conv.py (needs torch).

Writes pytorch_conv.json beside itself: in float32, outputs y of convolutions and transposed
convolutions and, for y's gradient r, the gradients of x, kernel and bias; in float64, a small
network trained by Adam. PyTorch's images are [n, c, h, w]; they are written [n, h, w, c]. Kernels
of convolutions [c_out, c_in / groups, kh, kw] and of transposed ones [c_in, c_out / groups, kh, kw]
are both written with their axes in the order 2, 3, 1, 0. Each layer's settings are written as
dl-conv's own description of it.
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as f

torch.manual_seed(12)


def pixels_last(t):
    """Images."""
    return t.permute(0, 2, 3, 1)


def taps_first(t):
    """Kernels."""
    return t.permute(2, 3, 1, 0)


def normal(*shape):
    """Standard normal numbers of three decimals, which are short to write."""
    return torch.tensor(torch.randn(shape).numpy().round(3))


def tensor(t):
    """The fewest digits that are read as the same numbers."""
    values = [float(str(v)) for v in t.detach().contiguous().numpy().flatten()]
    return {"shape": list(t.shape), "values": values}


def size(height, width):
    return {"height": height, "width": width}


def padding_of(padding):
    if padding == (0, 0):
        return "Valid"
    if padding == "same":
        return "Same"
    if len(padding) == 2:
        padding = (padding[0], padding[0], padding[1], padding[1])
    return {"Explicit": dict(zip(["top", "bottom", "left", "right"], padding))}


def settings(filters, kernel, stride, padding, dilation, groups, bias):
    return {
        "filters": filters,
        "window": {
            "kernel": size(*kernel),
            "stride": size(*stride),
            "dilation": size(*dilation),
            "padding": padding_of(padding),
        },
        "groups": groups,
        "bias": bias,
        "activation": "Identity",
        "kernel_initializer": None,
        "bias_initializer": "Zeros",
    }


def case(name, kind, settings, function, x, kernel, bias):
    inputs = {"x": x, "kernel": kernel} | ({"bias": bias} if bias is not None else {})
    for value in inputs.values():
        value.requires_grad_()
    y = function(x, kernel, bias)
    r = normal(*y.shape)
    grads = dict(zip(inputs, torch.autograd.grad(y, list(inputs.values()), r)))
    order = {"x": pixels_last, "kernel": taps_first, "bias": lambda b: b}
    written = lambda arrays: {key: tensor(order[key](v)) for key, v in arrays.items()}
    return {
        "name": name,
        "kind": kind,
        "settings": settings,
        "y": tensor(pixels_last(y)),
        "r": tensor(pixels_last(r)),
        "inputs": written(inputs),
        "grads": written(grads),
    }


def conv(
    name,
    image,
    filters,
    kernel,
    stride=(1, 1),
    padding=(0, 0),
    dilation=(1, 1),
    groups=1,
    bias=True,
):
    """Image: n, c, h, w. Padding: of rows and of columns, or one number for each side."""
    x = normal(*image)
    k = normal(filters, image[1] // groups, *kernel)
    b = normal(filters) if bias else None

    def function(x, k, b):
        around = padding
        if len(around) == 4 and around != "same":
            top, bottom, left, right = padding
            x, around = f.pad(x, (left, right, top, bottom)), (0, 0)
        return f.conv2d(x, k, b, stride, around, dilation, groups)

    described = settings(filters, kernel, stride, padding, dilation, groups, bias)
    return case(name, "conv2d", described, function, x, k, b)


def transposed(
    name,
    image,
    filters,
    kernel,
    stride=(1, 1),
    padding=(0, 0),
    dilation=(1, 1),
    groups=1,
    bias=True,
    output_padding=(0, 0),
):
    x = normal(*image)
    k = normal(image[1], filters // groups, *kernel)
    b = normal(filters) if bias else None
    function = lambda x, k, b: f.conv_transpose2d(
        x, k, b, stride, padding, output_padding, groups, dilation
    )
    described = settings(filters, kernel, stride, padding, dilation, groups, bias)
    described |= {"output_padding": size(*output_padding)}
    return case(name, "conv_transpose2d", described, function, x, k, b)


def network():
    """Ten steps of Adam on one batch."""
    torch.set_default_dtype(torch.float64)
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(5 * 4 * 4, 3),
    )
    x, labels = normal(10, 2, 9, 8).double(), torch.randint(0, 3, (10,))

    def parameters():
        written = []
        for p in net.parameters():
            if p.dim() == 4:
                p = taps_first(p)
            elif p.dim() == 2:
                # the flattened maps: PyTorch's c, h, w are h, w, c here
                p = p.reshape(3, 5, 4, 4).permute(2, 3, 1, 0).reshape(-1, 3)
            written.append(tensor(p))
        return written

    assert net[:5](x).shape == (10, 5, 4, 4)
    initial = parameters()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = f.cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {
        "x": tensor(pixels_last(x)),
        "labels": labels.tolist(),
        "initial": initial,
        "losses": losses,
        "final": parameters(),
        "evaluated": tensor(net(x)),
    }


cases = [
    conv("3×3", (2, 3, 6, 7), 4, (3, 3)),
    conv("1×1", (2, 5, 4, 3), 6, (1, 1)),
    conv("one channel, 33 filters", (1, 1, 6, 5), 33, (3, 3)),
    conv("even kernel", (2, 3, 5, 6), 4, (2, 4)),
    conv("no bias", (2, 3, 5, 5), 4, (3, 2), bias=False),
    conv("stride 2, odd sizes", (2, 3, 7, 9), 4, (3, 3), stride=(2, 2)),
    conv("stride 2×3, a rest", (2, 2, 8, 9), 4, (3, 2), stride=(2, 3)),
    conv("stride above the kernel", (2, 2, 8, 7), 3, (2, 1), stride=(3, 2)),
    conv("padded", (2, 3, 5, 4), 4, (3, 3), padding=(1, 1)),
    conv("padded by more than its reach", (1, 2, 4, 4), 3, (2, 2), padding=(3, 2)),
    conv("padded at two sides", (2, 2, 5, 6), 3, (3, 3), (2, 2), padding=(0, 1, 2, 0)),
    conv("same", (2, 2, 5, 6), 3, (3, 2), padding="same"),
    conv("dilated", (2, 2, 8, 9), 3, (3, 2), dilation=(2, 3)),
    conv("dilated, padded, stride 2", (2, 2, 8, 7), 3, (3, 3), (2, 2), (2, 2), (2, 2)),
    conv("groups", (2, 6, 5, 5), 4, (3, 3), padding=(1, 1), groups=2),
    conv("depthwise", (2, 5, 6, 5), 5, (3, 3), padding=(1, 1), groups=5),
    conv("depthwise, twice the filters", (1, 4, 6, 6), 8, (3, 2), (2, 1), groups=4),
    conv("5×5, as LeNet's", (1, 3, 6, 7), 4, (5, 5)),
    conv("11×11, stride 4, as AlexNet's", (1, 1, 17, 19), 2, (11, 11), stride=(4, 4)),
    transposed("transposed 3×3", (2, 3, 4, 5), 4, (3, 3)),
    transposed("transposed, no bias", (2, 3, 3, 4), 2, (2, 3), bias=False),
    transposed("transposed, stride 2", (2, 3, 4, 3), 4, (3, 3), stride=(2, 2)),
    transposed("transposed, stride above the kernel", (2, 2, 3, 4), 3, (2, 1), stride=(3, 2)),
    transposed("transposed, padded", (2, 3, 4, 5), 2, (4, 3), (2, 2), padding=(1, 1)),
    transposed(
        "transposed, output padding",
        (2, 3, 4, 3),
        2,
        (3, 3),
        stride=(2, 3),
        padding=(1, 0),
        output_padding=(1, 2),
    ),
    transposed("transposed, dilated", (2, 2, 4, 4), 3, (3, 2), (1, 2), (1, 0), dilation=(2, 3)),
    transposed("transposed, groups", (2, 4, 3, 4), 6, (3, 3), (2, 1), (1, 1), groups=2),
    transposed("transposed, depthwise", (2, 4, 3, 4), 4, (2, 2), (2, 2), groups=4),
]
reference = {"torch": torch.__version__.split("+")[0], "cases": cases, "network": network()}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(reference, ensure_ascii=False, separators=(",", ":")) + "\n")
