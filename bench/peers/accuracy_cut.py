#!/usr/bin/env python3
"""`reveille train` without options on the cuts of tuned_lightgbm.py, tested on their other rows, beside the tuned LightGBM.

    python3 accuracy_cut.py --data DATA --cuts /tmp/bench/cuts --tuned /tmp/bench/tuned.json --out /tmp/bench/cut.json

Only `--churn` is given, and `--exclude` for what is known only afterwards. AUC and log loss are those of `reveille evaluate`; the
differences are paired on the rows that `reveille predict` scores: AUC by DeLong, DeLong & Clarke-Pearson (1988), log loss by
the standard error of the mean difference.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd
from scipy.stats import rankdata

import cuts
import peer

HERE = pathlib.Path(__file__).resolve().parent


def placements(y, score):
    """Of every positive the share of negatives below it, of every negative the share of positives above; ties half."""
    yes, no = score[y == 1], score[y == 0]
    ranks = rankdata(score)
    above = (ranks[y == 1] - rankdata(yes)) / len(no)
    below = 1 - (ranks[y == 0] - rankdata(no)) / len(yes)
    return above, below


def auc_difference(y, a, b):
    """AUC of `a` less that of `b`, with its standard error."""
    (yes_a, no_a), (yes_b, no_b) = placements(y, a), placements(y, b)
    yes, no = yes_a - yes_b, no_a - no_b
    return float(yes.mean()), float(np.sqrt(yes.var(ddof=1) / len(yes) + no.var(ddof=1) / len(no)))


def loss(y, p):
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return -np.where(y == 1, np.log(p), np.log1p(-p))


def loss_difference(y, a, b):
    """Log loss of `a` less that of `b`, with its standard error."""
    each = loss(y, a) - loss(y, b)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))


def reveille(args, table, seed, train, test, work):
    """What the program says of itself: the learner it kept, AUC, log loss, and the scores of the test rows."""
    def run(*command):
        # Not in this folder: a reveille.toml there would be read.
        done = subprocess.run([args.reveille, *map(str, command)], cwd=work, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
        return done.stdout
    clock = peer.Clock()
    options = ["--exclude", ",".join(table.exclude)] if table.exclude else []
    options += args.options.split()
    trained = json.loads(run("train", train, "--churn", table.churn or table.outcome, "--models", "models", "--json", *options))
    cost = clock.read()
    measured = json.loads(run("evaluate", test, "--models", "models", "--json"))["models"]["churn"]
    run("predict", test, "--models", "models", "-o", "feed.csv", "-q")
    scores = pd.read_csv(pathlib.Path(work) / "feed.csv", dtype={"customer_id": str})["churn_probability"].to_numpy()
    model = trained["models"]["churn"]
    held = {name: round(rounds[0]["metrics"]["log_loss"], 5) for name, rounds in model["learners"].items() if rounds}
    return {"kept": model["chosen"], "held_out_log_loss": held, "auc": round(measured["auc"]["value"], 5),
            "log_loss": round(measured["log_loss"], 5), "train_wall_s": cost["wall_s"], "train_cpu_s": cost["cpu_s"]}, scores


def measure(args, table, seed, tuned):
    train, test = cuts.cut(table, args.data, args.cuts, seed)
    with tempfile.TemporaryDirectory() as work:
        own, scores = reveille(args, table, seed, train.resolve(), test.resolve(), work)
    peers = pd.read_csv(pathlib.Path(args.cuts) / f"{table.name}-{seed}-lightgbm.csv")
    y, rival = peers["outcome"].to_numpy(), peers["tuned"].to_numpy()
    if len(scores) != len(y):
        raise SystemExit(f"{table.name}: {len(scores)} scores for {len(y)} rows")
    (auc, auc_se), (ll, ll_se) = auc_difference(y, scores, rival), loss_difference(y, scores, rival)
    return {"table": table.name, "seed": seed, **own, "tuned": tuned["tuned"], "auc_diff": round(auc, 5), "auc_se": round(auc_se, 5),
            "log_loss_diff": round(ll, 5), "log_loss_se": round(ll_se, 5)}


def markdown(rows):
    lines = ["| table | seed | kept | Reveille AUC | tuned AUC | difference | ± SE | log loss | tuned | difference | ± SE | train CPU s |",
             "|---|---:|---|" + "---:|" * 9]
    for r in rows:
        lines.append(f"| {r['table']} | {r['seed']} | {r['kept']} | {r['auc']:.4f} | {r['tuned']['auc']:.4f} | {r['auc_diff']:+.4f} | "
                     f"{r['auc_se']:.4f} | {r['log_loss']:.4f} | {r['tuned']['log_loss']:.4f} | {r['log_loss_diff']:+.4f} | "
                     f"{r['log_loss_se']:.4f} | {r['train_cpu_s']:.1f} |")
    lines += ["", "| table | cuts | AUC | tuned | difference | log loss | tuned | difference |", "|---|" + "---:|" * 7]
    for name in dict.fromkeys(r["table"] for r in rows):
        of = [r for r in rows if r["table"] == name]
        a, ta, l, tl = (np.mean(v) for v in ([r["auc"] for r in of], [r["tuned"]["auc"] for r in of],
                                             [r["log_loss"] for r in of], [r["tuned"]["log_loss"] for r in of]))
        lines.append(f"| {name} | {len(of)} | {a:.4f} | {ta:.4f} | {a - ta:+.4f} | {l:.4f} | {tl:.4f} | {l - tl:+.4f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of the public data sets")
    parser.add_argument("--cuts", required=True, help="folder of the cuts, outside the repository")
    parser.add_argument("--tuned", required=True, help="what tuned_lightgbm.py wrote")
    parser.add_argument("--out", required=True, help="results as JSON; a table in Markdown is written beside it")
    parser.add_argument("--only", default="", help="names of tables, comma separated")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--options", default="", help="further options of `train`, to try something")
    parser.add_argument("--reveille", default=os.environ.get("REVEILLE", str(HERE / "../../target/release/reveille")))
    args = parser.parse_args()
    args.reveille = str(pathlib.Path(args.reveille).resolve())
    tuned = {(r["table"], r["seed"]): r for r in json.loads(pathlib.Path(args.tuned).read_text())}
    rows, out = [], pathlib.Path(args.out)
    for seed in map(int, args.seeds.split(",")):
        for table in cuts.chosen([n for n in args.only.split(",") if n]):
            if (table.name, seed) not in tuned:
                print(f"{table.name}, seed {seed}: no tuned LightGBM yet")
                continue
            rows.append(measure(args, table, seed, tuned[table.name, seed]))
            out.write_text(json.dumps(rows, indent=1))
            out.with_suffix(".md").write_text(markdown(rows))
            print(json.dumps(rows[-1]), flush=True)
    print(markdown(rows))


if __name__ == "__main__":
    main()
