"""The course's MNIST CNN in Keras on TensorFlow."""
import os
import time

import job_server

THREADS = job_server.threads()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"

import tensorflow
from tensorflow.keras import Sequential, layers

from mnist import load

tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)
tensorflow.keras.utils.set_random_seed(0)

x, y, x_test, _ = load()
x, x_test = x[..., None], x_test[..., None]
net = Sequential([
    layers.Input((28, 28, 1)),
    layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
    layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
    layers.Conv2D(64, 3, activation="relu"),
    layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax"),
])
net.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
warm = set()


def timed(job, work, warm_up, amount):
    """Runs the work, the first time after a smaller one, which traces and compiles it."""
    if job not in warm:
        warm_up()
        warm.add(job)
    start = time.perf_counter()
    work()
    return {"seconds": time.perf_counter() - start, "amount": amount}


def cnn_train(samples, batch):
    samples = samples // batch * batch
    fit = lambda n: net.fit(x[:n], y[:n], epochs=1, batch_size=batch, verbose=0)
    return timed(("train", batch), lambda: fit(samples), lambda: fit(10 * batch), samples)


def cnn_infer(samples, batch):
    samples = samples // batch * batch
    predict = lambda n: net.predict(x_test[:n], batch_size=batch, verbose=0)
    return timed(("infer", batch), lambda: predict(samples), lambda: predict(10 * batch), samples)


job_server.serve(f"TensorFlow {tensorflow.__version__}", cnn_train=cnn_train, cnn_infer=cnn_infer)
