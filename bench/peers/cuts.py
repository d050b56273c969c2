"""The tables that accuracy is measured on, and their seeded 70/30 cuts.

A cut is two CSV files with the original columns and cells, stratified by outcome, so that every program trains and is
tested on the very same rows. `row` is written as the first column where the table has no id: it joins scores to rows.
"""
import dataclasses
import pathlib

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import make_small


@dataclasses.dataclass(frozen=True)
class Table:
    """What the data are, and what a person would say about them on the command line."""
    name: str
    file: str
    outcome: str
    id: str = ""
    # The expression for `--churn`; the outcome column if empty.
    churn: str = ""
    delimiter: str = ","
    # Known only afterwards: both sides leave them out.
    exclude: tuple = ()
    # The peer leaves these out by hand; Reveille has to see it.
    useless: tuple = ()
    missing: tuple = ("", "NA", "NULL", "\\N", "?")


REAL = [
    Table("churn_modelling", "churn_modelling/Churn_Modelling.csv", "Exited", "CustomerId",
          useless=("RowNumber", "Surname")),
    Table("customer_churn_records", "customer_churn_records/Customer-Churn-Records.csv", "Exited", "Customer_Id",
          useless=("Row_Number", "Surname", "Complain")),
    Table("telco", "telco/WA_Fn-UseC_-Telco-Customer-Churn.csv", "Churn", "customerID"),
    Table("bank_full", "uci_bank_marketing/bank-full.csv", "y", delimiter=";", exclude=("duration",)),
    Table("av_bank_churn", "av_bank_churn/churn_prediction.csv", "churn", "customer_id"),
    Table("cn_telecom", "cn_header_telecom/电信客户流失数据.csv", "流失"),
]
MADE = [Table(name, f"{name}.csv", "y", "id") for name in make_small.TABLES]


def chosen(names):
    """The tables named, all of them if none is."""
    return [t for t in REAL + MADE if not names or t.name in names]


def whole(table, data):
    """Every cell as the text it is in the file, the outcome as 0/1 beside it."""
    if table in MADE:
        text = make_small.text(table.name)
    else:
        text = pd.read_csv(pathlib.Path(data) / table.file, sep=table.delimiter, dtype=str, keep_default_na=False)
    y = text[table.outcome].str.strip().str.lower().isin({"1", "yes", "true"}).to_numpy().astype(int)
    return text, y


def cut(table, data, folder, seed):
    """Paths of the training and the test file; they are written if they are missing."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{table.name}-{seed}-{part}.csv" for part in ("train", "test")]
    if not all(p.exists() for p in paths):
        text, y = whole(table, data)
        parts = train_test_split(np.arange(len(y)), test_size=0.3, random_state=seed, stratify=y)
        for path, rows in zip(paths, parts):
            text.iloc[np.sort(rows)].to_csv(path, index=False, sep=table.delimiter)
    return paths


def features(table, train, test):
    """Both parts as LightGBM wants them: numbers as numbers, text as categories of the training rows."""
    parts = [pd.read_csv(p, sep=table.delimiter, dtype=str, keep_default_na=False) for p in (train, test)]
    outcomes = [p[table.outcome].str.strip().str.lower().isin({"1", "yes", "true"}).to_numpy().astype(int) for p in parts]
    drop = [c for c in (table.id, table.outcome, *table.exclude, *table.useless) if c]
    parts = [p.drop(columns=drop).apply(lambda c: c.str.strip()) for p in parts]
    parts = [p.mask(p.isin(table.missing)) for p in parts]
    for column in parts[0].columns:
        try:
            numbers = [pd.to_numeric(p[column]) for p in parts]
        except (ValueError, TypeError):
            levels = sorted(parts[0][column].dropna().unique())
            numbers = [pd.Categorical(p[column], categories=levels) for p in parts]
        for part, values in zip(parts, numbers):
            part[column] = values
    return parts[0], outcomes[0], parts[1], outcomes[1]
