# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Read the feed and the report
# The feed, the manifest and the report's figures are plain files: pandas and polars read them as they are.

# %%
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pandas as pd
import polars as pl

ROOT = pathlib.Path.cwd() if (pathlib.Path.cwd() / "data").exists() else pathlib.Path.cwd().parent
BUILT = [ROOT / "target" / kind / "reveille" for kind in ("release", "debug")]
BINARY = os.environ.get("REVEILLE") or shutil.which("reveille") or next(str(p) for p in BUILT if p.exists())
DESK = pathlib.Path(tempfile.mkdtemp())


def reveille(*args):
    """Runs the program in a folder of its own; what it prints."""
    run = subprocess.run([BINARY, "--quiet", *map(str, args)], cwd=DESK, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr)
    return run.stdout


RULES = ["--as-of", "as_of", "--churn", "churned_90d", "--reactivation", "reactivated_90d", "--value", "aum * 0.012 + fees_12m",
         "--dormant", "days_since_last_txn > 90", "--prospect", "days_since_last_txn IS NULL", "--learner", "logistic"]
reveille("train", ROOT / "data" / "history.csv", *RULES, "--report", "report.html")
reveille("predict", ROOT / "data" / "current.csv", "-o", "feed.csv")
reveille("predict", ROOT / "data" / "current.csv", "-o", "feed.parquet")

# %% [markdown]
# ## The feed
# Ids keep their leading zeros only where they are read as text.

# %%
feed = pd.read_csv(DESK / "feed.csv", dtype={"customer_id": str})
feed.groupby(["state", "quadrant"], observed=True)[["value", "value_at_risk"]].agg(["count", "sum"]).round(0)

# %%
(
    pl.read_parquet(DESK / "feed.parquet")
    .filter(pl.col("quadrant") == "rescue")
    .sort("value_at_risk", descending=True)
    .select("customer_id", "churn_probability", "value_at_risk", "reason_1")
    .head(10)
)

# %% [markdown]
# ## The report's figures
# Every figure of the page is in `report.json`, with its 95 % interval.

# %%
report = json.loads((DESK / "report.json").read_text())
print(json.dumps(report["verdict"], indent=1))

# %%
churn = report["evidence"]["churn"]
curve = pd.DataFrame(churn["figures"]["curve"])
curve[["depth", "lift", "capture", "value_capture", "profit"]].iloc[[0, 4, 9, 24, 49]]

# %%
drivers = pd.DataFrame(churn["drivers"])[["column", "share", "mean_contribution"]]
drivers.head(10)

# %% [markdown]
# ## Against the truth
# The bank is synthetic, so the true risk of every customer is known.

# %%
truth = pd.read_csv(ROOT / "data" / "truth.csv", dtype={"customer_id": str})
both = feed.merge(truth, on=["customer_id", "as_of"], suffixes=("", "_in_truth"))
active = both.dropna(subset="churn_probability").copy()
active["tenth"] = pd.qcut(active.churn_probability, 10, duplicates="drop")
told = active.groupby("tenth", observed=True)[["churn_probability", "true_churn_probability"]].mean()
assert told.corr(method="spearman").iloc[0, 1] > 0.8
told.round(3)
