# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Compare with scikit-learn and LightGBM
# All learn from the same months and are judged on the same later month. Figures come from scikit-learn, for all alike.

# %%
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import lightgbm
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

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


# %% [markdown]
# Active customers with a known outcome; the months up to September train, December tests.

# %%
raw = pd.read_csv(ROOT / "data" / "history.csv", dtype=str, keep_default_na=False)
quiet = pd.to_numeric(raw.days_since_last_txn, errors="coerce")
raw = raw[(quiet <= 90) & (raw.churned_90d != "")].drop(columns="reactivated_90d")
raw[raw.as_of <= "2025-09-30"].to_csv(DESK / "train.csv", index=False)
raw[raw.as_of == "2025-12-31"].to_csv(DESK / "test.csv", index=False)

table = pd.read_csv(DESK / "train.csv", dtype={"customer_id": str})
later = pd.read_csv(DESK / "test.csv", dtype={"customer_id": str})
columns = [name for name in table if name not in ("customer_id", "as_of", "churned_90d")]
y, outcome = table.churned_90d, later.churned_90d

# %%
said = {}
numbers = make_column_selector(dtype_include="number")
words = make_column_selector(dtype_exclude="number")
plain = make_pipeline(
    make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), words),
    ),
    LogisticRegression(max_iter=2000),
)
said["scikit-learn, logistic"] = plain.fit(table[columns], y).predict_proba(later[columns])[:, 1]

as_categories = {name: "category" for name in columns if not pd.api.types.is_numeric_dtype(table[name])}
types = {name: pd.CategoricalDtype(sorted(table[name].dropna().unique())) for name in as_categories}
trees = lightgbm.LGBMClassifier(n_estimators=150, learning_rate=0.05, num_leaves=15, verbose=-1, random_state=1, n_jobs=2)
trees.fit(table[columns].astype(types), y)
said["LightGBM"] = trees.predict_proba(later[columns].astype(types))[:, 1]

# %%
for learner in ("logistic", "tree", "boost"):
    reveille("train", "train.csv", "--as-of", "as_of", "--churn", "churned_90d", "--learner", learner, "--name", learner, "--budget", "fast")
    reveille("predict", "test.csv", "--model", learner, "-o", f"{learner}.csv", "--reasons", "none")
    feed = pd.read_csv(DESK / f"{learner}.csv", dtype={"customer_id": str})
    assert (feed.customer_id == later.customer_id).all()
    said[f"reveille, {learner}"] = feed.churn_probability.to_numpy()

# %%
rows = {
    name: {
        "AUC": roc_auc_score(outcome, p),
        "PR-AUC": average_precision_score(outcome, p),
        "log loss": log_loss(outcome, p),
        "Brier": brier_score_loss(outcome, p),
    }
    for name, p in said.items()
}
pd.DataFrame(rows).T.round(4)

# %% [markdown]
# Reveille's own figures are the same numbers, to the digits that the feed tells.

# %%
own = json.loads(reveille("evaluate", "test.csv", "--model", "logistic", "--json"))["models"]["churn"]
mine = rows["reveille, logistic"]
assert abs(own["auc"]["value"] - mine["AUC"]) < 1e-4
assert abs(own["log_loss"] - mine["log loss"]) < 1e-4
assert abs(own["brier"] - mine["Brier"]) < 1e-5
own["auc"]
