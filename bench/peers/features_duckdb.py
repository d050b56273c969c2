#!/usr/bin/env python3
"""The script that is held against `reveille features`: the same columns of activity and channels by DuckDB.

    python3 features_duckdb.py raw --from 2024-01-31 --to 2025-12-31 --out features.parquet

Each customer's days are added up once, running totals are taken, and a window is the difference of two of them, found by an
ASOF join: nothing is joined to a year of transactions. It takes no notice of `load_ts`, and leaves out what Reveille has beyond
these columns (the table of reasons in docs/benchmarks.md).
"""
import argparse

import duckdb

import snapshots

SUMS = ["txns", "amount", "amount_in", "amount_out", "app", "counter", "digital"]
WINDOWS = [7, 30, 90, 180, 365]

TOTALS = f"""
CREATE TEMP TABLE customers AS
    SELECT cust_id, open_date, row_number() OVER () :: INTEGER AS k FROM read_parquet('{{folder}}/customers*.parquet');
CREATE TEMP TABLE totals AS
WITH daily AS (
    SELECT k, event_ts AS day, count(*) AS txns, sum(amount) AS amount,
        sum(CASE WHEN direction = 'in' THEN amount ELSE 0 END) AS amount_in,
        sum(CASE WHEN direction = 'out' THEN amount ELSE 0 END) AS amount_out,
        count(*) FILTER (channel = 'app') AS app, count(*) FILTER (channel = 'counter') AS counter,
        count(*) FILTER (channel IN ('app', 'web', 'wechat')) AS digital
    FROM read_parquet('{{folder}}/transactions/*.parquet') JOIN customers USING (cust_id)
    WHERE type NOT IN ('interest', 'tax', 'fee', 'judicial') AND initiator NOT IN ('bank', 'system')
    GROUP BY ALL),
gaps AS (
    SELECT *, lag(day) OVER (PARTITION BY k ORDER BY day) AS before FROM daily)
SELECT k, day, {", ".join(f"sum({name}) OVER past AS {name}" for name in SUMS)},
    row_number() OVER past AS days, sum(coalesce(day - before, 0) ** 2) OVER past AS squares,
    lead(day) OVER past AS next_day, coalesce(lead(day) OVER past - day, 0) ** 2 AS next_square
FROM gaps WINDOW past AS (PARTITION BY k ORDER BY day ROWS UNBOUNDED PRECEDING)
"""


def since(name, window):
    return f"(now.{name} - coalesce(w{window}.{name}, 0))"


def query():
    columns = [f"coalesce({since('txns', w)}, 0) AS txn_count_{w}d" for w in WINDOWS]
    for name, total in [("amount", "amount"), ("in", "amount_in"), ("out", "amount_out")]:
        columns += [f"coalesce(round({since(total, w)}, 4), 0) AS txn_{name}_{w}d" for w in WINDOWS]
    columns += [f"coalesce({since('days', w)}, 0) AS active_days_{w}d" for w in (90, 365)]
    columns += [f"coalesce({since('app', w)}, 0) AS app_count_{w}d" for w in (90, 180)]
    # The gaps of a window begin with its first active day: the one after the running total before the window.
    columns += [f"{since('days', 365)} AS in_window", "date_diff('day', coalesce(w365.next_day, first.day), now.day) AS span",
                f"{since('squares', 365)} - coalesce(w365.next_square, 0) AS spread",
                f"{since('counter', 365)} AS counter, {since('digital', 365)} AS digital"]
    joins = "\n".join(f"ASOF LEFT JOIN totals w{w} ON w{w}.k = grid.k AND w{w}.day <= grid.as_of - {w}" for w in WINDOWS)
    return f"""
WITH grid AS (SELECT k, cust_id, open_date, as_of :: DATE AS as_of FROM customers, as_ofs WHERE open_date <= as_of),
windows AS (
    SELECT grid.cust_id AS customer_id, grid.as_of, date_diff('day', open_date, grid.as_of) AS tenure_days,
        date_diff('day', now.day, grid.as_of) AS days_since_last_txn,
        date_diff('day', first.day, grid.as_of) AS days_since_first_txn, {", ".join(columns)}
    FROM grid ASOF LEFT JOIN totals now ON now.k = grid.k AND now.day <= grid.as_of
    {joins}
    LEFT JOIN firsts first ON first.k = grid.k AND first.day <= grid.as_of),
gaps AS (
    SELECT *, CASE WHEN in_window >= 2 THEN span / (in_window - 1) END AS gap_mean_365d,
        txn_count_365d - txn_count_90d AS txn_count_91_365d, txn_amount_365d - txn_amount_90d AS amount_before,
        least(tenure_days + 1, 90) AS recent_days, greatest(least(tenure_days + 1, 365) - 90, 0) AS days_before FROM windows)
SELECT * EXCLUDE (in_window, span, spread, counter, digital, amount_before, recent_days, days_before),
    coalesce(days_since_last_txn, tenure_days) AS quiet_days, coalesce(days_since_last_txn > 90, false) :: INTEGER AS dormant,
    CASE WHEN in_window >= 3 THEN
        sqrt(greatest(spread - (in_window - 1) * gap_mean_365d ** 2, 0) / (in_window - 2)) / gap_mean_365d END AS gap_cv_365d,
    days_since_last_txn / gap_mean_365d AS gap_overdue,
    CASE WHEN txn_count_91_365d > 0 AND days_before > 0
        THEN (txn_count_90d / recent_days) / (txn_count_91_365d / days_before) END AS txn_count_ratio_90d,
    CASE WHEN txn_count_91_365d > 0 AND days_before > 0 AND amount_before > 0
        THEN (txn_amount_90d / recent_days) / (amount_before / days_before) END AS txn_amount_ratio_90d,
    CASE WHEN txn_count_365d > 0 THEN counter / txn_count_365d END AS counter_share_365d,
    CASE WHEN txn_count_365d > 0 THEN digital / txn_count_365d END AS digital_share_365d
FROM gaps
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    snapshots.arguments(parser)
    parser.add_argument("--memory", default="2GB", help="beyond it DuckDB puts rows aside on disk")
    args = parser.parse_args()
    bank = duckdb.connect()
    bank.execute(f"SET threads = {args.threads}; SET memory_limit = '{args.memory}'; SET preserve_insertion_order = false")
    bank.execute(TOTALS.format(folder=args.folder))
    bank.execute("CREATE TEMP TABLE firsts AS SELECT k, min(day) AS day FROM totals GROUP BY k")
    dates = ", ".join(f"(DATE '{day}')" for day in snapshots.month_ends(args.first, args.last))
    bank.execute(f"CREATE TEMP TABLE as_ofs(as_of) AS VALUES {dates}")
    bank.execute(f"COPY ({query()}) TO '{args.out}' (FORMAT parquet, COMPRESSION snappy)")


if __name__ == "__main__":
    main()
