"""Each loss as PyTorch computes it, one value a sample."""

import kinks
from torch.nn import functional as f


def cross_entropy(y, target, label_smoothing):
    return f.cross_entropy(y, target, reduction="none", label_smoothing=label_smoothing)


def kl_divergence(y, target):
    if target.dim() == 1:
        return f.cross_entropy(y, target, reduction="none")
    return f.kl_div(f.log_softmax(y, 1), target, reduction="none").sum(1)


def binary_cross_entropy(y, target):
    target = target.to(y).reshape(y.shape)
    return f.binary_cross_entropy_with_logits(y, target, reduction="none").mean(1)


def gaussian_nll(y, target):
    mean, log_variance = y.chunk(2, 1)
    options = {"full": True, "eps": 1e-30, "reduction": "none"}
    return f.gaussian_nll_loss(mean, target, log_variance.exp(), **options).mean(1)


def absolute_error(y, target):
    kinks.note((y - target).abs())
    return f.l1_loss(y, target, reduction="none").mean(1)


LOSSES = {
    "MeanSquaredError": lambda y, t: f.mse_loss(y, t, reduction="none").mean(1),
    "MeanAbsoluteError": absolute_error,
    "Huber": lambda y, t, delta: f.huber_loss(y, t, reduction="none", delta=delta).mean(1),
    "GaussianNll": gaussian_nll,
    "BinaryCrossEntropy": binary_cross_entropy,
    "SoftmaxCrossEntropy": cross_entropy,
    "KlDivergence": kl_divergence,
}


def takes_classes(loss, outputs):
    """Whether targets may be class numbers."""
    if loss == "BinaryCrossEntropy":
        return outputs == 1
    return loss == "KlDivergence" or "SoftmaxCrossEntropy" in loss


def name_and_options(loss):
    if isinstance(loss, str):
        return loss, {}
    [named] = loss.items()
    return named


def mean_loss(loss, y, target, weight):
    """Σ w ℓ / Σ w."""
    name, options = name_and_options(loss)
    each = LOSSES[name](y.reshape(len(y), -1), target, **options)
    return (weight * each).sum() / weight.sum()
