"""OpenVINO on the processor, in single precision, with its requests reused."""
import job_server

THREADS = job_server.threads()

import numpy
import openvino
from openvino import AsyncInferQueue, Core, Tensor

import exported

core = Core()


class Throughput:
    """As many requests at once as OpenVINO finds best."""

    def __init__(self, compiled):
        self.queue = AsyncInferQueue(compiled)

    def __call__(self, x):
        self.queue.start_async({0: x}, share_inputs=True)

    def finish(self):
        self.queue.wait_all()


def start(model, shape, way):
    model = core.read_model(model)
    model.reshape(shape)
    compiled = core.compile_model(model, "CPU", {
        "PERFORMANCE_HINT": way,
        "INFERENCE_NUM_THREADS": THREADS,
        # Processors with instructions for bfloat16 are not to use them.
        "INFERENCE_PRECISION_HINT": "f32",
    })
    if way == "THROUGHPUT":
        return Throughput(compiled)
    request = compiled.create_infer_request()
    x_bound, y = numpy.empty(shape, numpy.float32), request.get_output_tensor().data
    request.set_input_tensor(Tensor(x_bound, shared_memory=True))

    def run(x):
        numpy.copyto(x_bound, x)
        request.infer(share_outputs=True)
        return y
    return run


exported.serve(f"OpenVINO {openvino.__version__.split('-')[0]}", start)
