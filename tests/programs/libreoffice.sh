#!/usr/bin/env bash
# Opens a feed in LibreOffice as a person would who clicks on it, and looks at what the cells hold: Chinese words, ids with
# their leading zeros, dates as dates, and nothing that computes.
#
#   tests/programs/libreoffice.sh [PROGRAM]     PROGRAM: target/release/reveille if not given
#
# Needs LibreOffice Calc (Debian: apt-get install libreoffice-calc-nogui) and python3.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$(realpath "${1:-$root/target/release/reveille}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir desk
"$root/tests/programs/feed.sh" "$program" desk --bom

# Separator 44, quote 34, UTF-8, from line 1; customer_id, the first column, as text; other cells as LibreOffice takes them.
options=44,34,76,1,1/2,0,false,true
soffice --headless "-env:UserInstallation=file://$work/profile" --infilter="CSV:$options" --convert-to fods --outdir . desk/feed.csv >log 2>&1 ||
    { cat log; exit 1; }
python3 - <<'CHECK'
import csv
import math
import xml.etree.ElementTree as xml

office = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
text = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
feed = list(csv.reader(open("desk/feed.csv", encoding="utf-8-sig")))
header = feed[0]


def cells(row):
    for cell in row.iter(table + "table-cell"):
        shown = "\n".join("".join(part.itertext()) for part in cell.findall(text + "p"))
        assert cell.get(table + "formula") is None, shown
        kind = cell.get(office + "value-type", "string" if shown else "")
        value = {"float": cell.get(office + "value"), "date": cell.get(office + "date-value")}.get(kind, shown)
        for _ in range(min(int(cell.get(table + "number-columns-repeated", 1)), len(header))):
            yield kind, value


opened = [list(cells(row)) for row in xml.parse("feed.fods").iter(table + "table-row")]
opened = [row[: len(header)] for row in opened if any(value for _, value in row)]
assert len(opened) == len(feed), (len(opened), len(feed))
assert [value for _, value in opened[0]] == header
seen = {"float": 0, "date": 0, "string": 0}
chinese = 0
for given, row in zip(feed[1:], opened[1:]):
    for name, word, (kind, value) in zip(header, given, row):
        if not word:
            assert not value, (name, value)
            continue
        seen[kind] += 1
        if name == "customer_id":
            assert (kind, value) == ("string", word), (word, kind, value)
        elif name in ("as_of", "contact_by", "next_money_date"):
            assert (kind, value) == ("date", word), (name, word, kind, value)
        elif kind == "float":
            # It keeps fifteen digits in its files.
            assert math.isclose(float(value), float(word), rel_tol=1e-14), (name, word, value)
        else:
            assert value == word, (name, word, kind, value)
    label = row[header.index("quadrant_label")][1]
    chinese += any("\u4e00" <= sign <= "\u9fff" for sign in label)
assert chinese == len(feed) - 1 and min(seen.values()) > len(feed), (chinese, seen)
print(f"LibreOffice shows {len(feed) - 1} customers as the feed has them: {seen}")
CHECK
