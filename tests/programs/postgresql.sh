#!/usr/bin/env bash
# Loads a feed into PostgreSQL, with the types that feed.schema.json names, and asks the database for what
# the manifest says of it. The server is started in a folder of its own, and stopped at the end.
#
#   tests/programs/postgresql.sh [PROGRAM]     PROGRAM: target/release/reveille if not given
#
# Needs PostgreSQL (Debian: apt-get install postgresql) and python3.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$(realpath "${1:-$root/target/release/reveille}")
server=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$server" ] || server=$(dirname "$(command -v initdb)")

work=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
    # The server refuses to run as root.
    as=(runuser -u postgres --)
    chown postgres "$work"
fi
trap '"${as[@]}" "$server/pg_ctl" -D "$work/db" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
cd "$work"
"${as[@]}" "$server/initdb" -D "$work/db" -E UTF8 --locale=C -A trust -U postgres >/dev/null
"${as[@]}" "$server/pg_ctl" -D "$work/db" -w -o "-k $work -c listen_addresses=''" -l "$work/log" start >/dev/null
ask() { psql -X -q -v ON_ERROR_STOP=1 -h "$work" -U postgres -At -F , "$@" postgres; }

mkdir desk
"$root/tests/programs/feed.sh" "$program" desk
python3 - desk/feed.schema.json >table.sql <<'SQL'
import json, sys

schema = json.load(open(sys.argv[1]))
columns = [f'"{field["name"]}" {field["sql"]}' for field in schema["fields"]]
for field in schema["fields"]:
    words = field.get("constraints", {}).get("enum")
    if words:
        listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
        columns.append(f'CHECK ("{field["name"]}" IN ({listed}))')
columns.append("PRIMARY KEY (" + ", ".join(schema["primaryKey"]) + ")")
print("CREATE TABLE feed (" + ", ".join(columns) + ");")
SQL
ask -f table.sql
ask -c "\copy feed FROM 'desk/feed.csv' WITH (FORMAT csv, HEADER match)"

ask -c "SELECT quadrant, count(*), sum(value_at_risk) FROM feed GROUP BY quadrant" >sums.csv
ask -c "SELECT count(*) FROM feed WHERE as_of = DATE '2026-03-31' AND (contact_by IS NULL OR contact_by >= as_of)" >dated.csv
ask -c "SELECT customer_id FROM feed ORDER BY customer_id COLLATE \"C\"" >ids.csv
ask -c "SELECT count(*) FROM feed WHERE quadrant_label ~ '[一-龥]'" >chinese.csv
python3 - desk <<'CHECK'
import csv, json, sys
from decimal import Decimal

desk = sys.argv[1]
feed = list(csv.DictReader(open(f"{desk}/feed.csv", encoding="utf-8")))
manifest = json.load(open(f"{desk}/manifest.json"))
known = {name: facts for name, facts in manifest["quadrants"].items() if facts["customers"]}
found = {row[0]: row for row in csv.reader(open("sums.csv"))}
assert found.keys() == known.keys(), (found.keys(), known.keys())
for name, facts in known.items():
    _, customers, at_risk = found[name]
    assert int(customers) == facts["customers"], name
    # The manifest adds up millionths.
    rounding = facts["customers"] * Decimal("5e-7")
    assert abs(Decimal(at_risk or 0) - Decimal(repr(facts["value_at_risk"]))) <= rounding, (name, at_risk)
one = lambda name: open(name).read().strip()
assert int(one("dated.csv")) == manifest["rows"] == len(feed)
assert one("ids.csv").split() == sorted(row["customer_id"] for row in feed)
assert int(one("chinese.csv")) == len(feed)
print(f"PostgreSQL holds {len(feed)} customers of the feed as its schema says")
CHECK
