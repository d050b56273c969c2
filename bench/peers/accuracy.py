#!/usr/bin/env python3
"""5-fold AUC, log loss and ECE of plain logistic, binned logistic, a tree, LightGBM and XGBoost on a CSV.

    python3 accuracy.py Churn_Modelling.csv --id CustomerId --outcome Exited --exclude RowNumber,Surname
    python3 accuracy.py bank-full.csv --delimiter ';' --outcome y --exclude duration
"""
import argparse
import json
import warnings

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

import peer

warnings.filterwarnings("ignore")


def calibration_error(y, p, bins=10):
    """Mean distance of rate and probability over bins of equal size."""
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    return sum(len(i) * abs(y[i].mean() - p[i].mean()) for i in parts) / len(y)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv")
    parser.add_argument("--id")
    parser.add_argument("--outcome", required=True)
    parser.add_argument("--exclude", default="")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--learners", default="plain,logistic,tree,lightgbm,lightgbm200x15,xgboost")
    args = parser.parse_args()
    _, x, y = peer.read(args.csv, args.id, args.outcome, args.exclude.split(","), args.delimiter)
    for learner in args.learners.split(","):
        clock, pooled, each = peer.Clock(), np.empty(len(y)), []
        for fit, test in StratifiedKFold(args.folds, shuffle=True, random_state=1).split(x, y):
            p = peer.model(learner, x).fit(x.iloc[fit], y[fit]).predict_proba(x.iloc[test])[:, 1]
            pooled[test] = p
            each.append(roc_auc_score(y[test], p))
        print(json.dumps({
            "learner": learner, "rows": len(y), "base_rate": round(float(y.mean()), 4),
            "auc": round(float(np.mean(each)), 4), "auc_pooled": round(roc_auc_score(y, pooled), 4),
            "log_loss": round(log_loss(y, pooled), 4), "ece": round(calibration_error(y, pooled), 4), **clock.read()}))


if __name__ == "__main__":
    main()
