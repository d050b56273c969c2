#!/usr/bin/env python3
"""Says whether two feature tables have the same rows and, in every column that both have, the same values up to rounding.

    python3 features_same.py ours.parquet theirs.parquet
"""
import sys

import polars as pl

KEYS = ["customer_id", "as_of"]


def main():
    ours, theirs = (pl.read_parquet(path).sort(KEYS) for path in sys.argv[1:3])
    if not ours.select(KEYS).equals(theirs.select(KEYS)):
        raise SystemExit(f"other rows: {len(ours)} and {len(theirs)}")
    shared = [name for name in theirs.columns if name in ours.columns and name not in KEYS]
    unknown = [name for name in theirs.columns if name not in ours.columns]
    wrong = []
    for name in shared:
        a, b = ours[name].cast(pl.Float64), theirs[name].cast(pl.Float64)
        apart = (a - b).abs() > 1e-9 * (1 + a.abs())
        count = int(((a.is_null() != b.is_null()) | apart.fill_null(False)).sum())
        if count:
            wrong.append(f"{name}: {count} of {len(a)} rows")
    print(f"{len(ours)} rows, {len(shared)} of {len(ours.columns) - len(KEYS)} columns compared", *wrong, sep="\n")
    if wrong or unknown:
        raise SystemExit(f"not the same; columns that only the second has: {unknown}")


if __name__ == "__main__":
    main()
