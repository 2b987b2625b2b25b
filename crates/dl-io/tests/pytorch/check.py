"""Weights of ours read by PyTorch and NumPy: python check.py [FOLDER] (needs torch, safetensors, numpy).

tests/weights_pytorch.rs, which is run unless its FOLDER is given, writes to the folder DL_IO_WRITE_TO,
for each model of models.py: NAME.safetensors in PyTorch's layout, NAME.npz with the same weights in
our own, and NAME.io.safetensors with samples and our model's outputs. Fails where PyTorch does not
load a file strictly, or where its outputs differ by more than 1e-5.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from models import MODELS, channels_first
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).parent
TOLERANCE = 1e-5


def write(folder):
    test = ["cargo", "test", "--quiet", "-p", "dl-io", "--features", "npz", "--test", "weights_pytorch"]
    subprocess.run([*test, "written_for"], cwd=HERE, env=os.environ | {"DL_IO_WRITE_TO": folder}, check=True)


def is_read(folder):
    failed = False
    for name, (make, _) in MODELS.items():
        model = make()
        state = load_file(folder / f"{name}.safetensors")
        model.load_state_dict(state, strict=True)
        model.eval()
        io = load_file(folder / f"{name}.io.safetensors")
        with torch.no_grad():
            y = model(channels_first(io["x"]))
        difference = (y - channels_first(io["y"])).abs().max().item()
        good = difference <= TOLERANCE  # false for NaN
        arrays = numpy.load(folder / f"{name}.npz")
        numbers = [sorted(a for array in arrays.values() for a in array.ravel())]
        numbers.append(sorted(a for t in state.values() for a in t.numpy().ravel()))
        same = numbers[0] == numbers[1]
        failed |= not (good and same)
        print(f"{name}: {len(state)} tensors, outputs {tuple(y.shape)} up to {y.abs().max():.2f},")
        print(f"  largest difference {difference:.1e}: {'good' if good else 'BAD'};")
        print(f"  npz of {len(arrays.files)} arrays, numbers {'the same' if same else 'DIFFERENT'}")
    return not failed


with tempfile.TemporaryDirectory() as own:
    if len(sys.argv) < 2:
        write(own)
    sys.exit(not is_read(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else own)))
