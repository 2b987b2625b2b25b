"""The jobs in PyTorch: each in the default or the channels-last memory format, operator by operator or
compiled by torch.compile, which needs a C++ compiler. Adam is the fused one."""
import functools
import os

import job_server

THREADS = job_server.threads()
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"

import torch
from torch import nn

import timing
from pytorch_networks import data, network

# What the compiler makes of C++ is told in torch's words what instructions to use, not in the environment's.
MARCH = {"default": "x86-64-v2", "avx2": "x86-64-v3", "avx512": "x86-64-v4"}
if os.environ.get("ATEN_CPU_CAPABILITY") in MARCH:
    import torch._inductor.config

    torch._inductor.config.cpp.march = MARCH[os.environ["ATEN_CPU_CAPABILITY"]]
torch.set_num_threads(THREADS)
torch.manual_seed(0)


def compiled_if(compiled, function, **options):
    return torch.compile(function, dynamic=False, options=options) if compiled else function


@functools.cache
def training(net, layout, compiled):
    """The loss of samples and labels, and the optimiser."""
    model = network(net, layout)
    loss = lambda x, y: nn.functional.cross_entropy(model(x), y)
    return compiled_if(compiled, loss), torch.optim.Adam(model.parameters(), 1e-3, fused=True)


@functools.cache
def inference(net, layout, compiled):
    """The network for evaluation; compiled, its weights are constants."""
    model = network(net, layout).eval().requires_grad_(False)
    return compiled_if(compiled, model, freezing=True)


def train(net, layout, compiled, samples, batch):
    """Steps on shuffled samples."""
    x, y, _ = data(net, layout)
    loss, optimizer = training(net, layout, compiled)
    order = torch.randperm(len(x))

    def step(number):
        rows = order[number * batch % (len(x) - batch):][:batch]
        optimizer.zero_grad()
        loss(x[rows], y[rows]).backward()
        optimizer.step()
    return timing.steps(step, samples // batch, batch)


def infer(net, layout, compiled, samples, batch):
    x, model = data(net, layout)[2], inference(net, layout, compiled)
    batches = len(x) // batch
    with torch.no_grad() if compiled else torch.inference_mode():
        step = lambda number: model(x[number % batches * batch:][:batch])
        return timing.steps(step, samples // batch, batch)


def single(net, layout, compiled, calls):
    x, model = data(net, layout)[2], inference(net, layout, compiled)
    with torch.no_grad() if compiled else torch.inference_mode():
        return timing.latency(lambda number: model(x[number % len(x):][:1]), calls)


def gradient(net, layout, compiled, steps, batch):
    """Forward and backward, without an update."""
    x, y, _ = data(net, layout)
    loss, optimizer = training(net, layout, compiled)

    def step(_):
        optimizer.zero_grad()
        loss(x[:batch], y[:batch]).backward()
    return timing.steps(step, steps, batch, warm_up=2)


job_server.serve(
    f"PyTorch {torch.__version__.split('+')[0]}", train=train, infer=infer, single=single, gradient=gradient,
)
