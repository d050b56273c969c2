"""Writes metrics.json: what scikit-learn, SciPy and plain definitions say of some sets of probabilities.

    python3 tests/oracle/metrics.py     (scikit-learn 1.9, SciPy 1.17, NumPy 2.4)

Each figure is computed from its definition or by a library, never by the formula under test: DeLong's
variance from all pairs, lift by averaging over the tied rows, EMPC by numerical integration.
"""

import json
import math
import pathlib

import numpy as np
from scipy import integrate, optimize, special, stats
from sklearn import metrics

Z = 1.959963984540054
CLIP = 1e-15


def rounded(value):
    return float(value)


def delong(y, s):
    a, b = s[y][:, None], s[~y][None, :]
    wins = (a > b) + 0.5 * (a == b)
    auc = wins.mean()
    v10, v01 = wins.mean(axis=1), wins.mean(axis=0)
    worst = auc * (1 - auc)
    var10 = v10.var(ddof=1) if len(v10) > 1 else worst
    var01 = v01.var(ddof=1) if len(v01) > 1 else worst
    se = math.sqrt(var10 / len(v10) + var01 / len(v01))
    if auc in (0.0, 1.0):
        far = 0.025 ** (1 / min(len(v10), len(v01)))
        return [1.0, far, 1.0] if auc == 1.0 else [0.0, 0.0, 1 - far]
    half = Z * se / (auc * (1 - auc))
    logit = special.logit(auc)
    return [auc, special.expit(logit - half), special.expit(logit + half)]


def auc_difference(y, a, b):
    def wins(s):
        p, q = s[y][:, None], s[~y][None, :]
        return (p > q) + 0.5 * (p == q)

    d = wins(a) - wins(b)
    v10, v01 = d.mean(axis=1), d.mean(axis=0)
    return [d.mean(), math.sqrt(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))]


def chances(s, depth):
    """For each row, the chance to be in the top share when tied rows are drawn by lot."""
    k = max(1, math.ceil(round(depth * len(s), 9)))
    order = np.sort(s)[::-1]
    cut = order[k - 1]
    above, tied = s > cut, s == cut
    return k, above + tied * (k - above.sum()) / tied.sum()


def at_depth(y, s, value, depth, prm):
    k, chance = chances(s, depth)
    events = (chance * y).sum()
    others = k - events
    gamma = prm["alpha"] / (prm["alpha"] + prm["beta"])
    profit = (prm["clv"] * gamma * (1 - prm["d"] / prm["clv"]) - prm["f"]) * events
    profit -= (prm["d"] + prm["f"]) * others
    worth = np.where(y, np.maximum(np.nan_to_num(value), 0), 0)
    return {
        "depth": depth,
        "rows": k,
        "precision": events / k,
        "lift": events / k / y.mean(),
        "capture": events / y.sum(),
        "value_capture": (chance * worth).sum() / worth.sum() if worth.sum() > 0 else None,
        "profit": profit / len(y),
    }


def empc(y, s, prm):
    """The integral of the best profit over the acceptance rate, piece by piece between its kinks."""
    cuts = [np.inf, *np.unique(s)[::-1]]
    tp = np.array([(y & (s >= c)).sum() for c in cuts]) / len(y)
    fp = np.array([(~y & (s >= c)).sum() for c in cuts]) / len(y)
    level = -prm["f"] * tp - (prm["d"] + prm["f"]) * fp
    rise = (prm["clv"] - prm["d"]) * tp

    def best(g):
        return np.argmax(level + rise * g)

    def kinks(low, high):
        """Where the best cut changes: intersections of the two lines, recursively."""
        i, j = best(low), best(high)
        if rise[i] == rise[j]:
            return []
        g = (level[i] - level[j]) / (rise[j] - rise[i])
        k = best(g)
        if level[k] + rise[k] * g <= level[i] + rise[i] * g + 1e-13:
            return [g]
        return kinks(low, g) + kinks(g, high)

    edges = [0.0, *sorted(set(kinks(0.0, 1.0))), 1.0]
    dist = stats.beta(prm["alpha"], prm["beta"])
    profit = depth = 0.0
    for low, high in zip(edges, edges[1:]):
        if high <= low:
            continue
        i = best((low + high) / 2)
        share = integrate.quad(dist.pdf, low, high, epsabs=1e-14, epsrel=1e-13, limit=500)[0]
        mean = integrate.quad(lambda g: g * dist.pdf(g), low, high, epsabs=1e-14, epsrel=1e-13, limit=500)[0]
        profit += level[i] * share + rise[i] * mean
        depth += (tp[i] + fp[i]) * share
    return [profit, depth]


