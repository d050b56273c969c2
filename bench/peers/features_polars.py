#!/usr/bin/env python3
"""The script that is held against `reveille features`: the same columns of activity and channels by Polars.

    python3 features_polars.py raw --from 2024-01-31 --to 2025-12-31 --out features.parquet

Each customer's days are added up once and sorted by one whole number made of customer and day; running totals are taken over
all of them, and a window is the difference of two, found by binary search: nothing is joined to a year of transactions. It
takes no notice of `load_ts`, and leaves out what Reveille has beyond these columns.
"""
import argparse
import os

import snapshots

WINDOWS = [7, 30, 90, 180, 365]
# A key is customer × 65,536 + day since 1970.
SHIFT = 65_536


def daily(pl, folder, customers):
    """One row a customer and active day, sorted, with the sums of the day; amounts in hundredths, so that totals are exact."""
    amount = (pl.col("amount") * 100).round().cast(pl.Int64)
    by = pl.col("channel")
    mine = ~pl.col("type").is_in(["interest", "tax", "fee", "judicial"]) & ~pl.col("initiator").is_in(["bank", "system"])
    rows = pl.scan_parquet(f"{folder}/transactions/*.parquet").filter(mine).join(customers.lazy(), on="cust_id").select(
        (pl.col("k") * SHIFT + pl.col("event_ts").cast(pl.Int32)).alias("key"), amount.alias("amount"),
        pl.when(pl.col("direction") == "in").then(amount).otherwise(0).alias("amount_in"),
        pl.when(pl.col("direction") == "out").then(amount).otherwise(0).alias("amount_out"),
        (by == "app").alias("app"), (by == "counter").alias("counter"), by.is_in(["app", "web", "wechat"]).alias("digital"))
    sums = rows.group_by("key").agg(pl.len().cast(pl.Int64).alias("txns"), pl.col("amount", "amount_in", "amount_out").sum(),
                                    pl.col("app", "counter", "digital").sum().cast(pl.Int32))
    return sums.collect(engine="streaming").sort("key")


def windows(pl, days, grid):
    """The columns of all windows that end on the grid's as-of dates."""
    keys = days["key"]
    gap = (pl.col("key") - pl.col("key").shift(1)).fill_null(0)
    # A gap that reaches over to the customer before is none.
    square = pl.when(pl.col("key") // SHIFT == pl.col("key").shift(1) // SHIFT).then(gap * gap).otherwise(0)
    totals = days.select(pl.col("txns", "amount", "amount_in", "amount_out", "app", "counter", "digital").cast(pl.Int64).cum_sum(),
                         square.cum_sum().alias("squares"))
    totals = pl.concat([pl.DataFrame([pl.Series(name, [0], dtype=pl.Int64) for name in totals.columns]), totals])
    target = grid["k"] * SHIFT + grid["as_of"].cast(pl.Int32)
    end = keys.search_sorted(target, side="right")
    starts = {w: keys.search_sorted(target - w, side="right") for w in WINDOWS}
    first = keys.search_sorted(grid["k"] * SHIFT, side="left")
    nobody = end == first
    columns = {}

    def since(name, w):
        return totals[name].gather(end) - totals[name].gather(starts[w])

    for w in WINDOWS:
        columns[f"txn_count_{w}d"] = since("txns", w).cast(pl.Int32)
    for name, total in [("amount", "amount"), ("in", "amount_in"), ("out", "amount_out")]:
        for w in WINDOWS:
            columns[f"txn_{name}_{w}d"] = since(total, w) / 100
    for w in (90, 365):
        columns[f"active_days_{w}d"] = (end.cast(pl.Int64) - starts[w].cast(pl.Int64)).cast(pl.Int32)
    for w in (90, 180):
        columns[f"app_count_{w}d"] = since("app", w).cast(pl.Int32)
    columns["counter"], columns["digital"] = since("counter", 365), since("digital", 365)
    day = lambda place: keys.gather(place.clip(0, len(keys) - 1)) % SHIFT
    columns["first_day"], columns["last_day"] = day(first), day((end.cast(pl.Int64) - 1).clip(0).cast(pl.UInt32))
    columns["start_day"] = day(starts[365])
    # The squares of the gaps after the window's first active day.
    inner = (starts[365].cast(pl.Int64) + 1).clip(0, len(keys)).cast(pl.UInt32)
    columns["spread"] = totals["squares"].gather(end) - totals["squares"].gather(inner)
    columns["nobody"] = nobody
    return grid.with_columns(pl.Series(name, values) for name, values in columns.items())


def ratios(pl, table):
    """The columns that follow from the windows."""
    c = pl.col
    as_of, n = c("as_of").cast(pl.Int32), c("active_days_365d")
    tenure = as_of - c("open_date").cast(pl.Int32)
    last = pl.when(~c("nobody")).then(as_of - c("last_day"))
    gap = pl.when(n >= 2).then((c("last_day") - c("start_day")) / (n - 1))
    before, amount_before = c("txn_count_365d") - c("txn_count_90d"), c("txn_amount_365d") - c("txn_amount_90d")
    recent_days, days_before = (tenure + 1).clip(0, 90), ((tenure + 1).clip(0, 365) - 90).clip(0)
    known = (before > 0) & (days_before > 0)
    spread = (c("spread") - (n - 1) * gap ** 2).clip(0)
    made = table.lazy().with_columns(
        tenure.cast(pl.Int32).alias("tenure_days"), last.cast(pl.Int32).alias("days_since_last_txn"),
        pl.when(~c("nobody")).then(as_of - c("first_day")).cast(pl.Int32).alias("days_since_first_txn"),
        last.fill_null(tenure).cast(pl.Int32).alias("quiet_days"), (last > 90).fill_null(False).cast(pl.Int32).alias("dormant"),
        gap.alias("gap_mean_365d"), pl.when(n >= 3).then((spread / (n - 2)).sqrt() / gap).alias("gap_cv_365d"),
        (last / gap).alias("gap_overdue"), before.alias("txn_count_91_365d"),
        pl.when(known).then((c("txn_count_90d") / recent_days) / (before / days_before)).alias("txn_count_ratio_90d"),
        pl.when(known & (amount_before > 0)).then((c("txn_amount_90d") / recent_days) / (amount_before / days_before))
        .alias("txn_amount_ratio_90d"),
        pl.when(c("txn_count_365d") > 0).then(c("counter") / c("txn_count_365d")).alias("counter_share_365d"),
        pl.when(c("txn_count_365d") > 0).then(c("digital") / c("txn_count_365d")).alias("digital_share_365d"))
    return made.drop("k", "open_date", "counter", "digital", "first_day", "last_day", "start_day", "spread", "nobody") \
        .rename({"cust_id": "customer_id"}).collect()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    snapshots.arguments(parser)
    args = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = str(args.threads)
    import polars as pl
    customers = pl.read_parquet(f"{args.folder}/customers*.parquet").select("cust_id", "open_date").with_row_index("k") \
        .with_columns(pl.col("k").cast(pl.Int64))
    days = daily(pl, args.folder, customers.select("cust_id", "k"))
    dates = pl.DataFrame({"as_of": snapshots.month_ends(args.first, args.last)})
    grid = customers.join(dates, how="cross", maintain_order="left_right").filter(pl.col("open_date") <= pl.col("as_of"))
    ratios(pl, windows(pl, days, grid)).write_parquet(args.out, compression="snappy")


if __name__ == "__main__":
    main()
