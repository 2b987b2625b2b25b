"""The networks of the benchmarks in PyTorch, in its default and its channels-last memory format."""
import time

import job_server

THREADS = job_server.threads()

import torch
from torch import nn

from mnist import load

torch.set_num_threads(THREADS)
torch.manual_seed(0)
LAYOUTS = {"default": torch.contiguous_format, "channels_last": torch.channels_last}
WARM_UP = 10
kept = {}


def once(function):
    """Keeps what a function without side effects gave for its arguments."""
    return lambda *arguments: (
        kept.get((function, arguments)) or kept.setdefault((function, arguments), function(*arguments))
    )


@once
def images(layout):
    """Training images [n, 1, 28, 28] with their labels, test images."""
    x, y, x_test, _ = load()
    to = lambda x: torch.from_numpy(x).unsqueeze(1).to(memory_format=LAYOUTS[layout])
    return to(x), torch.tensor(y, dtype=torch.int64), to(x_test)


@once
def cnn(layout):
    """32C3-P2-64C3-P2-64C3-64-10: 93 322 parameters; with its optimiser."""
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10),
    ).to(memory_format=LAYOUTS[layout])
    return net, torch.optim.Adam(net.parameters(), 1e-3)


@once
def mlp():
    """784-512-512-10, with its optimiser."""
    sizes = [784, 512, 512, 10]
    layers = [layer for i, o in zip(sizes, sizes[1:]) for layer in (nn.Linear(i, o), nn.ReLU())]
    net = nn.Sequential(*layers[:-1])
    return net, torch.optim.Adam(net.parameters(), 1e-3)


@once
def alexnet(layout):
    """Krizhevsky 2012 as one tower: 62 378 344 parameters."""
    norm = lambda: nn.LocalResponseNorm(5, 1e-4, 0.75, 2.0)
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 1000),
    ).to(memory_format=LAYOUTS[layout])


def train(net, optimizer, x, y, samples, batch):
    """Steps on shuffled samples, timed after a few others."""
    order = torch.randperm(len(x))
    steps = samples // batch
    for step in range(-WARM_UP, steps):
        if step == 0:
            start = time.perf_counter()
        rows = order[(step + WARM_UP) * batch % (len(x) - batch):][:batch]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    loss.item()
    return {"seconds": time.perf_counter() - start, "amount": steps * batch}


def cnn_train(layout, samples, batch):
    x, y, _ = images(layout)
    return train(*cnn(layout), x, y, samples, batch)


def mlp_train(samples, batch):
    x, y, _ = images("default")
    return train(*mlp(), x.reshape(-1, 784), y, samples, batch)


def cnn_infer(layout, samples, batch):
    net, x = cnn(layout)[0].eval(), images(layout)[2]
    with torch.inference_mode():
        for step in range(-WARM_UP, samples // batch):
            if step == 0:
                start = time.perf_counter()
            first = (step + WARM_UP) * batch % (len(x) - batch)
            net(x[first:first + batch])
        seconds = time.perf_counter() - start
    net.train()
    return {"seconds": seconds, "amount": samples // batch * batch}


def alexnet_gradient(layout, steps, batch):
    """Forward and backward, without an update."""
    net = alexnet(layout)
    x = torch.rand(batch, 3, 227, 227).to(memory_format=LAYOUTS[layout])
    y = torch.randint(0, 1000, (batch,))
    for step in range(-1, steps):
        if step == 0:
            start = time.perf_counter()
        net.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
    return {"seconds": time.perf_counter() - start, "amount": steps * batch}


job_server.serve(
    f"PyTorch {torch.__version__.split('+')[0]}",
    cnn_train=cnn_train, cnn_infer=cnn_infer, mlp_train=mlp_train, alexnet_gradient=alexnet_gradient,
)