def cox(y, p):
    p = np.clip(p, CLIP, 1 - CLIP)
    x = np.log(p) - np.log1p(-p)
    top, bottom = (x[y].min(), x[~y].max())
    if len(np.unique(p)) == 1:
        return [1.0, special.logit(y.mean()) - x[0]]
    if bottom <= top or x[y].max() <= x[~y].min():
        sign = 1 if bottom <= top else -1
        middle = (bottom + top) / 2 if sign > 0 else (x[y].max() + x[~y].min()) / 2
        return [sign * 1000.0, -sign * 1000.0 * middle]

    def score(ab):
        r = y - special.expit(ab[0] + ab[1] * x)
        return [r.sum(), (r * x).sum()]

    def curvature(ab):
        q = special.expit(ab[0] + ab[1] * x)
        w = q * (1 - q)
        return [[-w.sum(), -(w * x).sum()], [-(w * x).sum(), -(w * x * x).sum()]]

    def loss(ab):
        t = ab[0] + ab[1] * x
        return np.logaddexp(0, t).sum() - (t * y).sum()

    start = optimize.minimize(loss, [0.0, 1.0], jac=lambda ab: -np.array(score(ab)), method="BFGS").x
    root = optimize.root(score, start, jac=curvature, method="hybr", tol=1e-15).x
    for _ in range(3):
        root = root - np.linalg.solve(curvature(root), score(root))
    return [root[1], root[0]]


def ece(y, p):
    bins = np.minimum((p * 10).astype(int), 9)
    return sum(abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in range(10) if (bins == b).any())


def log_losses(y, p):
    p = np.clip(p, CLIP, 1 - CLIP)
    return np.where(y, -np.log(p), -np.log1p(-p))


def case(name, y, p, other, value, **prm):
    y, p, other, value = np.asarray(y, bool), np.asarray(p, float), np.asarray(other, float), np.asarray(value, float)
    prm = {"clv": 200.0, "d": 10.0, "f": 1.0, "alpha": 6.0, "beta": 14.0} | prm
    slope, intercept = cox(y, p)
    profit, depth = empc(y, p, prm)
    difference = log_losses(y, p) - log_losses(y, other)
    assert abs(delong(y, p)[0] - metrics.roc_auc_score(y, p)) < 1e-12
    return {
        "name": name,
        "outcome": [int(v) for v in y],
        "probability": p.tolist(),
        "other": other.tolist(),
        "value": [None if math.isnan(v) else v for v in value],
        "params": prm,
        "events": int(y.sum()),
        "auc": delong(y, p),
        "pr_auc": metrics.average_precision_score(y, p),
        "ks": stats.ks_2samp(p[y], p[~y]).statistic,
        "log_loss": log_losses(y, p).mean(),
        "brier": metrics.brier_score_loss(y, p),
        "ece": ece(y, p),
        "slope": slope,
        "intercept": intercept,
        "empc": profit,
        "empc_depth": depth,
        "depths": [at_depth(y, p, value, q, prm) for q in (0.01, 0.05, 0.1, 0.2)],
        "auc_difference": auc_difference(y, p, other) if 1 < y.sum() < len(y) - 1 else None,
        "log_loss_difference": [difference.mean(), stats.sem(difference)],
    }


