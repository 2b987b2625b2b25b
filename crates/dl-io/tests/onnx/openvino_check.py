"""Runs exported models in OpenVINO and compares what they give, as check.py does in ONNX Runtime:
python openvino_check.py FOLDER (needs openvino, numpy, safetensors; by hand, its size is too much for
each check).
"""

import pathlib
import sys

import numpy as np
import openvino
from safetensors.numpy import load_file

TOLERANCE = 1e-5


def main(folder):
    core = openvino.Core()
    core.set_property("CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    cases = sorted(pathlib.Path(folder).glob("*.onnx"))
    worst, failures = 0.0, 0 if cases else 1
    for case in cases:
        arrays = load_file(case.with_suffix(".safetensors"))
        model = core.compile_model(core.read_model(case), "CPU")
        for batch in 1, 3:
            y, got = arrays[f"y{batch}"], model([arrays[f"x{batch}"]])[0]
            assert got.shape == y.shape, (case, got.shape, y.shape)
            difference = np.max(np.abs(got - y) / np.maximum(1, np.abs(y)))
            worst = max(worst, float(difference))
            if not difference <= TOLERANCE:
                failures += 1
                print(f"{case.stem}: {difference:.1e}  FAILED")
    print(f"{openvino.__version__}: {len(cases)} cases, {failures} failures, largest difference {worst:.1e}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
