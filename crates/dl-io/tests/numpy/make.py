"""Arrays written by NumPy, for tests/weights_npz.rs: python make.py (needs numpy).

stored.npz and deflated.npz hold the weights of a dense layer from 3 features to 2 units; in
deflated.npz the kernel is big-endian and column by column.
"""

import pathlib

import numpy

HERE = pathlib.Path(__file__).parent

kernel = numpy.arange(6, dtype="f4").reshape(3, 2) / 10
bias = numpy.array([-1, 1e-3], dtype="f4")
numpy.savez(HERE / "stored.npz", **{"dense_1.kernel": kernel, "dense_1.bias": bias})
columns = numpy.asfortranarray(kernel).astype(">f4", order="F")
numpy.savez_compressed(HERE / "deflated.npz", **{"dense_1.kernel": columns, "dense_1.bias": bias})
