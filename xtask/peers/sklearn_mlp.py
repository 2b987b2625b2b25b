"""MLPClassifier and MLPRegressor on the tables of sklearn_tables.py: one hidden layer, Adam, a fixed number of epochs.

A fit takes x in 32 or 64 bits, which scikit-learn then computes in, and one thread or all, whichever turns out faster: BLAS
has little to share out in products as small as these.
"""
import functools
import time
import warnings

import job_server

THREADS = job_server.threads()

import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

import sklearn_tables
import timing

warnings.filterwarnings("ignore")

TRIAL_EPOCHS = 20


def network(table, seed, hidden, batch, learning_rate, alpha, epochs):
    """An MLP that does not stop early: `tol` is never met so many times."""
    values = sklearn_tables.TABLES[table][1]
    return (MLPRegressor if values else MLPClassifier)(
        hidden_layer_sizes=(hidden,), batch_size=batch, learning_rate_init=learning_rate, alpha=alpha,
        max_iter=epochs, tol=0, n_iter_no_change=epochs, random_state=seed,
    )


def fit(table, dtype, fold, seed, settings):
    """The score on the fold's test rows, and the seconds of the fit."""
    x, y, x_test, y_test = sklearn_tables.prepared(table, dtype)[fold]
    start = time.perf_counter()
    mlp = network(table, seed, **settings | {"batch": min(settings["batch"], len(x))}).fit(x, y)
    seconds = time.perf_counter() - start
    assert mlp.n_iter_ == settings["epochs"], mlp.n_iter_
    return mlp.score(x_test, y_test), seconds


@functools.cache
def fastest(table, dtype, settings):
    """The number of threads with which a short fit takes the least time."""
    seconds = {}
    short = dict(settings) | {"epochs": TRIAL_EPOCHS}
    for threads in sorted({1, THREADS}):
        with threadpool_limits(threads):
            seconds[threads] = min(fit(table, dtype, 0, 0, short)[1] for _ in range(2))
    return min(seconds, key=seconds.get)


def write(table, folder):
    sklearn_tables.write(table, folder)
    return {}


def threads(table, dtype, settings):
    return {"threads": fastest(table, dtype, tuple(settings.items()))}


@timing.quiet
def fits(table, dtype, seeds, settings):
    """A fit for each seed and fold."""
    scores, seconds = [], 0.0
    with threadpool_limits(threads(table, dtype, settings)["threads"]):
        for seed in seeds:
            results = [fit(table, dtype, fold, seed, settings) for fold in range(sklearn_tables.FOLDS)]
            scores.append([score for score, _ in results])
            seconds += sum(seconds for _, seconds in results)
    return {"scores": scores, "seconds": seconds, "amount": len(seeds) * sklearn_tables.FOLDS}


job_server.serve(f"scikit-learn {sklearn.__version__}", write=write, threads=threads, fits=fits)
