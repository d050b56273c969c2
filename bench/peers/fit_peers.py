#!/usr/bin/env python3
"""Times one fit of boosted trees, or of one tree, by one program: binning and fitting apart, reading not counted.

    python3 fit_peers.py TRAIN TEST --outcome y --peer lightgbm [--threads 1] [--repeats 3] [--categories native|codes]

The same settings for all: 100 rounds, 31 leaves, 255 bins, learning rate .1, at least 20 rows a leaf. `--peer tree` is
scikit-learn's DecisionTreeClassifier of depth 10 with medians for missing values. `bin` is what the program does before its
first round: Dataset.construct, QuantileDMatrix; scikit-learn bins inside fit. Reveille's side is examples/fit.rs.
"""
import argparse
import json
import os

ROUNDS, LEAVES, BINS, RATE, DEPTH = 100, 31, 255, 0.1, 10


def tables(args):
    """Both tables as numbers; categories as codes of the training rows, NaN where a level is new or missing."""
    import pandas as pd
    parts = [pd.read_csv(p, dtype={"id": str}) for p in (args.train, args.test)]
    y = [p.pop(args.outcome).to_numpy() for p in parts]
    parts = [p.drop(columns=["id"], errors="ignore") for p in parts]
    text = [c for c in parts[0] if not pd.api.types.is_numeric_dtype(parts[0][c])]
    for column in text:
        levels = sorted(parts[0][column].dropna().unique())
        for part in parts:
            codes = pd.Categorical(part[column], categories=levels).codes.astype("float64")
            codes[codes < 0] = float("nan")
            part[column] = codes
    places = [parts[0].columns.get_loc(c) for c in text]
    return [p.to_numpy(dtype="float64") for p in parts], y, places


def lightgbm_fit(x, y, places, threads, native, clock):
    import lightgbm
    params = {"objective": "binary", "num_leaves": LEAVES, "learning_rate": RATE, "max_bin": BINS, "min_data_in_leaf": 20,
              "num_threads": threads, "verbosity": -1, "seed": 1}
    took = clock()
    data = lightgbm.Dataset(x, y, categorical_feature=places if native else [], params=params).construct()
    binned, took = took(), clock()
    fitted = lightgbm.train(params, data, ROUNDS)
    return binned, took(), fitted.predict


def xgboost_fit(x, y, places, threads, native, clock):
    import xgboost
    kinds = ["c" if native and j in places else "q" for j in range(x.shape[1])]
    params = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": LEAVES,
              "max_depth": 0, "eta": RATE, "max_bin": BINS, "nthread": threads, "seed": 1}
    took = clock()
    data = xgboost.QuantileDMatrix(x, y, feature_types=kinds, enable_categorical=native, max_bin=BINS, nthread=threads)
    binned, took = took(), clock()
    fitted = xgboost.train(params, data, ROUNDS)
    return binned, took(), lambda t: fitted.predict(xgboost.DMatrix(t, feature_types=kinds, enable_categorical=native))


def sklearn_fit(x, y, places, threads, native, clock):
    from sklearn.ensemble import HistGradientBoostingClassifier
    model = HistGradientBoostingClassifier(max_iter=ROUNDS, max_leaf_nodes=LEAVES, learning_rate=RATE, max_bins=BINS,
                                           min_samples_leaf=20, early_stopping=False, random_state=1,
                                           categorical_features=places if native else None)
    took = clock()
    model.fit(x, y)
    return None, took(), lambda t: model.predict_proba(t)[:, 1]


def tree_fit(x, y, places, threads, native, clock):
    from sklearn.impute import SimpleImputer
    from sklearn.tree import DecisionTreeClassifier
    medians = SimpleImputer(strategy="median")
    took = clock()
    filled = medians.fit_transform(x)
    binned, took = took(), clock()
    model = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=20, random_state=0).fit(filled, y)
    return binned, took(), lambda t: model.predict_proba(medians.transform(t))[:, 1]


FITS = {"lightgbm": lightgbm_fit, "xgboost": xgboost_fit, "sklearn": sklearn_fit, "tree": tree_fit}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--outcome", required=True)
    parser.add_argument("--peer", choices=sorted(FITS), required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--categories", choices=["native", "codes"], default="native")
    args = parser.parse_args()
    # Before numpy and scikit-learn are loaded: they read it then.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(args.threads)
    import peer
    from sklearn.metrics import log_loss, roc_auc_score

    def clock():
        started = peer.Clock()
        return lambda: {key: value for key, value in started.read(3).items() if key != "peak_mib"}

    (x, x_test), (y, y_test), places = tables(args)
    for _ in range(args.repeats):
        binned, fitted, predict = FITS[args.peer](x, y, places, args.threads, args.categories == "native", clock)
        took = clock()
        p = predict(x_test)
        print(json.dumps({
            "program": args.peer, "categories": args.categories, "threads": args.threads, "rows": len(y), "columns": x.shape[1],
            "bin": binned, "fit": fitted, "score": took(), "auc": round(float(roc_auc_score(y_test, p)), 5),
            "log_loss": round(float(log_loss(y_test, p)), 5)}), flush=True)


if __name__ == "__main__":
    main()
