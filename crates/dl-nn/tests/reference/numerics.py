"""Reference values for tests/numerics.rs: python numerics.py (needs torch
and scikit-learn).

Writes numerics.json beside itself: losses and gradients in float64 where options meet that the other
tables keep apart, and scikit-learn's measures where classes are absent or scores equal.
"""

import json
import pathlib

import numpy
import torch
from sklearn import metrics
from torch.nn import functional as f

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)


def rows(t):
    return t.detach().tolist()


def entry(loss, z):
    return {"loss": loss.item(), "gradient": rows(torch.autograd.grad(loss, z)[0])}


def losses():
    z = torch.randn(5, 3, requires_grad=True)
    units = torch.rand(5, 3)
    pos_weight = torch.tensor([0.5, 1.0, 4.0])
    soft = f.softmax(torch.randn(5, 3), dim=1)
    # sums from 1 - 8e-5 to 1 + 8e-5
    nearly = soft * (1 + torch.linspace(-8e-5, 8e-5, 5))[:, None]
    labels = torch.tensor([0, 2, 1, 1, 2])
    weight = torch.tensor([0.5, 2.0, 3.0])
    return {
        "outputs": rows(z),
        "units": rows(units),
        "pos_weight": rows(pos_weight),
        "nearly": rows(nearly),
        "labels": labels.tolist(),
        "weight": rows(weight),
        "table": {
            "pos_weight": entry(
                f.binary_cross_entropy_with_logits(z, units, pos_weight=pos_weight), z
            ),
            "pos_weight of one": entry(
                f.binary_cross_entropy_with_logits(z, units, pos_weight=torch.tensor(2.5)), z
            ),
            "nearly": entry(f.cross_entropy(z, nearly), z),
            "nearly, smoothed": entry(f.cross_entropy(z, nearly, label_smoothing=0.1), z),
            "KL of nearly": entry(
                f.kl_div(f.log_softmax(z, dim=1), nearly, reduction="batchmean"), z
            ),
            "weighted": entry(f.cross_entropy(z, labels, weight=weight), z),
            # not ours, on purpose: the part that is spread has the weights of its classes
            "weighted, smoothed": entry(
                f.cross_entropy(z, labels, weight=weight, label_smoothing=0.1), z
            ),
        },
    }


def measures():
    truth = numpy.array([0, 0, 1, 1, 3, 3, 3])
    predicted = numpy.array([0, 1, 1, 1, 3, 3, 0])
    # class 2 occurs nowhere, class 4 only among the predictions
    with_spurious = numpy.array([0, 1, 1, 1, 3, 3, 4])
    scores = numpy.array([[0.4, 0.4, 0.2], [0.2, 0.4, 0.4], [0.3, 0.3, 0.4]])
    tied = numpy.array([0, 1, 0])

    def averages(predicted, labels=None):
        options = {"labels": labels, "average": "macro", "zero_division": 0}
        return [
            metrics.precision_score(truth, predicted, **options),
            metrics.recall_score(truth, predicted, **options),
            metrics.f1_score(truth, predicted, **options),
        ]

    return {
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "macro": averages(predicted, range(5)),
        "macro_by_default": averages(predicted),
        "with_spurious": with_spurious.tolist(),
        "macro_with_spurious": averages(with_spurious, range(5)),
        "scores": scores.tolist(),
        "tied": tied.tolist(),
        "top_1": metrics.top_k_accuracy_score(tied, scores, k=1, labels=[0, 1, 2]),
        "top_2": metrics.top_k_accuracy_score(tied, scores, k=2, labels=[0, 1, 2]),
    }


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("numerics.json")
    path.write_text(json.dumps({"losses": losses(), "measures": measures()}, indent=1) + "\n")
