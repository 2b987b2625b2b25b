"""What the scripts here have in common: a peer is a process that does jobs when told to.

It greets with its name, {"peer": …}, once everything is imported, or with the module that is missing,
{"missing": …}, and ends; then it reads a job a line as a JSON object, {"job": …, further arguments}, and
answers each with a JSON object a line. A job's answer holds the "seconds" of its timed part and the "amount" of
work done in them, or the seconds "p50" and "p99" of single calls.
"""
import argparse
import json
import os
import sys

answers = sys.stdout


def tell(answer):
    print(json.dumps(answer), file=answers, flush=True)


def excepthook(kind, error, trace):
    """A module that is not installed leaves the peer out; all else is a failure."""
    if kind is ModuleNotFoundError:
        tell({"missing": error.name})
    sys.__excepthook__(kind, error, trace)


def threads():
    """The number of threads from the command line, also in the environment of what is imported
    later: call this before the libraries."""
    sys.stdout, sys.excepthook = sys.stderr, excepthook  # what libraries print is no answer
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
    jobs["peak_memory"] = peak_memory
    tell({"peer": peer})
    for line in sys.stdin:
        arguments = json.loads(line)
        tell(jobs[arguments.pop("job")](**arguments))
