#!/usr/bin/env python3
"""Makes small tables of other character than the public ones, so that no choice is tuned to a file.

    python3 make_small.py --out /tmp/bench/small        # wide20k, interactions, noisy600, … as CSV

wide20k       the table of make_wide.py at 20,000 rows
interactions  8,000 rows; the risk lies in products and in a checkerboard, hardly in any column alone
noisy600      600 rows, 20 columns of which 3 matter a little
codes_matter  15,000 rows; branch (800 codes) and product (60) are numbers without order that carry risk
codes_empty   the same codes, and they carry nothing
additive      10,000 rows; smooth and additive, heavy tails: where a scorecard is right
rare          40,000 rows, 1.5 % positive
"""
import argparse
import pathlib

import numpy as np
import pandas as pd

import make_wide


def drawn(rng, logit, rate):
    """Outcomes with the mean rate asked for."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-(logit + middle)))).mean() < rate else (low, middle)
    return (rng.random(len(logit)) < 1 / (1 + np.exp(-(logit + low)))).astype(int)


def wide20k():
    rng = np.random.default_rng([7, 0])
    normal, codes, logit = make_wide.block(rng, 20_000)
    return {**make_wide.printed(normal, codes, rng), "y": drawn(rng, logit, 0.08)}


def interactions():
    rng = np.random.default_rng(11)
    n = 8_000
    x = rng.normal(size=(n, 6))
    u = rng.random((n, 3))
    group = rng.integers(0, 6, n)
    kind = rng.integers(0, 5, n)
    logit = 1.2 * x[:, 0] * x[:, 1] + 1.5 * np.sign(x[:, 2]) * (u[:, 0] - 0.5) * 2
    logit += 1.2 * np.where((np.floor(u[:, 1] * 4) + np.floor(u[:, 2] * 4)) % 2 == 0, 1, -1)
    logit += np.where((group + kind) % 3 == 0, 0.9, -0.3) * x[:, 3]
    columns = {f"x{j + 1}": np.round(x[:, j], 4) for j in range(6)}
    columns |= {f"u{j + 1}": np.round(u[:, j], 4) for j in range(3)}
    columns["grp"] = np.array([f"g{g}" for g in group])
    columns["kind"] = np.array([f"k{k}" for k in kind])
    return {**columns, "y": drawn(rng, logit, 0.25)}


def noisy600():
    rng = np.random.default_rng(13)
    n = 600
    x = rng.standard_t(4, size=(n, 17))
    text = rng.integers(0, 6, (n, 3))
    logit = 0.5 * x[:, 0] - 0.4 * x[:, 1] + 0.5 * (text[:, 0] == 2)
    columns = {f"x{j + 1:02d}": np.round(x[:, j], 3) for j in range(17)}
    columns |= {f"t{j + 1}": np.array([f"v{v}" for v in text[:, j]]) for j in range(3)}
    return {**columns, "y": drawn(rng, logit, 0.2)}


def codes(effect):
    rng = np.random.default_rng(17)
    n = 15_000
    branch = np.minimum((rng.random(n) ** 1.5 * 800).astype(int), 799)
    product = rng.integers(0, 60, n)
    branch_names, product_names = rng.permutation(9000)[:800] + 1000, rng.permutation(900)[:60] + 100
    branch_effect, product_effect = rng.normal(0, effect, 800), rng.normal(0, effect, 60)
    x = rng.normal(size=(n, 8))
    logit = branch_effect[branch] + product_effect[product] + 0.8 * x[:, 0] - 0.5 * np.abs(x[:, 1]) + 0.5 * x[:, 2] * (x[:, 3] > 0)
    columns = {"branch_code": branch_names[branch], "product_code": product_names[product]}
    columns |= {f"balance{j + 1}": np.round(np.exp(6 + x[:, j]), 2) for j in range(8)}
    return {**columns, "y": drawn(rng, logit, 0.15)}


def additive():
    rng = np.random.default_rng(19)
    n = 10_000
    x = rng.standard_t(3, size=(n, 12))
    job = rng.integers(0, 9, n)
    logit = 0.5 * np.tanh(x[:, 0]) - 0.6 * np.tanh(x[:, 1] / 2) + 0.3 * np.clip(x[:, 2:6], -2, 2).sum(axis=1)
    logit += rng.normal(0, 0.5, 9)[job] + 0.4 * np.log1p(np.abs(x[:, 6]))
    columns = {f"amount{j + 1:02d}": np.round(100 * x[:, j], 2) for j in range(12)}
    for j in (2, 7):
        columns[f"amount{j + 1:02d}"][rng.random(n) < 0.15] = np.nan
    columns["job"] = np.array([f"job{k}" for k in job])
    return {**columns, "y": drawn(rng, 1.4 * logit, 0.3)}


def rare():
    rng = np.random.default_rng(23)
    n = 40_000
    x = rng.normal(size=(n, 14))
    state = np.minimum((rng.random(n) ** 2 * 30).astype(int), 29)
    logit = 1.0 * x[:, 0] + 0.7 * np.maximum(x[:, 1], 0) ** 1.5 + 0.6 * x[:, 2] * x[:, 3] + rng.normal(0, 0.5, 30)[state]
    columns = {f"f{j + 1:02d}": np.round(np.exp(x[:, j]), 3) for j in range(14)}
    columns["state"] = np.array([f"s{k:02d}" for k in state])
    return {**columns, "y": drawn(rng, logit, 0.015)}


TABLES = {
    "wide20k": wide20k, "interactions": interactions, "noisy600": noisy600,
    "codes_matter": lambda: codes(0.7), "codes_empty": lambda: codes(0.0), "additive": additive, "rare": rare,
}


def text(name):
    """The table with an id, every cell as it is printed; a missing value is an empty cell."""
    columns = TABLES[name]()
    table = pd.DataFrame({"id": [f"{k:07d}" for k in range(1, len(columns["y"]) + 1)], **columns})
    return table.astype(object).where(table.notna(), "").astype(str)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True)
    folder = pathlib.Path(parser.parse_args().out)
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        table = text(name)
        table.to_csv(folder / f"{name}.csv", index=False)
        print(f"{name}: {len(table)} rows, {len(table.columns)} columns, {table['y'].eq('1').mean():.4f} positive")


if __name__ == "__main__":
    main()
