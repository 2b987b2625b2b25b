"""How near a network comes to where a derivative jumps: 0 for a ReLU, two equal pixels for a maximum.

Within rounding of such a place it is chance which side the gradient takes, and no digit of it can be
compared.
"""

# A place must be so many times farther away than float32 is from float64.
SAFETY = 4

_distances = []


def begin():
    """The distances that are noted from now on."""
    global _distances
    _distances = []
    return _distances


def note(distances):
    _distances.append(distances.detach().double())


def note_largest(values, axis):
    """Of the two largest along an axis from each other."""
    if values.shape[axis] > 1:
        two = values.topk(2, axis).values
        note(two.select(axis, 0) - two.select(axis, 1))


def decided(exact, single):
    """Whether float64 and float32 keep clear of them, by what was noted in both. A distance of exactly 0
    is no matter of rounding: equal pixels, or zeros of a padding."""
    for d, s in zip(exact, single, strict=True):
        apart = d.isfinite() & (d > 0)
        d, s = d[apart], s[apart]
        if d.numel() and d.min() < SAFETY * (d - s).abs().max():
            return False
    return True
