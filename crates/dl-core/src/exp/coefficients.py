"""The constants of mod.rs, printed: Remez's algorithm in the decimal arithmetic of Python's library.

For each type, the polynomial q of a given degree that makes the largest relative error of r + r^2 q(r)
against e^r - 1 on |r| <= ln(2)/2 smallest, its coefficients rounded to the type.

    python3 coefficients.py
"""

import struct
from decimal import Decimal as D, getcontext

getcontext().prec = 50
LN_2 = D(2).ln()
# a little beyond ln(2)/2, since x/ln(2) is rounded before it is rounded to an integer
END = LN_2 / 2 * D("1.0001")
GRID = [END * (2 * i + 1 - 1000) / 1000 for i in range(1000)]
TARGET = [(r.exp() - 1 - r) / r**2 for r in GRID]
# makes an error of q one of e^r - 1, relative
WEIGHT = [abs(r**2 / (r.exp() - 1)) for r in GRID]


def solve(rows):
    """The linear system of the rows (a_1, ..., a_n, b), by elimination."""
    n = len(rows)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(n):
            if i != k:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k])]
    return [row[-1] / row[k] for k, row in enumerate(rows)]


def errors(q):
    values = (sum(c * r**k for k, c in enumerate(q)) for r in GRID)
    return [w * (v - t) for v, t, w in zip(values, TARGET, WEIGHT)]


def fit(degree):
    """The best q: its error reaches its largest size with alternating signs at degree + 2 points."""
    points = degree + 2
    chosen = [(2 * i + 1) * len(GRID) // (2 * points) for i in range(points)]
    while True:
        rows = []
        for k, i in enumerate(chosen):
            powers = [GRID[i] ** k for k in range(degree + 1)]
            rows.append([*powers, (-1) ** k / WEIGHT[i], TARGET[i]])
        *q, level = solve(rows)
        e = errors(q)
        if max(map(abs, e)) <= abs(level) * D("1.001"):
            return q
        # the extreme point of each run of one sign
        runs = []
        for i in range(len(GRID)):
            if runs and (e[i] > 0) == (e[runs[-1]] > 0):
                runs[-1] = max(runs[-1], i, key=lambda j: abs(e[j]))
            else:
                runs.append(i)
        while len(runs) > points:
            runs.pop(0 if abs(e[runs[0]]) < abs(e[runs[-1]]) else -1)
        chosen = runs


def rounded(x, form):
    """The nearest number of the type."""
    return D(struct.unpack(form, struct.pack(form, float(x)))[0])


def literal(x, form):
    """The fewest digits that give the number."""
    return next(s for s in (f"{x:.{n}e}" for n in range(18)) if rounded(D(s), form) == x)


def report(name, form, degree, bits):
    # so few bits that a multiple by an exponent is exact
    high = D(int(LN_2 * 2**bits)) / 2**bits
    print(name, "ln 2 =", literal(high, form), "+", literal(rounded(LN_2 - high, form), form))
    q = fit(degree)
    q = [rounded(c, form) for c in q]
    for c in q:
        print("   ", literal(c, form))
    print("    largest relative error 2^%.1f" % (max(map(abs, errors(q))).ln() / LN_2))


report("f32", "f", 5, 15)
report("f64", "d", 10, 32)
