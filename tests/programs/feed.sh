#!/usr/bin/env bash
# Makes a feed with Chinese words of the bank in data/ for other programs to open: feed.sh PROGRAM FOLDER [predict's options]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$1 folder=$2
shift 2
cd "$folder"
"$program" -q train "$root/data/history.csv" --id customer_id --as-of as_of --churn churned_90d --reactivation reactivated_90d \
    --dormant "days_since_last_txn > 90" --prospect "days_since_last_txn IS NULL" --value "aum * 0.012 + fees_12m" --learner tree >log 2>&1 || { cat log; exit 1; }
"$program" -q predict "$root/data/current.csv" -o feed.csv --lang zh "$@" 2>log || { cat log; exit 1; }
