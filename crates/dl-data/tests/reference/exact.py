"""Reference values for tests/transform_exact.rs.

    python exact.py > exact.json

Made with scikit-learn 1.9.1, NumPy 2.4.6 and mpmath 1.4.1. The data are made of integers, so that both sides have
the same; scikit-learn sees them in double precision. Where double precision is not enough for it either, the
singular values are mpmath's, with 60 digits.
"""

import json

import mpmath
import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler

mpmath.mp.dps = 60


def noise(rows, columns, seed):
    """Multiples of 2⁻¹⁵ in ±1: Knuth's generator, MMIX."""
    state, values = seed, []
    for _ in range(rows * columns):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append(((state >> 48) - 2**15) / 2**15)
    return np.array(values).reshape(rows, columns)


def scaled(x):
    standard, min_max = StandardScaler().fit(x), MinMaxScaler().fit(x)
    return {
        "mean": standard.mean_.tolist(),
        "scale": standard.scale_.tolist(),
        "standard": standard.transform(x)[:5].tolist(),
        "min_max": min_max.transform(x)[:5].tolist(),
    }


def pca(x, components):
    fitted = PCA(components, svd_solver="full").fit(x)
    return {
        "components": fitted.components_.tolist(),
        "explained_variance": fitted.explained_variance_.tolist(),
        "transformed": fitted.transform(x)[:5].tolist(),
    }


def exact_pca(x):
    """Variances and directions, all digits of them."""
    x = mpmath.matrix(x.tolist())
    for j in range(x.cols):
        mean = sum(x[i, j] for i in range(x.rows)) / x.rows
        for i in range(x.rows):
            x[i, j] -= mean
    squares, vectors = mpmath.eigsy(x.T * x / (x.rows - 1))
    order = sorted(range(x.cols), key=lambda k: -squares[k])
    components = []
    for k in order:
        v = [vectors[j, k] for j in range(x.cols)]
        largest = max(v, key=abs)
        components.append([float(e * mpmath.sign(largest)) for e in v])
    return {"explained_variance": [float(squares[k]) for k in order], "components": components}


# a million and one, give or take one, as f32 has it: steps of 1/16
offset = np.round(noise(2000, 3, 1) * [1, 1, 0.25] * 16) / 16 + [1e6, -1e6, 16]
# columns a million apart in size each
sizes = noise(40, 3, 2) * [2.0**20, 1, 2.0**-20]
# a column that is the sum of two others but for 2⁻³⁰
collinear = noise(40, 3, 3)
collinear = np.column_stack([collinear[:, :2], collinear[:, 0] + collinear[:, 1] + collinear[:, 2] * 2.0**-30])

print(
    json.dumps(
        {
            "offset": {**scaled(offset), "pca": pca(offset, 3)},
            "sizes": exact_pca(sizes),
            "collinear": exact_pca(collinear),
        },
        indent=None,
    )
)
