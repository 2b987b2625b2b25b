"""Reads gzipped MNIST into arrays of 32-bit floats."""
import time

import job_server

job_server.threads()

import numpy

from mnist import load


def read(times):
    start = time.perf_counter()
    for _ in range(times):
        load()
    return {"seconds": time.perf_counter() - start, "amount": times}


load()
job_server.serve(f"Python gzip and NumPy {numpy.__version__}", read=read)
