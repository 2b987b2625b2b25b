"""Reference values for tests/metrics_sklearn.rs: scikit-learn's and SciPy's on the inputs stored.

    python metrics.py > metrics.json

Made with scikit-learn 1.9.1, NumPy 2.4.6, SciPy 1.17.1.
"""

import json

import numpy as np
from scipy import optimize, stats
from sklearn import calibration, metrics

LEVEL = 0.95
rng = np.random.default_rng(7)


def wilson(successes, trials):
    if trials == 0:
        return [0.0, 1.0]
    interval = stats.binomtest(successes, trials).proportion_ci(LEVEL, method="wilson")
    return [interval.low, interval.high]


def student(samples):
    t = stats.t.ppf((1 + LEVEL) / 2, len(samples) - 1)
    mean, half = np.mean(samples), t * stats.sem(samples)
    return [max(mean - half, 0.0), mean + half]


def hanley_mcneil(auc, m, n):
    """The areas whose Hanley-McNeil (1982) standard error puts them z away from the observed one."""
    z = stats.norm.ppf((1 + LEVEL) / 2)

    def excess(t):
        q1, q2 = t / (2 - t), 2 * t**2 / (1 + t)
        variance = (t * (1 - t) + (m - 1) * (q1 - t**2) + (n - 1) * (q2 - t**2)) / (m * n)
        return (auc - t) ** 2 - z**2 * variance

    # Next to 0 and 1 the variance vanishes, so a perfect area must be kept away from that root.
    gap = 1e-9
    low = optimize.brentq(excess, 0, auc - gap, xtol=1e-15) if auc > 0 else 0.0
    high = optimize.brentq(excess, auc + gap, 1, xtol=1e-15) if auc < 1 else 1.0
    return [low, high]


def classes():
    """Four classes, of which the last is never predicted, and a fifth without any sample."""
    labels = list(range(5))
    truth = rng.choice(4, size=60, p=[0.4, 0.3, 0.2, 0.1])
    guess = np.where(rng.random(60) < 0.7, truth, rng.choice(4, size=60))
    predicted = np.where(guess == 3, 0, guess)
    matrix = metrics.confusion_matrix(truth, predicted, labels=labels)
    right = np.diag(matrix)

    def averages(average):
        scores = metrics.precision_recall_fscore_support(
            truth, predicted, labels=labels, average=average, zero_division=0
        )
        return [scores[0], scores[1], scores[2]]

    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0
    )
    names = ["ant", "bumblebee, large", "cat", "dog", "eel"]
    report = {
        digits: metrics.classification_report(
            truth, predicted, labels=labels, target_names=names, digits=digits, zero_division=0
        )
        for digits in (2, 4)
    }
    return {
        "truth": truth,
        "predicted": predicted,
        "matrix": matrix,
        "accuracy": metrics.accuracy_score(truth, predicted),
        "accuracy_interval": wilson(int(right.sum()), 60),
        "precision": precision,
        "precision_intervals": [wilson(int(r), int(n)) for r, n in zip(right, matrix.sum(0))],
        "recall": recall,
        "recall_intervals": [wilson(int(r), int(n)) for r, n in zip(right, matrix.sum(1))],
        "f1": f1,
        "support": support,
        "micro": averages("micro"),
        "macro": averages("macro"),
        "weighted": averages("weighted"),
        "names": names,
        "report_2_digits": report[2],
        "report_4_digits": report[4],
    }


def probabilities():
    """Rows of softmax probabilities for three classes, two of them certain (one wrongly)."""
    n = 40
    truth = rng.choice(3, size=n)
    logits = rng.normal(size=(n, 3)) + 1.2 * np.eye(3)[truth]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    p[0], p[1] = np.eye(3)[truth[0]], np.eye(3)[(truth[1] + 1) % 3]
    losses = [metrics.log_loss(truth[i : i + 1], p[i : i + 1], labels=range(3)) for i in range(n)]
    squares = ((p - np.eye(3)[truth]) ** 2).sum(1)
    hits = metrics.top_k_accuracy_score(truth[2:], p[2:], k=2, normalize=False)
    return {
        "truth": truth,
        "probabilities": p,
        "log_loss": metrics.log_loss(truth, p),
        "log_loss_interval": student(losses),
        "brier_score": metrics.brier_score_loss(truth, p),
        "brier_score_interval": student(squares),
        "macro_roc_auc": metrics.roc_auc_score(truth, p, multi_class="ovr"),
        # Without the two certain rows, which tie.
        "top_2_accuracy": hits / (n - 2),
        "top_2_accuracy_interval": wilson(int(hits), n - 2),
    }