def drawn(seed, rows, base, digits=17, spread=1.5, bold=1.0):
    rng = np.random.default_rng(seed)
    logit = rng.normal(special.logit(base), spread, rows)
    y = rng.random(rows) < special.expit(logit)
    y[:2] = [True, False]
    p = np.round(special.expit(bold * logit + 0.3), digits)
    other = np.round(special.expit(logit + rng.normal(0, 1, rows)), digits)
    value = np.where(rng.random(rows) < 0.1, np.nan, np.round(rng.lognormal(8, 1.5, rows) - 200, 2))
    return y, p, other, value


def betas():
    grid = [(x, a, b) for a in (0.3, 1, 6, 7, 40.5, 900) for b in (0.5, 1, 14, 300) for x in (1e-6, 0.01, 0.2, 0.3, 0.5, 0.75, 0.999)]
    return [[x, a, b, special.betainc(a, b, x)] for x, a, b in grid]


def platts():
    """Lin, Lin & Weng's optimum by SciPy, on logits with and without ties."""
    found = []
    for seed, digits in ((1, 17), (2, 1)):
        y, p, _, _ = drawn(seed, 600, 0.2, bold=1.6)
        x = np.round(special.logit(p), digits)
        m, n = y.sum(), (~y).sum()
        t = np.where(y, (m + 1) / (m + 2), 1 / (n + 2))
        ab = np.array([0.0, 1.0])
        for _ in range(50):
            q = special.expit(ab[0] + ab[1] * x)
            w, r = q * (1 - q), t - q
            ab += np.linalg.solve([[w.sum(), (w * x).sum()], [(w * x).sum(), (w * x * x).sum()]], [r.sum(), (r * x).sum()])
        found.append({"outcome": [int(v) for v in y], "logit": x.tolist(), "intercept": ab[0], "slope": ab[1]})
    return found


def main():
    golden = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
    some = [10.0, 20.0, float("nan"), 40.0, 50.0, -60.0, 70.0, 80.0]
    ladder = np.linspace(0.02, 0.98, 60)
    cases = [
        case("golden", [0, 1] * 4, golden, golden[::-1], some),
        case("perfect", ladder > 0.6, ladder, ladder**2, ladder * 100),
        case("reversed", ladder < 0.4, ladder, 1 - ladder, ladder * 100),
        case("zeros and ones", [0, 0, 1, 1, 0, 1], [0, 0, 1, 1, 1, 0.5], [0.5] * 6, [1, 2, 3, 4, 5, 6]),
        case("constant", [0, 1, 0, 0, 0], [0.3] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], [0.0] * 5),
        case("two rows", [0, 1], [0.4, 0.4], [0.2, 0.7], [1, 1]),
        case("one event", [0] * 20 + [1], np.r_[ladder[:20], 0.2], np.r_[ladder[:20], 0.9], np.arange(21)),
        case("continuous", *drawn(3, 500, 0.2)),
        case("ties", *drawn(4, 400, 0.3, digits=1)),
        case("heavy ties", *drawn(5, 333, 0.5, digits=0, spread=0.7)),
        case("rare", *drawn(6, 900, 0.01, digits=4)),
        case("frequent, too bold", *drawn(7, 400, 0.8, bold=2.5), clv=500.0, d=50.0, f=2.0, alpha=2.0, beta=3.0),
        case("too timid", *drawn(8, 400, 0.1, bold=0.3), clv=80.0, d=5.0, f=0.0, alpha=1.0, beta=1.0),
    ]
    assert abs(cases[0]["empc"] - 23.875593418348124) < 1e-9, cases[0]["empc"]
    out = {"cases": cases, "beta": betas(), "platt": platts()}
    text = json.dumps(out, default=rounded, separators=(",", ":"))
    pathlib.Path(__file__).with_suffix(".json").write_text(text.replace('{"name"', '\n{"name"') + "\n")


main()
