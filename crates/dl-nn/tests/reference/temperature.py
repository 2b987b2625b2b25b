"""Reference values for tests/temperature.rs: python temperature.py (needs torch and scipy).

Writes temperature.json beside itself: logits with labels and, in float64, the temperature that minimises PyTorch's
cross-entropy of the logits divided by it. SciPy's brentq finds the root of PyTorch's derivative by 1/T; PyTorch's own
L-BFGS over T, as in the code of Guo et al., must agree to what its tolerance allows. Made with PyTorch 2.15.0 and SciPy
1.17.1.
"""

import json
import pathlib

import torch
from scipy import optimize
from torch.nn import functional as f

torch.set_default_dtype(torch.float64)
torch.manual_seed(29)


def loss(beta, logits, labels):
    return f.cross_entropy(logits * beta, labels)


def slope(beta, logits, labels):
    beta = torch.tensor(beta, requires_grad=True)
    loss(beta, logits, labels).backward()
    return beta.grad.item()


def by_lbfgs(logits, labels):
    temperature = torch.nn.Parameter(torch.ones(()))
    optimizer = torch.optim.LBFGS(
        [temperature], max_iter=500, tolerance_grad=1e-14, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        value = f.cross_entropy(logits / temperature, labels)
        value.backward()
        return value

    optimizer.step(closure)
    return temperature.item()


def case(n, classes, scale, offset):
    """Labels drawn with softmax(z); the network's logits are `scale` times z, off by `offset`."""
    z = 2 * torch.randn(n, classes)
    labels = torch.multinomial(f.softmax(z, 1), 1).squeeze(1)
    logits = torch.tensor((scale * z + offset).numpy().round(3))
    arguments = (logits, labels)
    beta = optimize.brentq(slope, 1e-9 / scale, 1e3 / scale, args=arguments, xtol=1e-300, rtol=1e-15, maxiter=1000)
    if 0.1 < scale < 10 and offset == 0:
        assert abs(by_lbfgs(logits, labels) * beta - 1) < 1e-7
    return {
        "logits": logits.tolist(),
        "labels": labels.tolist(),
        "temperature": 1 / beta,
        "before": loss(1.0, logits, labels).item(),
        "after": loss(beta, logits, labels).item(),
    }


CASES = [(60, 10, 3.0, 0.0), (80, 2, 0.4, 0.0), (40, 5, 1.0, 1000.0), (30, 3, 200.0, 0.0)]
path = pathlib.Path(__file__).with_name("temperature.json")
path.write_text(json.dumps([case(*settings) for settings in CASES]) + "\n")
