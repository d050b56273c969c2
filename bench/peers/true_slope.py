#!/usr/bin/env python3
"""Calibration of a feed against the true probabilities of the synthetic bank.

    python3 true_slope.py feed.csv truth.csv

For churn and reactivation: logistic regression of the true probability (a fractional response) on the logit of
the feed's. A perfectly calibrated feed has slope 1 and intercept 0; slope under 1 is overconfident. Also the AUC
that the feed and the truth itself would have in expectation, and the mean absolute error.
"""
import argparse
import json

import numpy as np
import pandas as pd


def logit(p):
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return np.log(p / (1 - p))


def slope(truth, p):
    """Intercept and slope by Newton's method on the fractional log likelihood."""
    x = np.column_stack([np.ones(len(p)), logit(p)])
    b = np.array([0.0, 1.0])
    for _ in range(50):
        mean = 1 / (1 + np.exp(-x @ b))
        step = np.linalg.solve(x.T @ (x * (mean * (1 - mean))[:, None]), x.T @ (truth - mean))
        b += step
        if np.abs(step).max() < 1e-10:
            break
    return b


def expected_auc(truth, score):
    """AUC in expectation over outcomes drawn with the true probabilities; ties count half."""
    table = pd.DataFrame({"yes": truth, "no": 1 - truth}).groupby(score).sum()
    below = table["no"].cumsum() - table["no"]
    return float((table["yes"] * (below + table["no"] / 2)).sum() / (truth.sum() * (1 - truth).sum()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("feed")
    parser.add_argument("truth")
    args = parser.parse_args()
    text = {"customer_id": str, "as_of": str}
    feed = pd.read_csv(args.feed, dtype=text)
    both = feed.merge(pd.read_csv(args.truth, dtype=text), on=["customer_id", "as_of"], validate="1:1",
                      suffixes=("", "_in_truth"))
    if len(both) != len(feed):
        raise SystemExit(f"{len(feed) - len(both)} rows of the feed are not in the truth")
    for name in ["churn", "reactivation"]:
        pair = both[[f"{name}_probability", f"true_{name}_probability"]].dropna()
        if pair.empty:
            continue
        p, truth = pair.iloc[:, 0].to_numpy(), pair.iloc[:, 1].to_numpy()
        intercept, b = slope(truth, p)
        print(json.dumps({
            "model": name, "rows": len(p), "slope": round(float(b), 4), "intercept": round(float(intercept), 4),
            "mean_feed": round(float(p.mean()), 5), "mean_truth": round(float(truth.mean()), 5),
            "mean_absolute_error": round(float(np.abs(p - truth).mean()), 5),
            "auc": round(expected_auc(truth, p), 4), "auc_of_truth": round(expected_auc(truth, truth), 4)}))


if __name__ == "__main__":
    main()
