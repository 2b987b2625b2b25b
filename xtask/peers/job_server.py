"""What the scripts here have in common: a peer is a process that does jobs when told to.

It greets with its name, {"peer": …}, once everything is imported; then it reads a job a line as a
JSON object, {"job": …, further arguments}, and answers each with a JSON object a line. A job's answer
holds the "seconds" of its timed part and the "amount" of work done in them.
"""
import argparse
import json
import os
import sys


def threads():
    """The number of threads from the command line, also in the environment of what is imported
    later: call this before the libraries."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    count = parser.parse_args().threads
    for variable in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
        os.environ[variable] = str(count)
    return count


def peak_memory():
    """The process' largest resident size so far (Linux)."""
    import resource

    return {"mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def serve(peer, **jobs):
    """Does the jobs that come on standard input until it ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    jobs["peak_memory"] = peak_memory
    print(json.dumps({"peer": peer}), file=answers, flush=True)
    for line in sys.stdin:
        arguments = json.loads(line)
        answer = jobs[arguments.pop("job")](**arguments)
        print(json.dumps(answer), file=answers, flush=True)
