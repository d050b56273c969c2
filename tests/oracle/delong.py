"""Two correlated areas by the fast DeLong of Sun & Xu, IEEE Signal Processing Letters 21 (2014): midranks
in O(n log n), structural components, their covariance. Tails of the normal and the chi-square by SciPy.

    python tests/oracle/delong.py      # writes delong.json beside it; numpy and scipy only
"""

import json
import pathlib

import numpy as np
from scipy import stats


def midrank(x):
    order = np.argsort(x)
    z = x[order]
    n = len(x)
    t = np.zeros(n)
    i = 0
    while i < n:
        j = i
        while j < n and z[j] == z[i]:
            j += 1
        t[i:j] = 0.5 * (i + j - 1)
        i = j
    ranks = np.empty(n)
    ranks[order] = t + 1
    return ranks


def fast_delong(y, scores):
    """Areas and their covariance; `scores` has one row a model, `y` is boolean."""
    m, n = y.sum(), (~y).sum()
    positive, negative = scores[:, y], scores[:, ~y]
    tx = np.array([midrank(r) for r in positive])
    ty = np.array([midrank(r) for r in negative])
    tz = np.array([midrank(np.r_[p, q]) for p, q in zip(positive, negative)])
    areas = tz[:, :m].sum(axis=1) / m / n - (m + 1.0) / 2.0 / n
    v01 = (tz[:, :m] - tx) / n
    v10 = 1.0 - (tz[:, m:] - ty) / m
    return areas, np.cov(v01) / m + np.cov(v10) / n


def case(seed, rows, base, digits):
    rng = np.random.default_rng(seed)
    logit = rng.normal(np.log(base / (1 - base)), 1.2, rows)
    y = rng.random(rows) < 1 / (1 + np.exp(-logit))
    y[:4] = [True, False, True, False]
    score = lambda noise: np.round(1 / (1 + np.exp(-(logit + rng.normal(0, noise, rows)))), digits)
    a, b = score(0.9), score(0.5)
    areas, covariance = fast_delong(y, np.array([a, b]))
    contrast = np.array([-1.0, 1.0])
    se = float(np.sqrt(contrast @ covariance @ contrast))
    mean = float(areas[1] - areas[0])
    return {
        "outcome": y.astype(int).tolist(), "a": a.tolist(), "b": b.tolist(),
        "areas": areas.tolist(), "difference": mean, "standard_error": se,
        "p_value": float(2 * stats.norm.sf(abs(mean / se))),
    }


def main():
    cases = [case(1, 300, 0.2, 15), case(2, 400, 0.05, 3), case(3, 250, 0.5, 1), case(4, 200, 0.9, 2)]
    grid = [(x, k) for k in (1, 2, 3, 9, 10, 54, 253, 2000) for x in (0.001, 0.5, 1, 3.84, 9.9, 60, 260, 2100)]
    chi = [[x, k, float(stats.chi2.sf(x, k))] for x, k in grid]
    text = json.dumps({"cases": cases, "chi_square": chi}, separators=(",", ":"))
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")


main()
