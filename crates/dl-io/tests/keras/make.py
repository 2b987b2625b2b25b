"""Weights of Keras, for tests/weights_keras.rs: KERAS_BACKEND=jax python make.py (needs keras, jax,
safetensors).

Writes beside itself model.safetensors, every variable under its path, and io.safetensors, samples x
and the model's outputs y for them.
"""

import pathlib

import keras
import numpy
from keras import layers
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent

keras.utils.set_random_seed(22)
rng = numpy.random.default_rng(23)
model = keras.Sequential(
    [
        keras.Input((7, 6, 4)),
        layers.Conv2D(6, (3, 2), strides=2, padding="same", groups=2, activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2DTranspose(5, (3, 4), strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(4, 3, strides=2, padding="valid", use_bias=False),
        layers.LayerNormalization(epsilon=1e-3),
        layers.MaxPooling2D(4),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(7),
    ]
)
for variable in model.weights:
    centre = 1.0 if variable.name in ("gamma", "moving_variance") else 0.0
    numbers = rng.normal(centre, 0.2, variable.shape)
    variable.assign(numpy.abs(numbers) if variable.name == "moving_variance" else numbers)
x = rng.normal(size=(3, 7, 6, 4)).astype("float32")
y = numpy.asarray(model.predict(x, verbose=0))
save_file({v.path: numpy.asarray(v.value) for v in model.weights}, HERE / "model.safetensors")
save_file({"x": x, "y": y}, HERE / "io.safetensors")
print(y, [(v.path, v.shape) for v in model.weights])
