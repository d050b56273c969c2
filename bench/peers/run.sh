#!/usr/bin/env bash
# Runs Reveille and the peers in turn on the same files and prints the tables of docs/benchmarks.md.
#
#   bench/peers/run.sh FOLDER [REPEATS [STEP…]]
#
# Steps (all but predict10m and features if none is named):
#   scorecard   train and predict with the scorecard and the tree, against pandas + scikit-learn
#   fit100k     binning and fitting alone, 100,000 rows: LightGBM, XGBoost, scikit-learn; a tree of depth 10
#   fit1m       the same, 1,000,000 rows
#   train       train end to end, 1,000,000 rows, against pandas + 5-fold LightGBM
#   predict1m   a 100-tree ensemble, CSV to CSV, against pandas and polars + LightGBM
#   predict10m  the same, 10,000,000 rows
#   shap        reasons by exact TreeSHAP
#   features    columns from raw history: 20 million transactions, 200,000 customers, 24 snapshots, against Polars and DuckDB
#
# FOLDER is outside the repository; the tables are made there if they are missing (160 MB; 1.6 GB for predict10m, .2 GB for
# features), and results.jsonl is added to. REVEILLE names the program (default: target/release/reveille of this checkout).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
reveille=${REVEILLE:-$root/target/release/reveille}
fit=${REVEILLE_FIT:-$root/target/release/examples/fit}
folder=${1:?usage: run.sh FOLDER [REPEATS [STEP…]]}
repeats=${2:-3}
shift; shift || true
steps=${*:-scorecard fit100k fit1m train predict1m shap}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
results=$folder/results.jsonl
models=$folder/models
# The boosted ensemble that is compared: 100 trees of 31 leaves, in LightGBM and here.
ensemble="--learner boost --set learners.boost.tuning=as_given"
[ -x "$reveille" ] || { echo "no program at $reveille: cargo build --release" >&2; exit 2; }

table() { # NAME ROWS SEED
    [ -f "$folder/$1" ] && return
    python3 "$here/make_wide.py" --rows "$2" --seed "$3" --out "$folder/$1.part"
    mv "$folder/$1.part" "$folder/$1"
}

measure() { python3 "$here/measure.py" "$@" | tee -a "$results"; }

scorecard() {
    for learner in logistic tree; do
        measure "train $learner: reveille" -- "$reveille" train "$folder/wide.csv" --name "bench-$learner" \
            --models "$models" --id id --churn y --learner "$learner"
        measure "train $learner: scikit-learn" -- python3 "$here/train_sklearn.py" "$folder/wide.csv" --id id --outcome y \
            --learner "$learner" --save "$folder/$learner.pkl"
        measure "predict $learner: reveille" -- "$reveille" predict "$folder/wide.csv" --model "bench-$learner" \
            --models "$models" -o "$folder/feed.csv"
        measure "predict $learner: scikit-learn" -- python3 "$here/predict_sklearn.py" "$folder/wide.csv" --id id --outcome y \
            --model "$folder/$learner.pkl" --out "$folder/scores.csv"
    done
}

fits() { # TABLE
    [ -x "$fit" ] || { echo "no program at $fit: cargo build --release --example fit" >&2; exit 2; }
    local peer=(python3 "$here/fit_peers.py" "$folder/$1" "$folder/wide_test.csv" --outcome y)
    for threads in 1 2; do
        "$fit" "$folder/$1" "$folder/wide_test.csv" y boost threads=$threads
        for categories in native codes; do
            "${peer[@]}" --peer lightgbm --threads $threads --categories $categories
        done
    done | tee -a "$results"
    {
        "${peer[@]}" --peer xgboost
        "${peer[@]}" --peer sklearn
        # As it is used, pruned and smoothed by cross-validation; and grown alone, as scikit-learn does.
        "$fit" "$folder/$1" "$folder/wide_test.csv" y tree max_depth=10
        "$fit" "$folder/$1" "$folder/wide_test.csv" y tree max_depth=10 max_leaves=1024 prune_folds=0
        "${peer[@]}" --peer tree
    } | tee -a "$results"
}

train() {
    measure "train: reveille auto" -- "$reveille" train "$folder/wide.csv" --name bench-auto --models "$models" --churn y
    measure "train: pandas + lightgbm, 5 folds" -- python3 "$here/train_lightgbm.py" "$folder/wide.csv" --id id --outcome y
}

ensembles() {
    [ -d "$models/bench-boost" ] || "$reveille" train "$folder/wide100k.csv" --name bench-boost --models "$models" \
        --id id --churn y $ensemble -q
    [ -f "$folder/lightgbm.txt" ] || python3 "$here/train_lightgbm.py" "$folder/wide100k.csv" --id id --outcome y --folds 0 \
        --save "$folder/lightgbm.txt"
}

predict() { # TABLE STEP
    ensembles
    local peer=(python3 "$here/predict_lightgbm.py" "$folder/$1" --id id --model "$folder/lightgbm.txt" --out "$folder/scores.csv")
    measure "$2: reveille" -- "$reveille" predict "$folder/$1" --model bench-boost --models "$models" -o "$folder/feed.csv"
    measure "$2: polars + lightgbm" -- "${peer[@]}" --engine polars
    measure "$2: pandas + lightgbm" -- "${peer[@]}" --engine pandas
    measure "$2: pandas + lightgbm, in chunks" -- "${peer[@]}" --engine pandas --chunk 500000
    rm -f "$folder/scores.csv" "$folder/feed.csv"
}

features() {
    local raw=$folder/raw20m months=(--from 2024-01-31 --to 2025-12-31)
    [ -d "$raw" ] || python3 "$here/make_history.py" --out "$raw" --transactions 20000000 --customers 200000
    measure "features: reveille" -- "$reveille" features --history "$raw" --every month "${months[@]}" -q \
        -o "$folder/features.parquet"
    measure "features: polars" -- python3 "$here/features_polars.py" "$raw" "${months[@]}" --out "$folder/features_peer.parquet"
    python3 "$here/features_same.py" "$folder/features.parquet" "$folder/features_peer.parquet"
    measure "features: duckdb" -- python3 "$here/features_duckdb.py" "$raw" "${months[@]}" --out "$folder/features_peer.parquet"
    python3 "$here/features_same.py" "$folder/features.parquet" "$folder/features_peer.parquet"
    rm -f "$folder"/features*.parquet
}

table wide.csv 1000000 1
table wide100k.csv 100000 1
table wide_test.csv 200000 2
for _ in $(seq "$repeats"); do
    for step in $steps; do
        case $step in
            scorecard) scorecard ;;
            fit100k) fits wide100k.csv ;;
            fit1m) fits wide.csv ;;
            train) train ;;
            predict1m) predict wide.csv predict1m ;;
            predict10m) table wide10.csv 10000000 1; predict wide10.csv predict10m ;;
            shap) python3 "$here/shap_peers.py" "$folder/wide100k.csv" "$folder/wide_test.csv" --outcome y | tee -a "$results" ;;
            features) features ;;
            *) echo "no step named $step" >&2; exit 2 ;;
        esac
    done
done
python3 "$here/table.py" "$results"
