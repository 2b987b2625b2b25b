"""Training steps as PyTorch does them: rules, penalties, clipping, schedules."""

import torch
from layers import run
from losses import mean_loss
from torch.optim import lr_scheduler as schedulers


def adam(options):
    return {
        "lr": options["learning_rate"],
        "betas": (options["beta1"], options["beta2"]),
        "eps": options["epsilon"],
    }


RULES = {
    "Sgd": lambda groups, o: torch.optim.SGD(
        groups, lr=o["learning_rate"], momentum=o["momentum"], nesterov=o["nesterov"]
    ),
    "AdaGrad": lambda groups, o: torch.optim.Adagrad(
        groups, lr=o["learning_rate"], eps=o["epsilon"]
    ),
    "RmsProp": lambda groups, o: torch.optim.RMSprop(
        groups, lr=o["learning_rate"], alpha=o["rho"], momentum=o["momentum"], eps=o["epsilon"]
    ),
    "Adam": lambda groups, o: torch.optim.Adam(groups, **adam(o)),
    "AdamW": lambda groups, o: torch.optim.AdamW(groups, **adam(o["adam"])),
}


class Optimizer:
    """Decay and penalties are of kernels alone."""

    def __init__(self, settings, weights):
        trained = {name: w for name, w in weights.items() if w.requires_grad}
        self.all = list(trained.values())
        self.kernels = [w for name, w in trained.items() if name.endswith(".kernel")]
        others = [w for name, w in trained.items() if not name.endswith(".kernel")]
        self.settings = settings
        self.decoupled = settings["rule"] == "AdamW"
        decay = settings["options"]["weight_decay"] if self.decoupled else settings["l2"] or 0.0
        groups = [
            {"params": self.kernels, "weight_decay": decay},
            {"params": others, "weight_decay": 0.0},
        ]
        self.rule = RULES[settings["rule"]](groups, settings["options"])

    def step(self):
        settings = self.settings
        if settings["clip_value"]:
            torch.nn.utils.clip_grad_value_(self.all, settings["clip_value"])
        if settings["clip_norm"]:
            torch.nn.utils.clip_grad_norm_(self.all, settings["clip_norm"])
        for kernel in self.kernels:
            if settings["l1"]:
                kernel.grad += settings["l1"] * kernel.detach().sign()
            if settings["l2"] and self.decoupled:
                kernel.grad += settings["l2"] * kernel.detach()
        self.rule.step()


def cosine(rule, lr, steps, floor, restarts):
    if restarts is None:
        return schedulers.CosineAnnealingLR(rule, steps, eta_min=floor * lr)
    return schedulers.CosineAnnealingWarmRestarts(rule, steps, restarts, eta_min=floor * lr)


def one_cycle(rule, lr, steps, peak, start, end):
    options = {"div_factor": 1 / start, "final_div_factor": start / end, "cycle_momentum": False}
    return schedulers.OneCycleLR(rule, lr, total_steps=steps, pct_start=peak, **options)


def warm_up(rule, lr, steps, start, then):
    linear = schedulers.LinearLR(rule, start_factor=start, total_iters=steps)
    return schedulers.SequentialLR(rule, [linear, schedule(then, rule)], milestones=[steps])


def plateau(rule, lr, gamma, patience, min_delta, cooldown, floor):
    options = {"threshold": min_delta, "threshold_mode": "abs", "min_lr": floor * lr, "eps": 0.0}
    return schedulers.ReduceLROnPlateau(
        rule, factor=gamma, patience=patience, cooldown=cooldown, **options
    )


SCHEDULES = {
    "StepDecay": lambda rule, lr, every, gamma: schedulers.StepLR(rule, every, gamma),
    "ExponentialDecay": lambda rule, lr, gamma: schedulers.ExponentialLR(rule, gamma),
    "Cosine": cosine,
    "OneCycle": one_cycle,
    "WarmUp": warm_up,
    "ReduceOnPlateau": plateau,
}


def schedule(settings, rule):
    [(name, options)] = settings.items()
    return SCHEDULES[name](rule, rule.param_groups[0]["lr"], **options)


def fit(network, weights, x, targets, sample_weights):
    """Trains the weights in place: the loss and the learning rate of each step, and the gradients
    of the last, as clipping and penalties found them."""
    optimizer = Optimizer(network["optimizer"], weights)
    planned = schedule(network["schedule"], optimizer.rule) if network["schedule"] else None
    on_plateau = isinstance(planned, schedulers.ReduceLROnPlateau)
    losses, rates = [], []
    for _ in range(network["epochs"]):
        total, total_weight = 0.0, 0.0
        for rows in torch.arange(len(x)).split(network["batch_size"]):
            rates.append(optimizer.rule.param_groups[0]["lr"])
            optimizer.rule.zero_grad()
            y = run(network["architecture"], weights, x[rows], True)
            loss = mean_loss(network["loss"], y, targets[rows], sample_weights[rows])
            loss.backward()
            gradients = {n: w.grad.clone() for n, w in weights.items() if w.requires_grad}
            optimizer.step()
            losses.append(loss.item())
            weight = sample_weights[rows].sum().item()
            total, total_weight = total + loss.item() * weight, total_weight + weight
            if planned and not network["per_epoch"] and not on_plateau:
                planned.step()
        if on_plateau:
            planned.step(total / total_weight)
        elif planned and network["per_epoch"]:
            planned.step()
    return losses, rates, gradients
