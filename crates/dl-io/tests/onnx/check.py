"""Runs exported models in ONNX Runtime and compares what they give: python check.py FOLDER

The folder holds for every case NAME.onnx and NAME.safetensors: batches of samples, x1 and x3, and what
the model gave for them, y1 and y3. Prints a table; fails where a file is not a valid model,
where input, output or opset are not as promised, or where an output differs by more than 1e-5 of
max(1, |y|).
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

TOLERANCE = 1e-5


def check_interface(model):
    [opset] = model.opset_import
    new = any(node.op_type == "LayerNormalization" for node in model.graph.node)
    assert (opset.domain, opset.version) == ("", 17 if new else 13), opset
    for name, [value] in ("input", model.graph.input), ("output", model.graph.output):
        assert value.name == name, value.name
        batch, *sizes = value.type.tensor_type.shape.dim
        assert batch.dim_param == "batch", batch
        assert all(size.dim_value > 0 for size in sizes), sizes


def largest_difference(session, arrays):
    largest = 0.0
    for batch in 1, 3:
        x, y = arrays[f"x{batch}"], arrays[f"y{batch}"]
        [got] = session.run(["output"], {"input": x})
        assert got.shape == y.shape, (got.shape, y.shape)
        largest = np.maximum(largest, np.max(np.abs(got - y) / np.maximum(1, np.abs(y))))
    return largest


def check(case):
    model = onnx.load(case)
    onnx.checker.check_model(model, full_check=True)
    check_interface(model)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(case, options, providers=["CPUExecutionProvider"])
    operators = [node.op_type for node in model.graph.node]
    arrays = load_file(case.with_suffix(".safetensors"))
    return operators, largest_difference(session, arrays)


def main(folder):
    cases = sorted(pathlib.Path(folder).glob("*.onnx"))
    failures = 0 if cases else 1
    print(f"{'case':<44} {'nodes':>5} {'transposes':>10} {'difference':>10}")
    for case in cases:
        try:
            operators, difference = check(case)
        except Exception as error:  # whatever is wrong with one case, the others are still checked
            failures += 1
            print(f"{case.stem:<44} FAILED: {type(error).__name__}: {error}")
            continue
        good = difference <= TOLERANCE
        failures += not good
        transposes = operators.count("Transpose")
        mark = "" if good else "  FAILED"
        print(f"{case.stem:<44} {len(operators):>5} {transposes:>10} {difference:>10.1e}{mark}")
    print(f"{len(cases)} cases, {failures} failures")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
