"""The course's Iris program in scikit-learn: scaler and PCA on all rows, an 80/20 split,
MLPClassifier((10, 10), max_iter=1000), for 20 seeds. Beside it gradient boosting with its default settings, what
one would use instead of a network for most tables.

One answer, without timings, is sklearn_iris.json beside this file:
    python sklearn_iris.py --reference > sklearn_iris.json
"""
import json
import sys
import time
import warnings

import job_server

REFERENCE = "--reference" in sys.argv
if not REFERENCE:
    job_server.threads()

import numpy
import sklearn
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
PEER = f"scikit-learn {sklearn.__version__}"


SEEDS = [42, *range(19)]


def split():
    iris = load_iris()
    x = PCA(2).fit_transform(StandardScaler().fit_transform(iris.data))
    rows = numpy.arange(len(x))
    train, test = train_test_split(rows, test_size=0.2, random_state=42)
    return x, iris.target, train, test


def fits(timed=True):
    x, y, train, test = split()
    fits, seconds = [], 0.0
    for seed in SEEDS:
        start = time.perf_counter()
        mlp = MLPClassifier((10, 10), max_iter=1000, random_state=seed).fit(x[train], y[train])
        seconds += time.perf_counter() - start
        fits.append({
            "epochs": mlp.n_iter_,
            "train": mlp.score(x[train], y[train]),
            "test": mlp.score(x[test], y[test]),
        })
    answer = {"train_rows": train.tolist(), "test_rows": test.tolist(), "fits": fits}
    return answer | {"seconds": seconds, "amount": len(fits)} if timed else answer


def boosted():
    x, y, train, test = split()
    scores, start = [], time.perf_counter()
    for seed in SEEDS:
        trees = HistGradientBoostingClassifier(random_state=seed).fit(x[train], y[train])
        scores.append(trees.score(x[test], y[test]))
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "amount": len(SEEDS), "test": sum(scores) / len(scores)}


if REFERENCE:
    print(json.dumps({"peer": PEER} | fits(timed=False)))
else:
    job_server.serve(PEER, fits=fits, boosted=boosted)
