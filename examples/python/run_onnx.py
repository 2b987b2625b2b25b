"""Classifies MNIST's test images with an ONNX file that `mnist_cnn --onnx` or `lenet --onnx` wrote.

    python examples/python/run_onnx.py digits.onnx

needs `pip install numpy onnx onnxruntime`.
"""

import gzip
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime

FOLDER = Path(__file__).parents[1] / "data" / "mnist"


def idx(name, header):
    return numpy.frombuffer(gzip.open(FOLDER / name).read(), numpy.uint8, offset=header)


path = sys.argv[1]
onnx.checker.check_model(path, full_check=True)
session = onnxruntime.InferenceSession(path)
images = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
labels = idx("t10k-labels-idx1-ubyte.gz", 8)

probabilities = []
for start in range(0, len(images), 500):
    batch = images[start : start + 500].astype(numpy.float32) / 255
    probabilities += session.run(["output"], {"input": batch})
predicted = numpy.concatenate(probabilities).argmax(axis=1)
wrong = int((predicted != labels).sum())
print(f"ONNX Runtime {onnxruntime.__version__}: mistakes {wrong} of {len(labels)}")
print(f"test accuracy {(predicted == labels).mean():.4f}")
