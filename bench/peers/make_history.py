#!/usr/bin/env python3
"""Makes the raw history of a bank as Parquet: customers, transactions, and with --balances month-end balances.

    python3 make_history.py --out /tmp/bench/raw --transactions 2000000 --customers 20000 --months 36
    python3 make_history.py --out /tmp/bench/raw --transactions 20000000 --customers 200000 --months 36 --sorted

The transactions come in files of a million rows (`transactions/part-0000.parquet`), so that making them takes the memory of
one. Each file holds customers and days in any order; with --sorted the files follow each other in time, as a monthly export
does, and each is sorted by day. The history ends on 2025-12-31. The same arguments give the same rows.

Customers differ: rates are log-normal (the busiest hundredth makes about a tenth of all transactions), some came during the
history, a fifth fell silent at some time, some never transacted. A tenth of the transactions are interest, tax and fees,
which no customer makes.
"""
import argparse
import math
import pathlib

import numpy as np
import polars as pl

END = np.datetime64("2025-12-31").astype(np.int64)
CHANNELS = ["counter", "atm", "app", "web", "phone"]
TYPES = ["purchase", "transfer", "deposit", "withdrawal", "interest", "tax", "fee"]
SHARES = np.array([0.45, 0.2, 0.1, 0.15, 0.06, 0.01, 0.03])


def people(rng, customers, start):
    """Who there is: from when to when each is active, how much, and by which channel most of all."""
    opened = np.where(rng.random(customers) < 0.75, start - rng.integers(1, 3650, customers),
                      rng.integers(start, END - 30, customers))
    first = np.maximum(opened, start)
    silent = rng.random(customers) < 0.2
    last = np.where(silent, first + ((END - first) * rng.random(customers)).astype(np.int64), END)
    rate = np.where(rng.random(customers) < 0.02, 0.0, np.exp(1.1 * rng.standard_normal(customers)))
    size = np.exp(5.0 + 0.9 * rng.standard_normal(customers))
    return {"opened": opened, "first": first, "last": last, "rate": rate, "size": size,
            "habit": rng.choice(len(CHANNELS), customers, p=[0.2, 0.15, 0.5, 0.1, 0.05])}


def names(numbers):
    return pl.Series(numbers).cast(pl.String).str.zfill(9)


def days(numbers):
    return pl.Series(np.asarray(numbers, dtype=np.int32)).cast(pl.Date)


def transactions(rng, bank, count, start, end):
    """So many transactions from `start` to `end`, in no order."""
    begin = np.maximum(bank["first"], start)
    length = np.maximum(np.minimum(bank["last"], end) - begin + 1, 0)
    weight = np.cumsum(bank["rate"] * length)
    who = np.searchsorted(weight, rng.random(count) * weight[-1], side="right")
    day = begin[who] + (rng.random(count) * length[who]).astype(np.int64)
    habit = rng.random(count) < 0.7
    channel = np.where(habit, bank["habit"][who], rng.choice(len(CHANNELS), count, p=[0.1, 0.2, 0.45, 0.2, 0.05]))
    kind = rng.choice(len(TYPES), count, p=SHARES)
    comes_in = (kind == 2) | (kind == 4) | ((kind == 1) & (rng.random(count) < 0.4))
    by_bank = kind >= 4
    amount = np.round(bank["size"][who] * np.exp(0.8 * rng.standard_normal(count)) + 0.01, 2)
    enum = lambda words, codes: pl.Series(codes.astype(np.uint32)).replace_strict(
        dict(enumerate(words)), return_dtype=pl.Enum(words)).cast(pl.String)
    return pl.DataFrame({
        "cust_id": names(who), "event_ts": days(day), "type": enum(TYPES, kind), "channel": enum(CHANNELS, channel),
        "direction": enum(["out", "in"], comes_in.astype(np.int64)), "amount": amount,
        "currency": pl.Series(["CNY"]).new_from_index(0, count),
        "initiator": enum(["customer", "system"], by_bank.astype(np.int64))})


def balances(rng, bank, months):
    """Month-end balances of all who were there."""
    for end in months:
        there = np.flatnonzero(bank["opened"] <= end)
        aum = np.round(bank["size"][there] * 60 * np.exp(0.3 * rng.standard_normal(len(there))), 2)
        yield pl.DataFrame({"cust_id": names(there), "as_of": days(np.full(len(there), end)),
                            "demand": np.round(aum * rng.random(len(there)), 2), "aum_eom": aum})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--transactions", type=int, default=2_000_000)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sorted", action="store_true", help="files and rows in the order of time")
    parser.add_argument("--balances", action="store_true", help="month-end balances too")
    args = parser.parse_args()
    out = pathlib.Path(args.out)
    (out / "transactions").mkdir(parents=True, exist_ok=True)
    ends = [(np.datetime64("2026-01") - k).astype("datetime64[D]").astype(np.int64) - 1 for k in range(args.months + 1)][::-1]
    start = ends[0] + 1
    rng = np.random.default_rng([args.seed, 0])
    bank = people(rng, args.customers, start)
    pl.DataFrame({"cust_id": names(np.arange(args.customers)), "open_date": days(bank["opened"])}) \
        .write_parquet(out / "customers.parquet")
    parts = max(1, math.ceil(args.transactions / 1_000_000))
    bounds = [start + (END + 1 - start) * k // parts for k in range(parts + 1)]
    for part in range(parts):
        count = args.transactions * (part + 1) // parts - args.transactions * part // parts
        window = (bounds[part], bounds[part + 1] - 1) if args.sorted else (start, END)
        rows = transactions(np.random.default_rng([args.seed, 1, part]), bank, count, *window)
        if args.sorted:
            rows = rows.sort("event_ts", maintain_order=True)
        rows.write_parquet(out / "transactions" / f"part-{part:04}.parquet", compression="zstd", row_group_size=131_072)
    if args.balances:
        (out / "balances").mkdir(exist_ok=True)
        for number, rows in enumerate(balances(np.random.default_rng([args.seed, 2]), bank, ends[1:])):
            rows.write_parquet(out / "balances" / f"part-{number:04}.parquet", compression="zstd")


if __name__ == "__main__":
    main()
