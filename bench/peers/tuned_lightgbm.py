#!/usr/bin/env python3
"""LightGBM tuned by random search on seeded 70/30 cuts: the accuracy that `reveille train` without options is held to.

    python3 tuned_lightgbm.py --data DATA --cuts /tmp/bench/cuts --out /tmp/bench/tuned.json [--only telco] [--seeds 1,2,3]

Per cut: 20 random draws of the parameters, each measured by 4-fold cross-validation on the 70 % with early stopping on
log loss; the best draw is fitted on the whole 70 % with the mean of its best rounds and tested on the 30 %. Two fixed
settings stand beside it. Scores of the test rows go to CUTS/<table>-<seed>-lightgbm.csv, for paired differences.
"""
import argparse
import json
import pathlib

import lightgbm
import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

import cuts
import peer

FIXED = {"100x31": ({"num_leaves": 31, "learning_rate": 0.1}, 100), "200x15": ({"num_leaves": 15, "learning_rate": 0.05}, 200)}


def draw(rng):
    """One draw of the search space; uniform in the logarithm where a scale is drawn."""
    def scale(low, high):
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return {
        "learning_rate": scale(0.015, 0.2), "num_leaves": round(scale(4, 128)),
        "max_depth": int(rng.choice([-1, -1, 3, 4, 6, 8])), "min_child_samples": round(scale(5, 200)),
        "feature_fraction": float(rng.uniform(0.4, 1.0)), "bagging_fraction": float(rng.uniform(0.5, 1.0)),
        "bagging_freq": 1, "lambda_l2": scale(1e-3, 30), "lambda_l1": scale(1e-3, 3),
        "cat_smooth": scale(1, 100), "cat_l2": scale(1, 50), "max_cat_threshold": round(scale(8, 128)),
    }


def common(seed, threads):
    return {"objective": "binary", "metric": "binary_logloss", "verbosity": -1, "seed": seed, "num_threads": threads,
            "deterministic": True, "force_row_wise": True, "feature_pre_filter": False}


def search(x, y, seed, draws, threads):
    """The best draw, its mean best round and its log loss over the folds."""
    fixed = common(seed, threads)
    # The data sets are binned once and serve every draw.
    folds = []
    for fit, test in StratifiedKFold(4, shuffle=True, random_state=seed).split(x, y):
        train = lightgbm.Dataset(x.iloc[fit], y[fit], params=fixed, free_raw_data=False)
        folds.append((train, lightgbm.Dataset(x.iloc[test], y[test], reference=train, params=fixed, free_raw_data=False)))
    rng, best = np.random.default_rng([seed, 4]), None
    for _ in range(draws):
        params, losses, rounds = draw(rng), [], []
        for train, test in folds:
            fitted = lightgbm.train({**fixed, **params}, train, 3000, [test], callbacks=[lightgbm.early_stopping(50, verbose=False)])
            losses.append(fitted.best_score["valid_0"]["binary_logloss"])
            rounds.append(fitted.best_iteration)
        if best is None or np.mean(losses) < best[2]:
            best = (params, max(1, round(np.mean(rounds))), float(np.mean(losses)))
    return best


def measure(table, args, seed):
    clock = peer.Clock()
    train, test = cuts.cut(table, args.data, args.cuts, seed)
    x, y, x_test, y_test = cuts.features(table, train, test)
    params, rounds, cv = search(x, y, seed, args.draws, args.threads)
    row = {"table": table.name, "seed": seed, "train": len(y), "test": len(y_test), "base_rate": round(float(y.mean()), 4),
           "columns": x.shape[1], "cv_log_loss": round(cv, 5), "rounds": rounds, "params": params}
    scores = {"outcome": y_test}
    for name, (setting, count) in {"tuned": (params, rounds), **FIXED}.items():
        fitted = lightgbm.train({**common(seed, args.threads), **setting}, lightgbm.Dataset(x, y), count)
        scores[name] = fitted.predict(x_test)
        row[name] = {"auc": round(roc_auc_score(y_test, scores[name]), 5), "log_loss": round(log_loss(y_test, scores[name]), 5)}
    pd.DataFrame(scores).to_csv(pathlib.Path(args.cuts) / f"{table.name}-{seed}-lightgbm.csv", index=False)
    return {**row, **clock.read()}


def markdown(rows):
    lines = ["| table | seed | train | test | tuned AUC | log loss | rounds | 100x31 AUC | log loss | 200x15 AUC | log loss | CPU s |",
             "|---|" + "---:|" * 11]
    for r in rows:
        figures = " | ".join(f"{r[k]['auc']:.4f} | {r[k]['log_loss']:.4f}" + (f" | {r['rounds']}" if k == "tuned" else "")
                             for k in ("tuned", *FIXED))
        lines.append(f"| {r['table']} | {r['seed']} | {r['train']} | {r['test']} | {figures} | {r['cpu_s']:.0f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of the public data sets")
    parser.add_argument("--cuts", required=True, help="folder for the cuts, outside the repository")
    parser.add_argument("--out", required=True, help="results as JSON; a table in Markdown is written beside it")
    parser.add_argument("--only", default="", help="names of tables, comma separated")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    out = pathlib.Path(args.out)
    rows = json.loads(out.read_text()) if out.exists() else []
    for seed in map(int, args.seeds.split(",")):
        for table in cuts.chosen([n for n in args.only.split(",") if n]):
            if any((r["table"], r["seed"]) == (table.name, seed) for r in rows):
                continue
            rows.append(measure(table, args, seed))
            out.write_text(json.dumps(rows, indent=1))
            out.with_suffix(".md").write_text(markdown(rows))
            print(json.dumps({k: rows[-1][k] for k in ("table", "seed", "tuned", "100x31", "cpu_s")}), flush=True)


if __name__ == "__main__":
    main()
