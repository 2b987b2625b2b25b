"""What `tabular` does, with scikit-learn: `python tabular.py` writes tabular.json, of which `tabular` prints the scores and
a test compares the numbers of the pipeline with those of dl-data.

Made with scikit-learn 1.9.1, pandas 3.0.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

here = Path(__file__).parent
homes = pd.read_csv(here / "../data/homes.csv", parse_dates=["sold"])
homes["sold"] = (homes["sold"] - pd.Timestamp("1970-01-01")).dt.days
prices = homes.pop("price")
train, test = homes[:960], homes[960:]


def numbers(column):
    """Standardised, and an indicator if the training rows have gaps."""
    steps = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    parts = [(column, steps, [column])]
    if train[column].isna().any():
        parts.append((f"gaps in {column}", MissingIndicator(features="all"), [column]))
    return parts


def categories(column, **impute):
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return [(column, make_pipeline(SimpleImputer(**impute), encoder), [column])]


pipeline = ColumnTransformer(
    categories("city", strategy="most_frequent")
    + numbers("area")
    + numbers("rooms")
    + numbers("built")
    + categories("energy", strategy="constant", fill_value="unknown")
    + categories("condition", strategy="most_frequent")
    + numbers("sold"),
)
pipeline.fit(train)
rows = pipeline.transform(test)

network = make_pipeline(
    pipeline,
    MLPRegressor(hidden_layer_sizes=[32], learning_rate_init=0.003, batch_size=32, alpha=0, max_iter=100, n_iter_no_change=100, random_state=1),
)
network = TransformedTargetRegressor(network, transformer=StandardScaler())
trees = HistGradientBoostingRegressor(categorical_features="from_dtype", random_state=1)
as_categories = lambda homes: homes.astype({name: "category" for name in ["city", "energy", "condition"]})


def scores(predictions):
    truth = prices[960:].to_numpy()
    return {
        "r2": r2_score(truth, predictions),
        "relative_error": float(np.mean(np.abs(predictions - truth) / truth)),
    }


import warnings

warnings.filterwarnings("ignore", message="Stochastic Optimizer")
both = as_categories(homes)
found = {
    "scores": {
        "scikit-learn's MLPRegressor": scores(network.fit(train, prices[:960]).predict(test)),
        "scikit-learn's gradient boosting": scores(trees.fit(both[:960], prices[:960]).predict(both[960:])),
    },
    # every 24th of the test rows after the pipeline, and the sum of each column over all of them
    "rows": rows[::24].astype(float).tolist(),
    "sums": rows.astype(float).sum(axis=0).tolist(),
}
with open(here / "tabular.json", "w") as file:
    json.dump(found, file)
    file.write("\n")
print(json.dumps(found["scores"], indent=1), pd.__version__)
