"""What the scikit-learn scripts share: reading, columns, the two models, the folds, the clock."""
import resource
import sys
import time

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

MISSING_TOKENS = ["", "NA", "NULL", "\\N", "?"]


def read(path, id_column, outcome, exclude=(), delimiter=","):
    """The features and, where the file has it, the outcome as 0/1; ids stay text."""
    table = pd.read_csv(path, dtype={id_column: str} if id_column else None, sep=delimiter,
                        na_values=MISSING_TOKENS, keep_default_na=False, skipinitialspace=True)
    y = None
    if outcome and outcome in table:
        yes = {"1", "1.0", "yes", "y", "true"}
        kept = table[outcome].notna()
        table = table[kept]
        y = table[outcome].astype(str).str.lower().isin(yes).to_numpy().astype(int)
    ids = table[id_column] if id_column else pd.Series(np.arange(1, len(table) + 1), name="row")
    drop = [c for c in [id_column, outcome, *exclude] if c and c in table]
    return ids, table.drop(columns=drop), y


def kinds(x):
    numeric = [c for c in x.columns if pd.api.types.is_numeric_dtype(x[c])]
    return numeric, [c for c in x.columns if c not in numeric]


def with_missing_bin(bins):
    """Quantile bins, one-hot; a missing value has a column of its own."""
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        KBinsDiscretizer(n_bins=bins, encode="onehot", strategy="quantile", quantile_method="averaged_inverted_cdf",
                         subsample=200_000, random_state=0))


def model(learner, x, bins=32, depth=6):
    numeric, text = kinds(x)
    levels = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=64)
    if learner == "logistic":
        # The indicator columns of the imputer are binned too: they come out as two bins, 0 and 1.
        # A number with few distinct values keeps each of them apart; NaN is a level of its own there.
        few = [c for c in numeric if x[c].nunique() <= bins]
        many = [c for c in numeric if c not in few]
        parts = [("few", OneHotEncoder(handle_unknown="ignore"), few), ("many", with_missing_bin(bins), many),
                 ("text", levels, text)]
        return make_pipeline(ColumnTransformer(parts), LogisticRegression(max_iter=300, C=1.0))
    if learner == "plain":
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        return make_pipeline(ColumnTransformer([("numeric", numbers, numeric), ("text", levels, text)]),
                             LogisticRegression(max_iter=1000))
    if learner == "tree":
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
        parts = [("numeric", SimpleImputer(strategy="median", keep_empty_features=True), numeric), ("text", codes, text)]
        return make_pipeline(ColumnTransformer(parts),
                             DecisionTreeClassifier(max_depth=depth, min_samples_leaf=max(20, len(x) // 5000), random_state=0))
    as_categories = FunctionTransformer(lambda t: t.astype({c: "category" for c in text}))
    if learner in ("lightgbm", "lightgbm200x15"):
        import lightgbm
        setting = {"n_estimators": 100, "num_leaves": 31} if learner == "lightgbm" else {
            "n_estimators": 200, "num_leaves": 15, "learning_rate": 0.05}
        return make_pipeline(as_categories, lightgbm.LGBMClassifier(**setting, n_jobs=1, verbose=-1, random_state=0))
    if learner == "xgboost":
        import xgboost
        # The levels of all rows: it refuses one that it has not seen.
        levels = {c: pd.CategoricalDtype(sorted(x[c].dropna().unique())) for c in text}
        return make_pipeline(FunctionTransformer(lambda t: t.astype(levels)), xgboost.XGBClassifier(
            n_estimators=100, tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, learning_rate=0.1,
            enable_categorical=True, n_jobs=1, random_state=0))
    sys.exit(f"no learner named {learner}")


class Clock:
    """Wall seconds, CPU seconds (user + system, children included) and the peak of memory in MiB."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), self._cpu()

    @staticmethod
    def _cpu():
        uses = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in uses)

    def read(self, digits=2):
        return {"wall_s": round(time.perf_counter() - self.wall, digits), "cpu_s": round(self._cpu() - self.cpu, digits),
                "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}
