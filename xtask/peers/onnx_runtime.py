"""ONNX Runtime on the processor: `run` with NumPy's arrays, or buffers bound once."""
import job_server

THREADS = job_server.threads()

import numpy
import onnxruntime
from onnxruntime import GraphOptimizationLevel, InferenceSession, OrtValue, SessionOptions

import exported


def start(model, shape, way):
    options = SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_free_dimension_override_by_name("batch", shape[0])
    session = InferenceSession(model, options, providers=["CPUExecutionProvider"])
    if way == "run":
        return lambda x: session.run(["output"], {"input": x})[0]
    x_bound = OrtValue.ortvalue_from_shape_and_type(shape, numpy.float32, "cpu")
    y = numpy.empty([shape[0], *session.get_outputs()[0].shape[1:]], numpy.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input("input", x_bound)
    binding.bind_output("output", "cpu", 0, numpy.float32, y.shape, y.ctypes.data)

    def run(x):
        x_bound.update_inplace(x)
        session.run_with_iobinding(binding)
        return y
    return run


exported.serve(f"ONNX Runtime {onnxruntime.__version__}", start)
