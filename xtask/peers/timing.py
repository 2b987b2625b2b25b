"""How work is timed, as the Rust side does it."""
import gc
import time

WARM_UP = 10


def quiet(function):
    """Without Python's garbage collection, as timeit does it."""
    def wrapped(*arguments, **named):
        gc.collect()
        gc.disable()
        try:
            return function(*arguments, **named)
        finally:
            gc.enable()
    return wrapped


@quiet
def steps(step, count, amount, finish=lambda: None, warm_up=WARM_UP):
    """Steps 0, 1, … after a few others that warm up; finish waits for what was only started."""
    for number in range(warm_up):
        step(number)
    finish()
    start = time.perf_counter()
    for number in range(warm_up, warm_up + count):
        step(number)
    finish()
    return {"seconds": time.perf_counter() - start, "amount": count * amount}


@quiet
def latency(call, count):
    """Seconds that half and that 99 in 100 calls do not exceed."""
    for number in range(max(WARM_UP, count // 10)):
        call(number)
    durations = []
    for number in range(count):
        start = time.perf_counter_ns()
        call(number)
        durations.append(time.perf_counter_ns() - start)
    durations.sort()
    return {"p50": durations[count // 2] / 1e9, "p99": durations[count * 99 // 100] / 1e9}
