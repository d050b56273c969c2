#!/usr/bin/env bash
# Runs Reveille and the pandas + scikit-learn scripts in turn on the same file and prints the table.
#
#   bench/peers/run.sh FOLDER [REPEATS]
#
# FOLDER is outside the repository and holds wide.csv; it is made there if it is missing (about 160 MB).
# REVEILLE names the program (default: target/release/reveille of this checkout).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
reveille=${REVEILLE:-$here/../../target/release/reveille}
folder=${1:?usage: run.sh FOLDER [REPEATS]}
repeats=${2:-3}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
wide=$folder/wide.csv
[ -x "$reveille" ] || { echo "no program at $reveille: cargo build --release" >&2; exit 2; }
[ -f "$wide" ] || python3 "$here/make_wide.py" --out "$wide"
results=$folder/results.jsonl
: >"$results"

measure() { python3 "$here/measure.py" "$@" | tee -a "$results"; }

for _ in $(seq "$repeats"); do
    for learner in logistic tree; do
        measure "reveille train $learner" -- "$reveille" train "$wide" --name "bench-$learner" \
            --models "$folder/models" --id id --churn y --learner "$learner"
        measure "scikit-learn train $learner" -- python3 "$here/train_sklearn.py" "$wide" --id id --outcome y \
            --learner "$learner" --save "$folder/$learner.pkl"
        measure "reveille predict $learner" -- "$reveille" predict "$wide" --model "bench-$learner" \
            --models "$folder/models" -o "$folder/feed.csv"
        measure "scikit-learn predict $learner" -- python3 "$here/predict_sklearn.py" "$wide" --id id --outcome y \
            --model "$folder/$learner.pkl" --out "$folder/scores.csv"
    done
done

python3 - "$results" <<'END'
import json, statistics, sys
runs = {}
for line in open(sys.argv[1]):
    row = json.loads(line)
    runs.setdefault(row["run"], []).append(row)
middle = {name: {k: statistics.median(r[k] for r in rows) for k in ("wall_s", "cpu_s", "peak_mib")}
          for name, rows in runs.items()}
print("\n| step | Reveille wall s | CPU s | MiB | scikit-learn wall s | CPU s | MiB | wall | CPU |\n|---|" + "---:|" * 8)
for name, own in middle.items():
    program, _, step = name.partition(" ")
    if program != "reveille":
        continue
    peer = middle[f"scikit-learn {step}"]
    print(f"| {step} | {own['wall_s']:.2f} | {own['cpu_s']:.2f} | {own['peak_mib']:.0f} | {peer['wall_s']:.2f} | "
          f"{peer['cpu_s']:.2f} | {peer['peak_mib']:.0f} | {peer['wall_s'] / own['wall_s']:.1f}x | "
          f"{peer['cpu_s'] / own['cpu_s']:.1f}x |")
END
