"""Reference values for tests/long_products.rs: how far NumPy's (OpenBLAS) and PyTorch's float32 products are from exact.

    OMP_NUM_THREADS=1 python long_products.py

Xᵀ·D for X [k, 9] and D [k, 16], as in the gradient of a kernel over k pixels: the largest error of an element,
relative to that element in float64. The numbers come from an integer hash, and are the same in the test.
"""

import numpy as np
import torch

COUNT = 1_000_000


def numbers(columns, centre, spread, seed):
    index = np.arange(COUNT * columns, dtype=np.uint64) + np.uint64(seed << 32)
    index = (index + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
    index ^= index >> np.uint64(31)
    index *= np.uint64(0x94D049BB133111EB)
    unit = (index >> np.uint64(40)).astype(np.float64) / 2.0**24
    return (centre + spread * (2 * unit - 1)).astype(np.float32).reshape(COUNT, columns)


print("NumPy", np.__version__, "PyTorch", torch.__version__)
for centre, spread in [(0.1, 0.05), (100.0, 1.0), (0.1, 0.0)]:
    x, d = numbers(9, centre, spread, 1), numbers(16, centre, spread, 2)
    exact = x.astype(np.float64).T @ d.astype(np.float64)
    for name, product in [("NumPy", x.T @ d), ("PyTorch", (torch.from_numpy(x).T @ torch.from_numpy(d)).numpy())]:
        print(f"{centre} ± {spread}  {name:8} {np.abs(product / exact - 1).max():.2e}")
