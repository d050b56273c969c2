#!/usr/bin/env python3
"""The pandas + scikit-learn script that does the work of `reveille train --learner logistic|tree`.

    python3 train_sklearn.py wide.csv --id id --outcome y --learner logistic [--save model.pkl]

Read the CSV, 5-fold cross-validation (every step is fitted inside the fold), out-of-fold AUC and log loss,
then the final fit on all rows. logistic: at most 32 quantile bins a column with a bin of its own for missing
values, categories one-hot. tree: depth 6, categories as ordinal codes, medians for missing values.
Prints one line of JSON with the time of every stage.
"""
import argparse
import json
import pickle

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

import peer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv")
    parser.add_argument("--id")
    parser.add_argument("--outcome", required=True)
    parser.add_argument("--learner", choices=["logistic", "tree"], required=True)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--bins", type=int, default=32)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--exclude", default="")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--save", help="where to pickle the model, for predict_sklearn.py")
    args = parser.parse_args()

    total, stages = peer.Clock(), {}
    clock = peer.Clock()
    _, x, y = peer.read(args.csv, args.id, args.outcome, args.exclude.split(","), args.delimiter)
    stages["read"] = clock.read()

    clock = peer.Clock()
    scores = np.empty(len(y))
    for fit, test in StratifiedKFold(args.folds, shuffle=True, random_state=1).split(x, y):
        fitted = peer.model(args.learner, x, args.bins, args.depth).fit(x.iloc[fit], y[fit])
        scores[test] = fitted.predict_proba(x.iloc[test])[:, 1]
    stages["folds"] = clock.read()

    clock = peer.Clock()
    final = peer.model(args.learner, x, args.bins, args.depth).fit(x, y)
    stages["final_fit"] = clock.read()
    if args.save:
        with open(args.save, "wb") as file:
            pickle.dump(final, file)
    print(json.dumps({
        "peer": "scikit-learn", "learner": args.learner, "rows": len(y), "base_rate": round(float(y.mean()), 5),
        "auc": round(roc_auc_score(y, scores), 5), "log_loss": round(log_loss(y, scores), 5),
        **total.read(), "stages": stages}))


if __name__ == "__main__":
    main()
