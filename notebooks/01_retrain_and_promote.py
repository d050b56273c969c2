# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Retrain and promote
# A month passes: the model in use (the champion) meets one that has seen newer months (the challenger). Both are
# judged on the same later customers, and the challenger is put in use unless it is worse beyond chance.

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


def reveille(*args, may_say_no=False):
    """Runs the program in a folder of its own; what it prints."""
    run = subprocess.run([BINARY, "--quiet", *map(str, args)], cwd=DESK, capture_output=True, text=True)
    if run.returncode > (1 if may_say_no else 0):
        raise RuntimeError(run.stderr)
    return run.stdout


RULES = ["--as-of", "as_of", "--churn", "churned_90d", "--value", "aum * 0.012 + fees_12m", "--exclude", "reactivated_90d",
         "--dormant", "days_since_last_txn > 90", "--prospect", "days_since_last_txn IS NULL", "--name", "retail", "--learner", "logistic"]

# %% [markdown]
# The champion has seen the history up to August, the challenger up to September. December is later than what
# either could know: the outcomes of September were complete on 29 December.

# %%
history = pd.read_csv(ROOT / "data" / "history.csv", dtype=str, keep_default_na=False)
for name, months in {"champion": history.as_of <= "2025-08-31", "challenger": history.as_of <= "2025-09-30",
                     "later": history.as_of == "2025-12-31"}.items():
    history[months].to_csv(DESK / f"{name}.csv", index=False)

versions = {}
for name in ("champion", "challenger"):
    run = json.loads(reveille("train", f"{name}.csv", *RULES, "--json"))
    versions[name] = f"retail@{run['saved']['version']}"
versions

# %% [markdown]
# Differences are paired, customer by customer, so that a real one shows on few rows.

# %%
comparison = json.loads(reveille("models", "compare", versions["champion"], versions["challenger"], "--on", "later.csv", "--json"))
print(json.dumps(comparison, indent=1)[:2000])

# %%
print(reveille("models", "promote", versions["challenger"], "--on", "later.csv", may_say_no=True))
print(reveille("models", "history", "retail"))
