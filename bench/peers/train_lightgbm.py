#!/usr/bin/env python3
"""The pandas + LightGBM script that is held against `reveille train`: read_csv and 5-fold cross-validation of one model.

    python3 train_lightgbm.py wide.csv --id id --outcome y [--final --save model.txt]

100 rounds of 31 leaves, categories native, all threads; out-of-fold AUC and log loss. `--final` fits on all rows too.
"""
import argparse
import json

import lightgbm
import numpy as np
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

import peer

PARAMS = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "max_bin": 255, "verbosity": -1, "seed": 1}
ROUNDS = 100


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv")
    parser.add_argument("--id")
    parser.add_argument("--outcome", required=True)
    parser.add_argument("--folds", type=int, default=5, help="0: none")
    parser.add_argument("--exclude", default="")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
    parser.add_argument("--final", action="store_true")
    parser.add_argument("--save")
    args = parser.parse_args()
    params = {**PARAMS, "num_threads": args.threads}

    total = peer.Clock()
    _, x, y = peer.read(args.csv, args.id, args.outcome, args.exclude.split(","))
    x = x.astype({c: "category" for c in peer.kinds(x)[1]})
    row = {"peer": "lightgbm", "step": "train", "rows": len(y)}
    if args.folds:
        scores = np.empty(len(y))
        for fit, test in StratifiedKFold(args.folds, shuffle=True, random_state=1).split(x, y):
            fitted = lightgbm.train(params, lightgbm.Dataset(x.iloc[fit], y[fit]), ROUNDS)
            scores[test] = fitted.predict(x.iloc[test])
        row |= {"auc": round(float(roc_auc_score(y, scores)), 5), "log_loss": round(float(log_loss(y, scores)), 5)}
    if args.final or args.save:
        fitted = lightgbm.train(params, lightgbm.Dataset(x, y), ROUNDS)
        if args.save:
            fitted.save_model(args.save)
    print(json.dumps({**row, **total.read()}))


if __name__ == "__main__":
    main()
