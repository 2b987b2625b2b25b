"""The course's Iris program in scikit-learn: scaler and PCA on all rows, an 80/20 split,
MLPClassifier((10, 10), max_iter=1000), for 20 seeds.

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
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
PEER = f"scikit-learn {sklearn.__version__}"


def fits(timed=True):
    iris = load_iris()
    x = PCA(2).fit_transform(StandardScaler().fit_transform(iris.data))
    rows = numpy.arange(len(x))
    train, test = train_test_split(rows, test_size=0.2, random_state=42)
    fits, seconds = [], 0.0
    for seed in [42, *range(19)]:
        start = time.perf_counter()
        mlp = MLPClassifier((10, 10), max_iter=1000, random_state=seed).fit(x[train], iris.target[train])
        seconds += time.perf_counter() - start
        fits.append({
            "epochs": mlp.n_iter_,
            "train": mlp.score(x[train], iris.target[train]),
            "test": mlp.score(x[test], iris.target[test]),
        })
    answer = {"train_rows": train.tolist(), "test_rows": test.tolist(), "fits": fits}
    return answer | {"seconds": seconds, "amount": len(fits)} if timed else answer


if REFERENCE:
    print(json.dumps({"peer": PEER} | fits(timed=False)))
else:
    job_server.serve(PEER, fits=fits)
