#!/usr/bin/env bash
# Trains, scores and reports again and again, and says how many of the runs gave the bytes of the first.
# Usage: bench/rebuilds.sh [PROCESSES] [PROGRAM]; PROCESSES on each of 1, 2 and 8 threads, 20 if not given.
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "$0")/.." && pwd)
processes=${1:-20}
program=$(realpath "${2:-$root/target/release/reveille}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
rules=(--as-of as_of --churn churned_90d --reactivation reactivated_90d
    --dormant 'days_since_last_txn > 90' --prospect 'days_since_last_txn IS NULL'
    --value 'aum * 0.012 + fees_12m' --learner "${LEARNER:-tree}" --budget fast)
# The bundle, the feed with its manifest, and the report with its figures; one digest each.
rebuild() {
    rm -rf run
    mkdir run
    cd run
    "$program" -q --threads "$1" train "$root/data/history.csv" "${rules[@]}" --report report.html >/dev/null
    "$program" -q --threads "$1" predict "$root/data/current.csv" -o feed.csv >/dev/null
    sha256sum models/*/*/model.bundle feed.csv manifest.json report.html report.json
    cd ..
}
same=0
all=0
for threads in 1 2 8; do
    for ((run = 0; run < processes; run++)); do
        digests=$(rebuild "$threads")
        first=${first:-$digests}
        all=$((all + 1))
        if [ "$digests" = "$first" ]; then
            same=$((same + 1))
        else
            echo "differs on $threads threads:"
            diff <(echo "$first") <(echo "$digests") || true
        fi
    done
done
echo "$same of $all rebuilds are equal to the byte"
[ "$same" = "$all" ]
