"""Numbers of 16 bits, for tests/weights_half.rs: python half.py (needs torch, numpy, safetensors).

Writes beside itself half.safetensors, the state_dict of a Linear(3, 2) whose weight is float16 and
whose bias is bfloat16; and half.npz and half_big.npz, the same weight as numpy's <f2 and >f2. Prints
the float32 bits of their numbers, and for both types the SHA-256 of the float32 of all finite numbers,
little-endian, in the order of their bits.
"""

import hashlib
import pathlib

import numpy
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent


def finite(dtype):
    bits = torch.arange(1 << 16, dtype=torch.int32).to(torch.uint16)
    numbers = bits.view(dtype).to(torch.float32)
    return numbers[torch.isfinite(numbers)].numpy()


def bits(name, numbers):
    row = numbers.flatten().to(torch.float32).numpy().view(numpy.uint32)
    print(name, [f"{number:#010x}" for number in row])


# the smallest and the largest subnormal, the smallest normal, the largest, -0, 1/3
f16 = torch.tensor([[1, 0x3FF, 0x0400], [0x7BFF, 0x8000, 0x3555]], dtype=torch.int32)
f16 = f16.to(torch.uint16).view(torch.float16)
# the smallest subnormal, the largest
bf16 = torch.tensor([1, 0xFF7F], dtype=torch.int32).to(torch.uint16).view(torch.bfloat16)
save_file({"dense_1.weight": f16, "dense_1.bias": bf16}, HERE / "half.safetensors")
kernel = f16.numpy().T.copy()
bias = numpy.zeros(2, dtype="<f2")
numpy.savez(HERE / "half.npz", **{"dense_1.kernel": kernel, "dense_1.bias": bias})
numpy.savez(HERE / "half_big.npz", **{"dense_1.kernel": kernel.astype(">f2"), "dense_1.bias": bias})
bits("weight", f16)
bits("bias", bf16)
for name, dtype in ("float16", torch.float16), ("bfloat16", torch.bfloat16):
    numbers = finite(dtype)
    print(name, len(numbers), hashlib.sha256(numbers.astype("<f4").tobytes()).hexdigest())