def binary(truth, scores):
    """Curves, areas and calibration of probabilities, tied or not."""
    truth, scores = np.asarray(truth), np.asarray(scores)
    false_positive_rate, true_positive_rate, thresholds = metrics.roc_curve(
        truth, scores, drop_intermediate=False
    )
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    auc = metrics.roc_auc_score(truth, scores)
    positives = int(truth.sum())
    observed, predicted = calibration.calibration_curve(truth, scores, n_bins=5)
    inner_edges = np.linspace(0, 1, 6)[1:-1]
    sizes = np.bincount(np.searchsorted(inner_edges, scores))
    sizes = sizes[sizes > 0]
    return {
        "truth": truth,
        "scores": scores,
        "false_positive_rate": false_positive_rate,
        "true_positive_rate": true_positive_rate,
        "thresholds": thresholds[1:],
        "precision": precision,
        "recall": recall,
        "auc": auc,
        "auc_interval": hanley_mcneil(auc, positives, len(truth) - positives),
        "average_precision": metrics.average_precision_score(truth, scores),
        "log_loss": metrics.log_loss(truth, scores),
        "brier_score": metrics.brier_score_loss(truth, scores),
        "brier_score_interval": student((scores - truth) ** 2),
        "calibration_observed": observed,
        "calibration_predicted": predicted,
        "calibration_error": (sizes * abs(observed - predicted)).sum() / len(truth),
    }


def tied():
    truth = rng.random(50) < 0.3
    return binary(truth.astype(int), np.round(rng.beta(2, 2, 50) * 0.7 + 0.3 * truth, 1))


def untied():
    truth = rng.random(50) < 0.5
    return binary(truth.astype(int), rng.beta(2, 2, 50) * 0.6 + 0.4 * truth)


def regression():
    truth = rng.normal(3, 2, size=30)
    predicted = truth + rng.normal(0.1, 0.7, size=30)
    squares = (truth - predicted) ** 2
    return {
        "truth": truth,
        "predicted": predicted,
        "mae": metrics.mean_absolute_error(truth, predicted),
        "mae_interval": student(abs(truth - predicted)),
        "mse": metrics.mean_squared_error(truth, predicted),
        "mse_interval": student(squares),
        "rmse": metrics.root_mean_squared_error(truth, predicted),
        "rmse_interval": np.sqrt(student(squares)),
        "r2": metrics.r2_score(truth, predicted),
    }


def plain(value):
    """NumPy's values as JSON's."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else str(value)


parts = {
    "level": LEVEL,
    "classes": classes(),
    "probabilities": probabilities(),
    "tied": tied(),
    "untied": untied(),
    "perfect": binary([0, 0, 0, 1, 1, 1, 1], [0.1, 0.1, 0.3, 0.4, 0.8, 0.8, 1.0]),
    "constant": binary([0, 1, 0, 1, 1], [0.5] * 5),
    "regression": regression(),
    "student_t": [
        [level, nu, stats.t.ppf((1 + level) / 2, nu)]
        for level in (0.5, 0.95, 0.999)
        for nu in (1, 2, 3, 4, 9, 30, 1001)
    ],
    "normal": [[level, stats.norm.ppf((1 + level) / 2)] for level in (0.1, 0.5, 0.95, 0.999)],
}
lines = [f"{json.dumps(name)}: {json.dumps(part, default=plain)}" for name, part in parts.items()]
print("{\n" + ",\n".join(lines) + "\n}")
