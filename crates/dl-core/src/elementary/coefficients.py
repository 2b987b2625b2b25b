"""The constants of this folder, printed: Remez's algorithm in the decimal arithmetic of Python's library.

For each type and function the polynomial of a given degree that makes the largest relative error smallest, its
coefficients rounded to the type.

    python3 coefficients.py
"""

import struct
from decimal import Decimal as D, getcontext

getcontext().prec = 50
LN_2 = D(2).ln()


class Problem:
    """A function on an interval to be approximated; an error of the polynomial counts by its weight."""

    def __init__(self, name, start, end, target, weight):
        self.name = name
        self.grid = [start + (end - start) * (2 * i + 1) / 2000 for i in range(1000)]
        self.target = [target(x) for x in self.grid]
        self.weight = [abs(weight(x)) for x in self.grid]


def half_ln_ratio(s):
    """artanh(r), r the root of s."""
    r = s.sqrt()
    return ((1 + r) / (1 - r)).ln() / 2


# a little beyond ln(2)/2, since x/ln(2) is rounded before it is rounded to an integer
END = LN_2 / 2 * D("1.0001")
EXP_M1 = Problem(
    "q in e^r - 1 = r + r^2 q(r) on |r| <= ln(2)/2",
    -END,
    END,
    lambda r: (r.exp() - 1 - r) / r**2,
    lambda r: r**2 / (r.exp() - 1),
)
LN = Problem(
    "q in ln((1 + r)/(1 - r)) = 2r + r s q(s), s = r^2, on 0 <= r <= 1/3",
    D(0),
    D(1) / 9,
    lambda s: 2 * (half_ln_ratio(s) / s.sqrt() - 1) / s,
    lambda s: s * s.sqrt() / (2 * half_ln_ratio(s)),
)


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


def errors(of, q):
    values = (sum(c * x**k for k, c in enumerate(q)) for x in of.grid)
    return [w * (v - t) for v, t, w in zip(values, of.target, of.weight)]


def fit(of, degree):
    """The best q: its error reaches its largest size with alternating signs at degree + 2 points."""
    points = degree + 2
    chosen = [(2 * i + 1) * len(of.grid) // (2 * points) for i in range(points)]
    while True:
        rows = []
        for k, i in enumerate(chosen):
            powers = [of.grid[i] ** k for k in range(degree + 1)]
            rows.append([*powers, (-1) ** k / of.weight[i], of.target[i]])
        *q, level = solve(rows)
        e = errors(of, q)
        if max(map(abs, e)) <= abs(level) * D("1.001"):
            return q
        # the extreme point of each run of one sign
        runs = []
        for i in range(len(of.grid)):
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


def report(of, name, form, degree):
    q = [rounded(c, form) for c in fit(of, degree)]
    print(of.name, name, *(literal(c, form) for c in q), sep="\n    ")
    print("relative error 2^%.1f" % (max(map(abs, errors(of, q))).ln() / LN_2))


# so few bits in the first part that a multiple by an exponent is exact
for name, form, bits in [("f32", "f", 15), ("f64", "d", 32)]:
    high = D(int(LN_2 * 2**bits)) / 2**bits
    print(name, "ln 2 =", literal(high, form), "+", literal(rounded(LN_2 - high, form), form))
report(EXP_M1, "f32", "f", 5)
report(EXP_M1, "f64", "d", 10)
report(LN, "f32", "f", 3)
report(LN, "f64", "d", 9)
