#!/usr/bin/env python3
"""The scripts that are held against `reveille predict`: pandas or polars, LightGBM, and a CSV of id and probability.

    python3 predict_lightgbm.py wide.csv --id id --outcome y --model model.txt --out scores.csv --engine pandas [--chunk 500000]

The model is one that train_lightgbm.py saved. With `--chunk` pandas reads and writes so many rows at a time.
"""
import argparse
import json

import lightgbm
import numpy as np
import pandas as pd

import peer


def with_pandas(args, model):
    text = dict(zip(categories(model), model.pandas_categorical))
    kinds = {args.id: str, **{c: pd.CategoricalDtype(levels) for c, levels in text.items()}}
    options = {"dtype": kinds, "na_values": peer.MISSING_TOKENS, "keep_default_na": False}
    options["usecols"] = [args.id, *model.feature_name()]
    parts = pd.read_csv(args.csv, chunksize=args.chunk, **options) if args.chunk else [pd.read_csv(args.csv, **options)]
    rows = 0
    for number, part in enumerate(parts):
        p = model.predict(part[model.feature_name()], num_threads=args.threads)
        scores = pd.DataFrame({"customer_id": part[args.id].to_numpy(), "churn_probability": p})
        scores.to_csv(args.out, index=False, mode="a" if number else "w", header=number == 0)
        rows += len(part)
    return rows


def with_polars(args, model):
    import polars as pl
    text = dict(zip(categories(model), model.pandas_categorical))
    names = model.feature_name()
    table = pl.read_csv(args.csv, columns=[args.id, *names], null_values=peer.MISSING_TOKENS, infer_schema_length=10_000,
                        schema_overrides={args.id: pl.String, **{c: pl.String for c in text},
                                          **{c: pl.Float64 for c in names if c not in text}})
    # As LightGBM holds them: the place of the level, NaN where it is new or missing.
    codes = [pl.col(c).replace_strict({level: float(k) for k, level in enumerate(levels)}, default=None, return_dtype=pl.Float64)
             for c, levels in text.items()]
    x = table.with_columns(codes).select(names).to_numpy()
    p = model.predict(np.ascontiguousarray(x), num_threads=args.threads)
    pl.DataFrame({"customer_id": table[args.id], "churn_probability": p}).write_csv(args.out)
    return len(table)


def categories(model):
    """The columns that were categories, in the order of the table: the model lists their levels."""
    infos = model.dump_model(num_iteration=1)["feature_infos"]
    return [c for c in model.feature_name() if infos.get(c, {}).get("values")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv")
    parser.add_argument("--id", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--engine", choices=["pandas", "polars"], required=True)
    parser.add_argument("--chunk", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
    args = parser.parse_args()
    total = peer.Clock()
    model = lightgbm.Booster(model_file=args.model)
    rows = with_pandas(args, model) if args.engine == "pandas" else with_polars(args, model)
    print(json.dumps({"peer": f"{args.engine} + lightgbm", "step": "predict", "rows": rows, **total.read()}))


if __name__ == "__main__":
    main()
