"""Reference values for tests/pytorch_pool.rs: python pytorch_pool.py (needs torch).

Writes pytorch_pool.json beside itself, all in float32: outputs y and, for y's gradient r, the
gradients dx of layers without parameters. PyTorch's images are [n, c, h, w]; they are written
[n, h, w, c]. Each layer's settings are written as dl-conv's own description of it.
"""

import json
import pathlib

import torch
from torch.nn import functional as f

torch.manual_seed(11)


def images(*shape):
    """[n, c, h, w], standard normal."""
    return torch.randn(*shape)


def tensor(t):
    t = t.detach()
    if t.dim() == 4:
        t = t.permute(0, 2, 3, 1)
    values = [float(f"{v:.9g}") for v in t.flatten().tolist()]
    return {"shape": list(t.shape), "values": values}


def case(name, kind, settings, x, function):
    x = x.clone().requires_grad_()
    y = function(x)
    r = torch.randn_like(y)
    (dx,) = torch.autograd.grad(y, x, r)
    arrays = {"x": x, "y": y, "r": r, "dx": dx}
    arrays = {key: tensor(value) for key, value in arrays.items()}
    return {"name": name, "kind": kind, "settings": settings} | arrays


def size(height, width):
    return {"height": height, "width": width}


def sides(top, bottom, left, right):
    return {"Explicit": {"top": top, "bottom": bottom, "left": left, "right": right}}


def window(kernel, stride, padding=(0, 0), dilation=(1, 1)):
    """Padding: rows above and below, columns before and after; or one number for each."""
    if padding == (0, 0):
        padding = "Valid"
    elif len(padding) == 2:
        padding = sides(padding[0], padding[0], padding[1], padding[1])
    else:
        padding = sides(*padding)
    return {
        "kernel": size(*kernel),
        "stride": size(*stride),
        "dilation": size(*dilation),
        "padding": padding,
    }


def max_pool(name, x, kernel, stride, padding=(0, 0), dilation=(1, 1)):
    def function(x):
        if len(padding) == 2:
            return f.max_pool2d(x, kernel, stride, padding, dilation)
        top, bottom, left, right = padding
        x = f.pad(x, (left, right, top, bottom), value=-torch.inf)
        return f.max_pool2d(x, kernel, stride, 0, dilation)

    settings = {"window": window(kernel, stride, padding, dilation)}
    return case(name, "max_pool2d", settings, x, function)


def average_pool(name, x, kernel, stride, padding=(0, 0), count_padding=False):
    settings = {"window": window(kernel, stride, padding), "count_padding": count_padding}
    pool = lambda x: f.avg_pool2d(x, kernel, stride, padding, count_include_pad=count_padding)
    return case(name, "average_pool2d", settings, x, pool)


def response_norm(name, x, size, k, alpha, beta):
    """PyTorch's alpha is divided by the number of channels summed, ours is not."""
    settings = {"size": size, "k": k, "alpha": alpha, "beta": beta}
    norm = lambda x: f.local_response_norm(x, size, alpha * size, beta, k)
    return case(name, "local_response_norm", settings, x, norm)


def upsample(name, x, factor, mode):
    settings = {"factor": size(*factor), "interpolation": mode.capitalize()}
    corners = {} if mode == "nearest" else {"align_corners": False}
    up = lambda x: f.interpolate(x, scale_factor=factor, mode=mode, **corners)
    return case(name, "up_sample2d", settings, x, up)


def zero_pad(x, top, bottom, left, right):
    settings = {"padding": sides(top, bottom, left, right)}
    pad = lambda x: f.pad(x, (left, right, top, bottom))
    return case("zero pad", "zero_pad2d", settings, x, pad)


few = torch.randint(0, 3, (2, 3, 6, 7)).float()

cases = [
    max_pool("max 2", images(2, 3, 6, 4), (2, 2), (2, 2)),
    max_pool("max 2, odd sizes", images(2, 3, 7, 5), (2, 2), (2, 2)),
    max_pool("max 3 stride 2", images(2, 3, 7, 9), (3, 3), (2, 2)),
    max_pool("max 3 stride 2, rest", images(2, 3, 8, 6), (3, 3), (2, 2)),
    max_pool("max 3×2 stride 1×3", images(2, 3, 6, 7), (3, 2), (1, 3)),
    max_pool("max 3 padded", images(2, 3, 5, 6), (3, 3), (2, 2), (1, 1)),
    max_pool("max 3 padded at two sides", images(2, 3, 6, 6), (3, 3), (2, 2), (0, 1, 0, 1)),
    max_pool("max 2 dilated", images(2, 3, 6, 5), (2, 2), (1, 2), (1, 0), (2, 3)),
    max_pool("max with ties", few, (2, 2), (2, 2)),
    max_pool("max with ties, overlapping", few, (3, 3), (1, 1), (1, 1)),
    max_pool("max 2, 41 channels", images(1, 41, 4, 4), (2, 2), (2, 2)),
    average_pool("average 2", images(2, 3, 6, 5), (2, 2), (2, 2)),
    average_pool("average 3 stride 2", images(2, 3, 7, 8), (3, 3), (2, 2)),
    average_pool("average padded, not counted", images(2, 3, 5, 6), (3, 2), (2, 2), (1, 1)),
    average_pool("average padded, counted", images(2, 3, 5, 6), (3, 2), (2, 2), (1, 1), True),
    case(
        "global max",
        "global_max_pool2d",
        None,
        images(2, 3, 5, 4),
        lambda x: f.adaptive_max_pool2d(x, 1).flatten(1),
    ),
    case(
        "global average",
        "global_average_pool2d",
        None,
        images(2, 3, 5, 4),
        lambda x: f.adaptive_avg_pool2d(x, 1).flatten(1),
    ),
    response_norm("AlexNet's response norm", 40 * images(1, 9, 3, 4), 5, 2.0, 1e-4, 0.75),
    response_norm("response norm, few channels", images(2, 3, 3, 4), 7, 1.0, 0.2, 0.75),
    response_norm("response norm, another power", images(2, 6, 3, 3), 3, 1.5, 0.3, 0.6),
    upsample("nearest", images(2, 3, 3, 4), (2, 3), "nearest"),
    upsample("bilinear", images(2, 3, 3, 4), (2, 3), "bilinear"),
    upsample("bilinear of one row", images(1, 3, 1, 4), (4, 2), "bilinear"),
    zero_pad(images(2, 3, 3, 4), 1, 0, 2, 3),
]
reference = {"torch": torch.__version__.split("+")[0], "cases": cases}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(reference, ensure_ascii=False, separators=(",", ":")) + "\n")
