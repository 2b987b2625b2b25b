"""Reference values for tests/optim_pytorch.rs: python optimizers.py (needs torch).

Writes optimizers.json beside itself: the weights after each of ten steps of every optimiser, and
the factors of every learning-rate schedule over fifty steps, all in float64.
"""

import json
import pathlib

import torch
from torch.optim import lr_scheduler as schedulers

torch.set_default_dtype(torch.float64)

KERNEL = [-1.2, 1.0, 0.5, 0.0, -0.3]
BIAS = [0.4, -0.7]


def gradients(kernel, bias):
    """Rosenbrock's chain over the kernel plus a coupling to the bias, differentiated by hand."""
    k, b = kernel.tolist(), bias.tolist()
    dk = [0.0] * len(k)
    for i in range(len(k) - 1):
        valley = k[i + 1] - k[i] ** 2
        dk[i] += -40.0 * k[i] * valley - 2.0 * (1.0 - k[i])
        dk[i + 1] += 20.0 * valley
    db = [b[0] - k[0], 4.0 * (b[1] + k[1])]
    dk[0] -= db[0]
    dk[1] += db[1]
    return torch.tensor(dk), torch.tensor(db)


def run(optimizer, penalty=None, clip_value=None, clip_norm=None):
    """Ten steps. The penalty and weight decay go to the kernel only."""
    kernel = torch.nn.Parameter(torch.tensor(KERNEL))
    bias = torch.nn.Parameter(torch.tensor(BIAS))
    name, options, decay = optimizer
    groups = [{"params": [kernel], "weight_decay": decay}, {"params": [bias], "weight_decay": 0.0}]
    rule = getattr(torch.optim, name)(groups, **options)
    steps = []
    for _ in range(10):
        kernel.grad, bias.grad = gradients(kernel, bias)
        if clip_value is not None:
            torch.nn.utils.clip_grad_value_([kernel, bias], clip_value)
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_([kernel, bias], clip_norm)
        if penalty is not None:
            kernel.grad += penalty * kernel.detach().sign()
        rule.step()
        steps.append(kernel.tolist() + bias.tolist())
    return steps


def factors(scheduler, learning_rate=1.0):
    """The learning rate at steps 0 to 49."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=learning_rate)
    schedule = scheduler(optimizer)
    values = []
    for _ in range(50):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return values


def plateau(measures, **options):
    """The learning rate after each measure."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = schedulers.ReduceLROnPlateau(optimizer, threshold_mode="abs", eps=0.0, **options)
    values = []
    for measure in measures:
        schedule.step(measure)
        values.append(optimizer.param_groups[0]["lr"])
    return values


def warm_up(optimizer):
    return schedulers.SequentialLR(
        optimizer,
        [
            schedulers.LinearLR(optimizer, start_factor=0.1, total_iters=8),
            schedulers.ExponentialLR(optimizer, gamma=0.9),
        ],
        milestones=[8],
    )


SGD = {"lr": 0.002}
MOMENTUM = SGD | {"momentum": 0.9}
NESTEROV = MOMENTUM | {"nesterov": True}
ADAM = {"lr": 0.05}
MEASURES = [1.0 / (1.0 + 0.1 * t) + 0.05 * (t * 7 % 11) for t in range(50)]

REFERENCE = {
    "torch": torch.__version__.split("+")[0],
    "optimizers": {
        "sgd": run(("SGD", SGD, 0.0)),
        "sgd momentum": run(("SGD", MOMENTUM, 0.0)),
        "sgd nesterov": run(("SGD", NESTEROV, 0.0)),
        "sgd l1": run(("SGD", SGD, 0.0), penalty=0.3),
        "sgd nesterov l2": run(("SGD", NESTEROV, 0.1)),
        "sgd clip_value": run(("SGD", SGD, 0.0), clip_value=5.0),
        "sgd momentum clip_norm": run(("SGD", MOMENTUM, 0.0), clip_norm=10.0),
        "sgd clip_value clip_norm l1 l2": run(
            ("SGD", SGD, 0.1), penalty=0.3, clip_value=9.0, clip_norm=10.0
        ),
        "adagrad": run(("Adagrad", {"lr": 0.1}, 0.0)),
        "adagrad epsilon": run(("Adagrad", {"lr": 0.1, "eps": 0.5}, 0.0)),
        "rmsprop": run(("RMSprop", {"lr": 0.01}, 0.0)),
        "rmsprop options": run(
            ("RMSprop", {"lr": 0.01, "alpha": 0.9, "momentum": 0.5, "eps": 0.1}, 0.0)
        ),
        "adam": run(("Adam", ADAM, 0.0)),
        "adam options": run(("Adam", ADAM | {"betas": (0.8, 0.95), "eps": 0.1}, 0.0)),
        "adam l2": run(("Adam", ADAM, 0.1)),
        "adam clip_norm": run(("Adam", ADAM | {"eps": 0.1}, 0.0), clip_norm=0.5),
        "adamw": run(("AdamW", ADAM, 0.1)),
        "adamw options": run(
            ("AdamW", ADAM | {"betas": (0.8, 0.95), "eps": 0.1}, 0.3), clip_norm=2.0
        ),
    },
    "schedules": {
        "step": factors(lambda o: schedulers.StepLR(o, step_size=7, gamma=0.5)),
        "exponential": factors(lambda o: schedulers.ExponentialLR(o, gamma=0.93)),
        # PyTorch's rises again after T_max; ours stays, so the wave ends with the data.
        "cosine": factors(lambda o: schedulers.CosineAnnealingLR(o, T_max=49, eta_min=0.05)),
        "cosine restarts": factors(
            lambda o: schedulers.CosineAnnealingWarmRestarts(o, T_0=10, eta_min=0.05)
        ),
        "cosine doubling restarts": factors(
            lambda o: schedulers.CosineAnnealingWarmRestarts(o, T_0=6, T_mult=2)
        ),
        "warm-up": factors(warm_up),
        # One step fewer than the cycle, since `factors` steps once more than it reads.
        "one cycle": factors(lambda o: schedulers.OneCycleLR(o, max_lr=1.0, total_steps=51)),
        "one cycle options": factors(
            lambda o: schedulers.OneCycleLR(
                o, max_lr=1.0, total_steps=51, pct_start=0.45, div_factor=10.0, final_div_factor=5.0
            )
        ),
    },
    "measures": MEASURES,
    "plateau": plateau(
        MEASURES, factor=0.5, patience=2, threshold=0.01, cooldown=3, min_lr=0.1
    ),
    "plateau no patience": plateau(MEASURES, factor=0.8, patience=0, threshold=0.0),
}

if __name__ == "__main__":
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(REFERENCE, indent=1) + "\n")
