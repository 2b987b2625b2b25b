"""MNIST from gzipped IDX files, with Python's gzip and NumPy."""
import gzip
import os

import numpy

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/data/mnist")


def read_idx(name):
    """A file of unsigned bytes as an array of the shape in its header."""
    with gzip.open(os.path.join(FOLDER, f"{name}.gz")) as file:
        data = file.read()
    rank = data[3]
    shape = numpy.frombuffer(data, ">u4", rank, offset=4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def load():
    """Training and test images [n, 28, 28] as 32-bit floats in 0..1, each followed by its labels."""
    data = []
    for part in ["train", "t10k"]:
        images = read_idx(f"{part}-images-idx3-ubyte")
        data += [numpy.divide(images, 255, dtype=numpy.float32), read_idx(f"{part}-labels-idx1-ubyte")]
    return data
