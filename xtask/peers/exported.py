"""The jobs of peers that run the network in network.onnx, which the Rust side writes beside samples.f32."""
import functools
import os

import numpy

import job_server
from timing import latency, steps


def serve(peer, start):
    """start(model, shape, way) makes a way to run the network on samples of that shape: a function of them that
    gives outputs, or starts making them where it has a method `finish` that waits for all."""
    @functools.lru_cache(maxsize=1)
    def load(folder, shape):
        """The samples, and what runs the network so far: of the last folder alone."""
        return numpy.fromfile(os.path.join(folder, "samples.f32"), numpy.float32).reshape(shape), {}

    def prepare(folder, shape, expected, way, batch):
        x, running = load(folder, tuple(shape))
        if way not in running:
            call = start(os.path.join(folder, "network.onnx"), (batch, *shape[1:]), way)
            if (y := call(x[:batch])) is not None:
                numpy.testing.assert_allclose(y[0], expected, 1e-3, 1e-4)
            running[way] = call
        return x, running[way]

    def batches(folder, shape, expected, way, batch):
        x, call = prepare(folder, shape, expected, way, batch)
        count = len(x) // batch
        step = lambda number: call(x[number % count * batch:][:batch])
        return steps(step, count, batch, getattr(call, "finish", lambda: None))

    def single(folder, shape, expected, way, calls):
        x, call = prepare(folder, shape, expected, way, 1)
        rows = [x[i:i + 1] for i in range(len(x))]
        return latency(lambda number: call(rows[number % len(rows)]), calls)

    job_server.serve(peer, batches=batches, single=single)
