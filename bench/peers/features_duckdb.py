#!/usr/bin/env python3
"""The script that is held against `reveille features`: the same columns of activity and channels by DuckDB.

    python3 features_duckdb.py raw --from 2024-01-31 --to 2025-12-31 --out features.parquet

Each customer's days are added up once; each snapshot then groups the days of its year by customer, and all snapshots are
written by one statement. One snapshot after the other is the quickest of three ways: the days joined to all as-of dates at
once took half as long again, differences of running totals found by ASOF joins three times as long. It takes no notice of
`load_ts`, and leaves out what Reveille has beyond these columns.
"""
import argparse

import duckdb

import snapshots

WINDOWS = [7, 30, 90, 180, 365]

DAILY = """
CREATE TEMP TABLE customers AS
    SELECT cust_id, open_date, row_number() OVER () :: INTEGER AS k FROM read_parquet('{folder}/customers*.parquet');
CREATE TEMP TABLE daily AS
WITH sums AS (
    SELECT k, event_ts AS day, count(*) :: INTEGER AS txns, sum(amount) AS amount,
        sum(CASE WHEN direction = 'in' THEN amount ELSE 0 END) AS amount_in,
        sum(CASE WHEN direction = 'out' THEN amount ELSE 0 END) AS amount_out,
        (count(*) FILTER (channel = 'app')) :: INTEGER AS app, (count(*) FILTER (channel = 'counter')) :: INTEGER AS counter,
        (count(*) FILTER (channel IN ('app', 'web', 'wechat'))) :: INTEGER AS digital
    FROM read_parquet('{folder}/transactions/*.parquet') JOIN customers USING (cust_id)
    WHERE type NOT IN ('interest', 'tax', 'fee', 'judicial') AND initiator NOT IN ('bank', 'system')
    GROUP BY ALL)
SELECT *, lag(day) OVER past AS day_before, lead(day) OVER past AS next_day FROM sums
WINDOW past AS (PARTITION BY k ORDER BY day);
CREATE TEMP TABLE firsts AS SELECT k, day AS first_day FROM daily WHERE day_before IS NULL
"""


def snapshot(as_of):
    """The statement that makes the rows of one as-of date."""
    day = f"DATE '{as_of}'"

    def within(sum_of, days):
        inside = f" FILTER (day > {day} - {days})" if days < 365 else ""
        return f"{sum_of}{inside}"

    sums = [f"{within('sum(txns)', w)} AS txn_count_{w}d" for w in WINDOWS]
    for name, column in [("amount", "amount"), ("in", "amount_in"), ("out", "amount_out")]:
        sums += [f"{within(f'sum({column})', w)} AS txn_{name}_{w}d" for w in WINDOWS]
    sums += [f"{within('count(*)', w)} AS active_days_{w}d" for w in (90, 365)]
    sums += [f"{within('sum(app)', w)} AS app_count_{w}d" for w in (90, 180)]
    shown = [f"coalesce({column.split(' AS ')[1]}, 0) AS {column.split(' AS ')[1]}" for column in sums]
    return f"""
SELECT cust_id AS customer_id, {day} AS as_of, {day} - open_date AS tenure_days, {day} - last_day AS days_since_last_txn,
    {day} - first_day AS days_since_first_txn, {", ".join(shown)}, coalesce({day} - last_day, {day} - open_date) AS quiet_days,
    coalesce({day} - last_day > 90, false) :: INTEGER AS dormant,
    CASE WHEN active_days_365d >= 2 THEN (last_day - first_inside) / (active_days_365d - 1) END AS gap_mean_365d,
    CASE WHEN active_days_365d >= 3 THEN
        sqrt(greatest(squares - (active_days_365d - 1) * gap_mean_365d ** 2, 0) / (active_days_365d - 2)) / gap_mean_365d
        END AS gap_cv_365d,
    ({day} - last_day) / gap_mean_365d AS gap_overdue,
    coalesce(recent.txn_count_365d - coalesce(recent.txn_count_90d, 0), 0) AS txn_count_91_365d,
    least({day} - open_date + 1, 90) AS recent_days, greatest(least({day} - open_date + 1, 365) - 90, 0) AS days_before,
    recent.txn_amount_365d - coalesce(recent.txn_amount_90d, 0) AS amount_before,
    CASE WHEN txn_count_91_365d > 0 AND days_before > 0
        THEN (coalesce(recent.txn_count_90d, 0) / recent_days) / (txn_count_91_365d / days_before) END AS txn_count_ratio_90d,
    CASE WHEN txn_count_91_365d > 0 AND days_before > 0 AND amount_before > 0
        THEN (coalesce(recent.txn_amount_90d, 0) / recent_days) / (amount_before / days_before) END AS txn_amount_ratio_90d,
    counter / recent.txn_count_365d AS counter_share_365d, digital / recent.txn_count_365d AS digital_share_365d
FROM customers LEFT JOIN (SELECT k, first_day FROM firsts WHERE first_day <= {day}) USING (k)
LEFT JOIN (
    SELECT k, day AS last_day FROM daily WHERE day <= {day} AND (next_day IS NULL OR next_day > {day})) USING (k)
LEFT JOIN (
    SELECT k, {", ".join(sums)}, min(day) AS first_inside, sum(counter) AS counter, sum(digital) AS digital,
        sum((day - day_before) ** 2) FILTER (day_before > {day} - 365) AS squares
    FROM daily WHERE day > {day} - 365 AND day <= {day} GROUP BY k) recent USING (k)
WHERE open_date <= {day}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    snapshots.arguments(parser)
    parser.add_argument("--memory", default="12GB", help="beyond it DuckDB puts rows aside on disk")
    args = parser.parse_args()
    bank = duckdb.connect()
    bank.execute(f"SET threads = {args.threads}; SET memory_limit = '{args.memory}'; SET preserve_insertion_order = false")
    bank.execute(DAILY.format(folder=args.folder))
    all_rows = " UNION ALL ".join(snapshot(day) for day in snapshots.month_ends(args.first, args.last))
    columns = "* EXCLUDE (recent_days, days_before, amount_before)"
    bank.execute(f"COPY (SELECT {columns} FROM ({all_rows})) TO '{args.out}' (FORMAT parquet, COMPRESSION snappy)")


if __name__ == "__main__":
    main()
