"""Random networks and what PyTorch makes of them: python make.py FOLDER [--networks N] [--seed S] [--small]

Needs torch and safetensors. For each network writes to the folder

- NAME.json: architecture, loss, optimiser, schedule, as draw.py drew them, and for each quantity compared
  the scale to which differences are related and the error of PyTorch's own float32, so related;
- NAME.safetensors: in float32 what both start from, samples, targets and weights; in float64 each quantity.

Errors of float32 are taken from the same computation in float64. A network in which PyTorch's own is
above 1e-3, or in which rounding decides where a derivative jumps (kinks.py), has no digits to compare and is
drawn again; the number of these is printed.
"""

import argparse
import itertools
import json
import pathlib
import random

import torch
from compute import compare
from draw import LARGE, SMALL, USUAL, draw_network
from inputs import draw_arrays
from safetensors.torch import save_file


def one(options, index, attempt):
    """Draws and writes a network, unless it has no digits to compare; whether it has."""
    r = random.Random(f"{options.seed} {index} {attempt}")
    network = draw_network(r, SMALL if options.small else r.choices([USUAL, LARGE], [5, 1])[0])
    generator = torch.Generator().manual_seed(r.getrandbits(32))
    inputs = draw_arrays(network, generator)
    compared = compare(network, inputs, generator)
    if compared is None:
        return False
    exact, network["quantities"] = compared
    path = options.folder / f"network_{index:03}"
    path.with_suffix(".json").write_text(json.dumps(network, separators=(",", ":")) + "\n")
    save_file(inputs | exact, path.with_suffix(".safetensors"))
    return True


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--networks", type=int, default=150)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--small", action="store_true", help="small networks, to be stored")
    options = options.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    left_out = 0
    for index in range(options.networks):
        attempts = itertools.count()
        left_out += next(attempt for attempt in attempts if one(options, index, attempt))
    print(f"PyTorch {torch.__version__.split('+')[0]}, seed {options.seed}:", end=" ")
    print(f"{options.networks} networks, {left_out} drawn again as ill-conditioned")


if __name__ == "__main__":
    main()
