# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Watch drift
# Every scoring run compares the columns with those of training: the manifest holds the population stability index
# (PSI) of each. Here one column is shifted on purpose, and it must be the one that is named.

# %%
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pandas as pd

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


RULES = ["--as-of", "as_of", "--churn", "churned_90d", "--exclude", "reactivated_90d", "--learner", "logistic",
         "--dormant", "days_since_last_txn > 90", "--prospect", "days_since_last_txn IS NULL"]
reveille("train", ROOT / "data" / "history.csv", *RULES)


def drift(table):
    """PSI of each column, the farthest first."""
    table.to_csv(DESK / "current.csv", index=False)
    reveille("predict", "current.csv", "-o", "feed.csv", "--reasons", "none")
    manifest = json.loads((DESK / "manifest.json").read_text())
    found = pd.DataFrame(manifest["columns"])
    return found.set_index("name").psi.sort_values(ascending=False)


# %% [markdown]
# The current customers as they are, and with fees three times as high.

# %%
current = pd.read_csv(ROOT / "data" / "current.csv", dtype=str, keep_default_na=False)
before = drift(current)
shifted = current.copy()
shifted["fees_12m"] = (pd.to_numeric(current.fees_12m) * 3).round(2).astype(str)
after = drift(shifted)
moved = (after - before).sort_values(ascending=False)
assert moved.index[0] == "fees_12m", moved.head()
pd.DataFrame({"before": before, "after": after}).loc[moved.index[:8]].round(3)

# %% [markdown]
# Below .1 a column is stable by custom, above .25 it has shifted. `reveille monitor` watches more, and raises an alarm.
