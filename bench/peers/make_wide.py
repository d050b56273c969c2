#!/usr/bin/env python3
"""Makes the wide benchmark table: 30 features (22 numeric, 8 categorical), missing values, 8 % positive.

    python3 make_wide.py --out /tmp/bench/wide.csv                  # 1,000,000 rows, about 157 MB
    python3 make_wide.py --rows 100000 --out /tmp/bench/small.csv

Columns: `id` (text with leading zeros), `n01`..`n22`, `c01`..`c08`, and the outcome `y` (0/1). The true
probability of every row goes to `<out>.truth.csv` if --truth is given. The same seed gives the same file.
"""
import argparse
import time

import numpy as np
import pandas as pd

NUMERIC, LEVELS = 22, [3, 4, 5, 8, 12, 20, 40, 150]


def block(rng, rows):
    """One block of raw features and the logit of the outcome without its constant."""
    normal = rng.standard_normal((rows, NUMERIC))
    shared = rng.standard_normal(rows)
    normal[:, :8] = 0.8 * normal[:, :8] + 0.6 * shared[:, None]
    codes = [np.minimum((rng.random(rows) ** 1.6 * n).astype(np.int64), n - 1) for n in LEVELS]

    logit = 0.9 * normal[:, 0] - 0.7 * normal[:, 1] + 0.5 * np.abs(normal[:, 2])
    logit += np.where(normal[:, 3] > 0.8, 1.3, 0.0) + np.where(normal[:, 4] < -1.0, 0.9, 0.0)
    logit += 0.8 * (normal[:, 5] > 0) * (normal[:, 6] > 0) - 0.5 * normal[:, 7] * normal[:, 8]
    logit += 0.4 * np.sin(2 * normal[:, 9]) + 0.25 * normal[:, 10:14].sum(axis=1)
    effects = np.random.default_rng(99)  # the same bank in every block
    for n, code in zip(LEVELS, codes):
        logit += effects.normal(0, 0.45, n)[code]
    logit += 0.9 * ((codes[0] == 1) & (normal[:, 14] > 0))
    return normal, codes, 1.35 * logit


def printed(normal, codes, rng):
    """The features as a bank would hold them: skewed, rounded, partly missing."""
    columns = {}
    for j in range(NUMERIC):
        x = normal[:, j]
        if j % 4 == 0:
            values = np.round(np.exp(1.1 * x + 6.0), 1)
        elif j % 4 == 1:
            values = np.round(x * 10 + 50, 2)
        elif j % 4 == 2:
            values = np.floor(np.exp(0.8 * x + 1.5))
        else:
            values = np.round(x, 3)
        if j % 3 == 2:
            values[rng.random(len(values)) < 0.04 + 0.012 * j] = np.nan
        # Whole numbers are printed without ".0", missing ones as an empty cell.
        columns[f"n{j + 1:02d}"] = pd.array(values, dtype="Int64") if j % 4 == 2 else values
    for j, (n, code) in enumerate(zip(LEVELS, codes)):
        names = np.array([f"{'abcdefgh'[j]}{k:02d}" for k in range(n)], dtype=object)
        values = names[code]
        if j in (2, 5):
            values[rng.random(len(values)) < 0.05] = None
        columns[f"c{j + 1:02d}"] = values
    return columns


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    parser.add_argument("--truth", action="store_true", help="also write OUT.truth.csv")
    parser.add_argument("--no-outcome", action="store_true", help="leave the column y out, for scoring")
    args = parser.parse_args()

    _, _, logit = block(np.random.default_rng(12345), 400_000)
    low, high = -20.0, 20.0
    for _ in range(60):  # the constant that makes 8 % of the outcomes positive
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-(logit + middle)))).mean() < 0.08 else (low, middle)

    started, size = time.time(), 100_000
    for number, start in enumerate(range(0, args.rows, size)):
        rows = min(size, args.rows - start)
        rng = np.random.default_rng([args.seed, number])
        normal, codes, logit = block(rng, rows)
        truth = 1 / (1 + np.exp(-(logit + low)))
        ids = [f"{k:010d}" for k in range(start + 1, start + rows + 1)]
        columns = {"id": ids, **printed(normal, codes, rng)}
        outcome = (rng.random(rows) < truth).astype(np.int64)
        if not args.no_outcome:
            columns["y"] = outcome
        mode, header = ("w", True) if start == 0 else ("a", False)
        pd.DataFrame(columns).to_csv(args.out, index=False, mode=mode, header=header)
        if args.truth:
            table = pd.DataFrame({"id": ids, "truth": truth})
            table.to_csv(args.out + ".truth.csv", index=False, mode=mode, header=header)
    print(f"{args.rows} rows in {time.time() - started:.1f} s: {args.out}")


if __name__ == "__main__":
    main()
