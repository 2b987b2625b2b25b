"""Reference values for tests/transform_sklearn.rs: scikit-learn's on Iris.

    python transform.py > transform.json

Made with scikit-learn 1.9.1, NumPy 2.4.6. Its Iris is Fisher's, as the crate's; the rows in
which other copies differ are checked here.
"""

import json

from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler

x = load_iris().data
assert x[34].tolist() == [4.9, 3.1, 1.5, 0.2] and x[37].tolist() == [4.9, 3.6, 1.4, 0.1]

# every 50th row: the first of each class
shown = slice(None, None, 50)


def pca(x, components):
    fitted = PCA(components, svd_solver="full").fit(x)
    return {
        "mean": fitted.mean_.tolist(),
        "components": fitted.components_.tolist(),
        "explained_variance": fitted.explained_variance_.tolist(),
        "explained_variance_ratio": fitted.explained_variance_ratio_.tolist(),
        "transformed": fitted.transform(x)[shown].tolist(),
        "inverse": fitted.inverse_transform(fitted.transform(x))[shown].tolist(),
    }


standard = StandardScaler().fit(x)
min_max = MinMaxScaler((-1, 1)).fit(x)
# what rounding leaves of the variance of a constant column is none
nearly_constant = [[0.1, 1e9], [0.1, 1e9], [0.1, 1e9 + 1e-6]]

print(
    json.dumps(
        {
            "iris": x.tolist(),
            "standard": {
                "mean": standard.mean_.tolist(),
                "scale": standard.scale_.tolist(),
                "transformed": standard.transform(x)[shown].tolist(),
            },
            "min_max": {
                "min": min_max.data_min_.tolist(),
                "range": min_max.data_range_.tolist(),
                "transformed": min_max.transform(x)[shown].tolist(),
            },
            "nearly_constant": {
                "x": nearly_constant,
                "scale": StandardScaler().fit(nearly_constant).scale_.tolist(),
            },
            "pca": [pca(x, k) for k in (1, 2, 3, 4)],
            "pca_standardised": pca(standard.transform(x), 2),
            # fewer rows than columns
            "pca_wide": pca(x[[0, 60, 120]], 2),
        },
        indent=None,
    )
)
