"""The course's Iris program in scikit-learn, timed: scaler and PCA on all rows, an 80/20 split,
MLPClassifier((10, 10), max_iter=1000), for 20 seeds.

Prints one JSON object. Without timings (`--reference`) it is sklearn_iris.json beside this file:
    python sklearn_iris.py --reference > sklearn_iris.json
"""
import json
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
iris = load_iris()
x = PCA(2).fit_transform(StandardScaler().fit_transform(iris.data))
rows = numpy.arange(len(x))
train, test = train_test_split(rows, test_size=0.2, random_state=42)
fits = []
for seed in [42, *range(19)]:
    start = time.perf_counter()
    mlp = MLPClassifier((10, 10), max_iter=1000, random_state=seed).fit(x[train], iris.target[train])
    seconds = time.perf_counter() - start
    fit = {
        "epochs": mlp.n_iter_,
        "train": mlp.score(x[train], iris.target[train]),
        "test": mlp.score(x[test], iris.target[test]),
    }
    if "--reference" not in sys.argv:
        fit["seconds"] = seconds
    fits.append(fit)
peer = f"scikit-learn {sklearn.__version__}"
print(json.dumps({"peer": peer, "train_rows": train.tolist(), "test_rows": test.tolist(), "fits": fits}))
