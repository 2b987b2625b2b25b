"""Reference values for tests/reference.rs: mpmath's, SciPy's, NumPy's and PyTorch's.

    python values.py > values.json

Made with mpmath 1.3.0, NumPy 2.4.6, SciPy 1.17.1, PyTorch 2.15.0.
"""

import json

import mpmath
import numpy as np
import torch
from scipy import special, stats
from scipy.spatial import distance
from torch.nn import functional

rng = np.random.default_rng(11)


mpmath.mp.dps = 50


def activation(function):
    """Values and derivatives at X, to 50 digits before rounding."""
    return {
        "y": [float(function(mpmath.mpf(x))) for x in X],
        "derivative": [float(mpmath.diff(function, mpmath.mpf(x), h=mpmath.mpf("1e-20"))) for x in X],
    }


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


X = [-30.0, -5.5, -2.0, -0.7, -1e-3, 1e-3, 0.3, 1.0, 4.2, 25.0]
activations = {
    "sigmoid": activation(sigmoid),
    "tanh": activation(mpmath.tanh),
    "relu": activation(lambda x: x if x > 0 else mpmath.mpf(0)),
    "leaky_relu": activation(lambda x: x if x > 0 else 0.1 * x),
    "elu": activation(lambda x: x if x > 0 else mpmath.expm1(x) / 2),
    "gelu": activation(lambda x: x * mpmath.ncdf(x)),
    "silu": activation(lambda x: x * sigmoid(x)),
    "softplus": activation(lambda x: mpmath.log(1 + mpmath.exp(x))),
}

x = np.array(X)
special_values = {
    "log_sigmoid": special.log_expit(x).tolist(),
    "normal_cdf": special.ndtr(x).tolist(),
    "logit": special.logit([0.001, 0.3, 0.5, 0.98]).tolist(),
}

logits = rng.normal(scale=30.0, size=(4, 3))
softmax = {
    "logits": logits.tolist(),
    "log_sum_exp": special.logsumexp(logits, axis=1).tolist(),
    "softmax": special.softmax(logits, axis=0).tolist(),
    "log_softmax": special.log_softmax(logits, axis=1).tolist(),
}

p, q = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5))
joint = rng.dirichlet(np.ones(6)).reshape(2, 3)
x_then_y = stats.entropy(joint.sum(1)), stats.entropy(joint.sum(0)), stats.entropy(joint, axis=None)
information = {
    "p": p.tolist(),
    "q": q.tolist(),
    "entropy": stats.entropy(p),
    "kl": stats.entropy(p, q),
    "cross_entropy": -np.sum(p * np.log(q)),
    "js": distance.jensenshannon(p, q) ** 2,
    "joint": joint.tolist(),
    "joint_entropy": x_then_y[2],
    "conditional_entropy": x_then_y[2] - x_then_y[0],
    "mutual_information": x_then_y[0] + x_then_y[1] - x_then_y[2],
}


def double(x):
    return torch.tensor(x, dtype=torch.float64)


def kl(p, q):
    return torch.distributions.kl_divergence(p, q).item()


bernoulli = stats.bernoulli(0.3)
coin = torch.distributions.Bernoulli
normal = stats.norm(1.5, 0.7)
gauss = torch.distributions.Normal
samples = rng.normal(3.0, 2.0, size=12)
mean, std_dev = [1.0, -0.5, 2.0], [0.5, 1.5, 1.0]
diagonal = stats.multivariate_normal(mean, np.diag(np.square(std_dev)))
point = [0.7, 0.1, 2.5]
fit = stats.norm.fit(samples)
distributions = {
    "bernoulli": {
        "log_prob": [bernoulli.logpmf(0), bernoulli.logpmf(1)],
        "mean": bernoulli.mean(),
        "variance": bernoulli.var(),
        "entropy": float(bernoulli.entropy()),
        "kl_to_0.6": kl(coin(double(0.3)), coin(double(0.6))),
    },
    "normal": {
        "log_prob_at_2": normal.logpdf(2.0),
        "prob_at_2": normal.pdf(2.0),
        "cdf_at_2": normal.cdf(2.0),
        "variance": normal.var(),
        "entropy": float(normal.entropy()),
        "kl_to_standard": kl(
            gauss(double(1.5), double(0.7)),
            gauss(double(0.0), double(1.0)),
        ),
        "samples": samples.tolist(),
        "fit": [fit[0], fit[1]],
    },
    "diagonal": {
        "mean": mean,
        "std_dev": std_dev,
        "point": point,
        "log_prob": diagonal.logpdf(point),
        "entropy": diagonal.entropy(),
    },
}

features = rng.normal(size=(20, 3))
targets = features @ [1.0, -2.0, 0.5] + 3.0 + 0.1 * rng.normal(size=20)
theta, residuals, _, _ = np.linalg.lstsq(np.c_[np.ones(20), features], targets)
linear = {
    "x": features.tolist(),
    "y": targets.tolist(),
    "bias": theta[0],
    "weights": theta[1:].tolist(),
    "variance": residuals[0] / 20,
    "nll": -stats.norm.logpdf(
        targets, np.c_[np.ones(20), features] @ theta, np.sqrt(residuals[0] / 20)
    ).sum(),
}

labels = rng.integers(0, 3, size=4)
truth = rng.integers(0, 2, size=4)
losses = {
    "labels": labels.tolist(),
    "categorical": functional.cross_entropy(
        torch.tensor(logits), torch.tensor(labels), reduction="sum"
    ).item(),
    "truth": truth.tolist(),
    "bernoulli": functional.binary_cross_entropy_with_logits(
        torch.tensor(logits[:, 0]), torch.tensor(truth).double(), reduction="sum"
    ).item(),
}

parts = {
    "x": X,
    "activations": activations,
    "special": special_values,
    "softmax": softmax,
    "information": information,
    "distributions": distributions,
    "linear": linear,
    "losses": losses,
}
print("{\n" + ",\n".join(f'"{name}": {json.dumps(part)}' for name, part in parts.items()) + "\n}")
