#!/usr/bin/env python3
"""Fits the polynomials of math-inl.h: weighted minimax by the exchange algorithm [Remez 1934] in 60 digits.

Needs mpmath. Prints for each fit the largest weighted error (in units of 2^-24 or 2^-53) and the coefficients,
lowest power first, rounded to the target type.
"""
import struct


from mpmath import cos, erf, erfc, exp, expm1, log, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 60


def remez(f, basis, weight, low, high, rounds=40, grid=1500, crowd=1):
    """Coefficients c that minimise max |weight (f - sum c_i basis_i)| on [low, high], and that maximum."""
    n = len(basis)
    # crowd > 1 starts with more points near `low`, where a weight that falls off steeply leaves the extrema.
    points = [low + (high - low) * ((1 - cos(pi * i / n)) / 2) ** crowd for i in range(n + 1)]
    xs = [(low + high) / 2 - (high - low) / 2 * cos(pi * (i + mpf(1) / 2) / grid) for i in range(grid)]
    table = [(f(x), weight(x), [b(x) for b in basis]) for x in xs]
    coefficients, worst = None, None
    for _ in range(rounds):
        a, y = matrix(n + 1, n + 1), matrix(n + 1, 1)
        for i, x in enumerate(points):
            for j, b in enumerate(basis):
                a[i, j] = b(x)
            a[i, n] = (-1) ** i / weight(x)
            y[i] = f(x)
        coefficients = list(lu_solve(a, y))[:n]
        errors = [w * (v - sum(c * b for c, b in zip(coefficients, bs))) for v, w, bs in table]
        extrema = []
        for x, e in zip(xs, errors):
            if extrema and (e > 0) == (extrema[-1][1] > 0):
                if abs(e) > abs(extrema[-1][1]):
                    extrema[-1] = (x, e)
            else:
                extrema.append((x, e))
        worst = max(abs(e) for _, e in extrema)
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(extrema[0][1]) < abs(extrema[-1][1]) else -1)
        if len(extrema) < n + 1:
            break
        points = [x for x, _ in extrema]
        smallest = min(abs(e) for _, e in extrema)
        if worst - smallest < worst * mpf("1e-4"):
            break
    return coefficients, worst


def rounded(c, bits):
    if bits == 24:
        return struct.unpack("f", struct.pack("f", float(c)))[0].hex()
    return float(c).hex()


def show(name, coefficients, worst, bits):
    print(f"{name} f{32 if bits == 24 else 64}: error {float(worst * mpf(2) ** bits):.3g} x 2^-{bits}")
    suffix = "f" if bits == 24 else ""
    print("    " + ", ".join(rounded(c, bits) + suffix for c in coefficients))


def powers(n, of=lambda x: x):
    return [(lambda x, i=i: of(x) ** i) for i in range(n)]


def fit_exp(degree, bits):
    """e^r = 1 + r + r^2 Q(r), |r| <= ln 2 / 2, error relative to e^r - 1."""
    h = log(2) / 2 * mpf("1.001")
    q = lambda r: (expm1(r) - r) / r**2 if abs(r) > mpf("1e-20") else mpf(1) / 2
    weight = lambda r: abs(r**2 / expm1(r)) + mpf("1e-12")
    show("exp", *remez(q, powers(degree + 1), weight, -h, h), bits)


def fit_log(degree, bits):
    """ln((1+s)/(1-s)) = 2s + s z L(z), z = s^2, m from sqrt(1/2) to sqrt 2, relative error."""
    top = ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * mpf("1.001")

    def value(z):
        s = sqrt(z)
        return (log((1 + s) / (1 - s)) / s - 2) / z

    show("log", *remez(value, powers(degree + 1), lambda z: z / 2, mpf("1e-12"), top), bits)


def fit_erf_small(degree, bits):
    """erf x = x P(x^2) on [0, 1], relative error."""
    f = lambda z: erf(sqrt(z)) / sqrt(z)
    show("erf small", *remez(f, powers(degree + 1), lambda z: 1 / f(z), mpf("1e-12"), mpf(1)), bits)


def fit_erf_tail(degree, top, bits):
    """erf x = 1 - e^p(x) on [1, top], error of erf."""
    f = lambda x: log(erfc(x))
    show("erf tail", *remez(f, powers(degree + 1), lambda x: erfc(x), mpf(1), top, crowd=2), bits)


if __name__ == "__main__":
    fit_exp(4, 24)
    fit_exp(9, 53)
    fit_log(2, 24)
    fit_log(6, 53)
    fit_erf_small(6, 24)
    fit_erf_small(11, 53)
    fit_erf_tail(6, mpf("3.95"), 24)
    fit_erf_tail(16, mpf("5.95"), 53)
