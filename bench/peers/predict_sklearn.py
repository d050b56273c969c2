#!/usr/bin/env python3
"""The pandas + scikit-learn script that does the work of `reveille predict`: read_csv, predict_proba, to_csv.

    python3 predict_sklearn.py wide.csv --id id --model model.pkl --out scores.csv [--outcome y]
"""
import argparse
import json
import pickle

import pandas as pd

import peer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv")
    parser.add_argument("--id")
    parser.add_argument("--outcome", help="a column to leave out if the file has it")
    parser.add_argument("--exclude", default="")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--model", required=True, help="what train_sklearn.py saved (a pickle: only your own)")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    total = peer.Clock()
    with open(args.model, "rb") as file:
        model = pickle.load(file)
    exclude = [*args.exclude.split(","), *([args.outcome] if args.outcome else [])]
    ids, x, _ = peer.read(args.csv, args.id, None, exclude, args.delimiter)
    scores = pd.DataFrame({"customer_id": ids.to_numpy(), "churn_probability": model.predict_proba(x)[:, 1]})
    scores.to_csv(args.out, index=False)
    print(json.dumps({"peer": "scikit-learn", "step": "predict", "rows": len(scores), **total.read()}))


if __name__ == "__main__":
    main()
