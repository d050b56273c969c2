#!/usr/bin/env python3
"""Rows a second of exact TreeSHAP by LightGBM and XGBoost, 100 rounds of 31 leaves, one thread.

    python3 shap_peers.py TRAIN TEST --outcome y [--rows 5000]

Reveille's side is `explain` in what examples/fit.rs prints, which picks the strongest reasons too.
"""
import argparse
import json

import lightgbm
import xgboost

import fit_peers
import peer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--outcome", required=True)
    parser.add_argument("--rows", type=int, default=5000)
    args = parser.parse_args()
    (x, x_test), (y, _), places = fit_peers.tables(args)
    some = x_test[:args.rows]

    def clock():
        started = peer.Clock()
        return lambda: started.read(3)

    def say(program, took):
        print(json.dumps({"program": program, "step": "shap", "rows": len(some), **took,
                          "rows_a_second": round(len(some) / took["cpu_s"])}), flush=True)

    _, _, predict = fit_peers.lightgbm_fit(x, y, places, 1, True, clock)
    took = clock()
    predict(some, pred_contrib=True, num_threads=1)
    say("lightgbm", took())

    kinds = ["c" if j in places else "q" for j in range(x.shape[1])]
    params = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": fit_peers.LEAVES,
              "max_depth": 0, "eta": fit_peers.RATE, "max_bin": fit_peers.BINS, "nthread": 1, "seed": 1}
    data = xgboost.QuantileDMatrix(x, y, feature_types=kinds, enable_categorical=True, nthread=1)
    fitted = xgboost.train(params, data, fit_peers.ROUNDS)
    data = xgboost.DMatrix(some, feature_types=kinds, enable_categorical=True, nthread=1)
    took = clock()
    fitted.predict(data, pred_contribs=True)
    say("xgboost", took())


if __name__ == "__main__":
    main()
