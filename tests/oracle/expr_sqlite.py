"""Random expressions with their values according to SQLite: the oracle of tests/expr.rs.

    python3 tests/oracle/expr_sqlite.py > tests/oracle/expr_sqlite.json

Every expression is written twice: as a user of reveille writes it, and for SQLite, where numbers
are REAL, dates are ISO text, and what SQLite lacks (LEAST, days between dates, ...) is a Python function.
"""

import datetime
import json
import math
import random
import sqlite3

random.seed(20260131)
ROWS = 24
CASES = 500


def maybe(value):
    return None if random.random() < 0.2 else value


def row():
    return {
        "a": maybe(random.choice([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 7.0, 12.25])),
        "b": maybe(random.choice([-2.0, 0.0, 1.0, 2.0, 3.0])),
        "余额": maybe(random.choice([0.0, 99.5, 1000.0, -40.0])),
        "s": maybe(random.choice(["", "a", "ab", "Abc", "b", "50%", "a_b", "上海", " x "])),
        "t": maybe(random.choice(["a", "b", "abc", "B", "上"])),
        "p": maybe(random.random() < 0.5),
        "q": maybe(random.random() < 0.5),
        "d": maybe(random.choice(["2025-12-31", "2026-01-31", "2024-02-29"])),
        "e": maybe(random.choice(["2026-01-31", "2026-03-01"])),
    }


# A written expression: text for reveille, text for SQLite, how tightly it binds (higher is tighter).
OR, AND, NOT, PREDICATE, ADD, MULTIPLY, ATOM = range(7)


def wrap(expression, least):
    ours, theirs, bind = expression
    if bind < least:
        return f"({ours})", f"({theirs})"
    if random.random() < 0.1:
        return f"({ours})", f"({theirs})"
    return ours, theirs


def infix(left, sign, right, bind, left_least, right_least):
    (lo, lt), (ro, rt) = wrap(left, left_least), wrap(right, right_least)
    return f"{lo} {sign} {ro}", f"{lt} {sign} {rt}", bind


def call(name, *arguments, theirs=None):
    pairs = [wrap(argument, OR) for argument in arguments]
    name_there = theirs or name
    return (
        f"{name}({', '.join(p[0] for p in pairs)})",
        f"{name_there}({', '.join(p[1] for p in pairs)})",
        ATOM,
    )


def case(depth, result):
    if random.random() < 0.5:
        kind = random.choice([number, text, boolean])
        operand = [wrap(kind(depth - 1), ADD)]
        whens = [wrap(kind(depth - 1), ADD) for _ in range(random.randint(1, 2))]
    else:
        operand = []
        whens = [wrap(boolean(depth - 1), OR) for _ in range(random.randint(1, 3))]
    parts = ["CASE"], ["CASE"]
    for side in (0, 1):
        parts[side].extend(o[side] for o in operand)
    for when in whens:
        then = wrap(result(depth - 1), OR)
        for side in (0, 1):
            parts[side].append(f"WHEN {when[side]} THEN {then[side]}")
    if random.random() < 0.7:
        otherwise = wrap(result(depth - 1), OR)
        for side in (0, 1):
            parts[side].append(f"ELSE {otherwise[side]}")
    return " ".join(parts[0] + ["END"]), " ".join(parts[1] + ["END"]), ATOM


def choice(depth, kind):
    pick = random.randint(0, 3)
    arguments = [kind(depth - 1) for _ in range(random.randint(2, 3))]
    if pick == 0:
        return call("COALESCE", *arguments)
    if pick == 1:
        return call("NULLIF", *arguments[:2])
    if pick == 2:
        return call("LEAST", *arguments, theirs="least_of")
    return call("GREATEST", *arguments, theirs="greatest_of")


def same(text):
    return text, text, ATOM


def number(depth):
    if depth <= 0 or random.random() < 0.15:
        pick = random.random()
        if pick < 0.6:
            return same(random.choice(["a", "b", '"余额"', "余额", "`a`"]))
        if pick < 0.95:
            x = random.choice(["0", "1", "2", "3", "0.5", "10", "1e2", ".25"])
            return x, repr(float(x)), ATOM
        return same("NULL")
    pick = random.randint(0, 10)
    if pick <= 1:
        sign = random.choice(["+", "-"])
        return infix(number(depth - 1), sign, number(depth - 1), ADD, ADD, MULTIPLY)
    if pick <= 3:
        sign = random.choice(["*", "/"])
        return infix(number(depth - 1), sign, number(depth - 1), MULTIPLY, MULTIPLY, ATOM)
    if pick == 4:
        (lo, lt), (ro, rt) = wrap(number(depth - 1), ATOM), wrap(number(depth - 1), ATOM)
        return f"({lo} % {ro})", f"remainder_of({lt}, {rt})", ATOM
    if pick == 5:
        ours, theirs = wrap(number(depth - 1), ATOM)
        return f"(-{ours})", f"(-{theirs})", ATOM
    if pick == 6:
        return call(random.choice(["ABS", "ROUND"]), number(depth - 1))
    if pick == 7:
        name = random.choice(["LN", "SQRT", "FLOOR", "CEIL"])
        return call(name, number(depth - 1), theirs=name.lower() + "_of")
    if pick == 8:
        ours, theirs = wrap(text(depth - 1), OR)
        return f"LENGTH({ours})", f"CAST(LENGTH({theirs}) AS REAL)", ATOM
    if pick == 9:
        if random.random() < 0.5:
            (lo, lt), (ro, rt) = wrap(date(depth - 1), ADD), wrap(date(depth - 1), MULTIPLY)
            return f"({lo} - {ro})", f"days_between({lt}, {rt})", ATOM
        return case(depth, number)
    return choice(depth, number)


def text(depth):
    if depth <= 0 or random.random() < 0.3:
        if random.random() < 0.7:
            return same(random.choice(["s", "t"]))
        return same(random.choice(["'a'", "''", "'ab'", "'it''s'", "'上海'", "NULL"]))
    pick = random.randint(0, 3)
    if pick == 0:
        return infix(text(depth - 1), "||", text(depth - 1), MULTIPLY, ATOM, ATOM)
    if pick == 1:
        return call(random.choice(["LOWER", "UPPER", "TRIM"]), text(depth - 1))
    if pick == 2:
        return case(depth, text)
    return choice(depth, text)


def date(depth):
    pick = random.random()
    if depth <= 0 or pick < 0.6:
        if random.random() < 0.7:
            return same(random.choice(["d", "e"]))
        day = random.choice(["2026-01-31", "2025-01-01"])
        return f"DATE '{day}'", f"'{day}'", ATOM
    if pick < 0.8:
        sign = random.choice(["+", "-"])
        days = random.choice(["1", "30", "b", "0.5"])
        base = wrap(date(0), ADD)
        there = days if days == "b" else repr(float(days))
        return f"({base[0]} {sign} {days})", f"shifted({base[1]}, {sign}{there})", ATOM
    return choice(depth, date)


def boolean(depth):
    if depth <= 0 or random.random() < 0.1:
        return same(random.choice(["p", "q", "p", "q", "p", "q", "TRUE", "FALSE", "NULL"]))
    pick = random.randint(0, 11)
    negated = random.choice(["", "NOT "])
    if pick <= 1:
        return infix(boolean(depth - 1), "AND", boolean(depth - 1), AND, AND, NOT)
    if pick <= 3:
        return infix(boolean(depth - 1), "OR", boolean(depth - 1), OR, OR, AND)
    if pick == 4:
        ours, theirs = wrap(boolean(depth - 1), PREDICATE)
        return f"NOT {ours}", f"NOT {theirs}", NOT
    if pick <= 6:
        kind = random.choice([number, number, text, date, boolean])
        sign = random.choice(["=", "<>", "!=", "<", "<=", ">", ">="])
        return infix(kind(depth - 1), sign, kind(depth - 1), PREDICATE, ADD, ADD)
    if pick == 7:
        kind = random.choice([number, text, date])
        value = wrap(kind(depth - 1), ADD)
        items = [wrap(kind(random.choice([0, 0, depth - 1])), OR) for _ in range(random.randint(1, 4))]
        return (
            f"{value[0]} {negated}IN ({', '.join(i[0] for i in items)})",
            f"{value[1]} {negated}IN ({', '.join(i[1] for i in items)})",
            PREDICATE,
        )
    if pick == 8:
        kind = random.choice([number, text, date])
        v, low, high = (wrap(kind(depth - 1), ADD) for _ in range(3))
        return (
            f"{v[0]} {negated}BETWEEN {low[0]} AND {high[0]}",
            f"{v[1]} {negated}BETWEEN {low[1]} AND {high[1]}",
            PREDICATE,
        )
    if pick == 9:
        pattern = random.choice(["'a%'", "'%b%'", "'_b'", "'%'", "'上_'", "'A%'", "t", "'50!%'", "'a!_b'"])
        escape = " ESCAPE '!'" if "!" in pattern else ""
        value = wrap(text(depth - 1), ATOM)
        if random.random() < 0.3:
            return (
                f"{value[0]} {negated}ILIKE {pattern}{escape}",
                f"LOWER({value[1]}) {negated}LIKE LOWER({pattern}){escape}",
                PREDICATE,
            )
        return (
            f"{value[0]} {negated}LIKE {pattern}{escape}",
            f"{value[1]} {negated}LIKE {pattern}{escape}",
            PREDICATE,
        )
    if pick == 10:
        if random.random() < 0.5:
            kind = random.choice([number, text, date, boolean])
            ours, theirs = wrap(kind(depth - 1), ADD)
            return f"{ours} IS {negated}NULL", f"{theirs} IS {negated}NULL", PREDICATE
        ours, theirs = wrap(boolean(depth - 1), ADD)
        word = random.choice(["TRUE", "FALSE"])
        return f"{ours} IS {negated}{word}", f"{theirs} IS {negated}{word}", PREDICATE
    return random.choice([case, choice])(depth, boolean)


def strict(function):
    """NULL for NULL, and for what the function cannot compute."""

    def wrapped(*arguments):
        if any(x is None for x in arguments):
            return None
        try:
            return function(*arguments)
        except (ValueError, ZeroDivisionError, OverflowError):
            return None

    return wrapped


def day(text):
    return datetime.date.fromisoformat(text)


def shifted(base, by):
    return (day(base) + datetime.timedelta(days=math.floor(by))).isoformat()


def main():
    table = [row() for _ in range(ROWS)]
    db = sqlite3.connect(":memory:")
    db.execute("PRAGMA case_sensitive_like = ON")
    for name, arity, function in [
        ("ln_of", 1, strict(math.log)),
        ("sqrt_of", 1, strict(math.sqrt)),
        ("floor_of", 1, strict(lambda x: float(math.floor(x)))),
        ("ceil_of", 1, strict(lambda x: float(math.ceil(x)))),
        ("remainder_of", 2, strict(math.fmod)),
        ("days_between", 2, strict(lambda x, y: float((day(x) - day(y)).days))),
        ("shifted", 2, strict(shifted)),
        ("least_of", -1, lambda *xs: min((x for x in xs if x is not None), default=None)),
        ("greatest_of", -1, lambda *xs: max((x for x in xs if x is not None), default=None)),
    ]:
        db.create_function(name, arity, function, deterministic=True)
    db.execute("CREATE TABLE r (i, a REAL, b REAL, 余额 REAL, s TEXT, t TEXT, p INT, q INT, d TEXT, e TEXT)")
    for i, r in enumerate(table):
        db.execute("INSERT INTO r VALUES (?,?,?,?,?,?,?,?,?,?)", [i, *r.values()])

    cases = []
    while len(cases) < CASES:
        kind = random.choice([number, boolean, boolean, text])
        ours, theirs, _ = kind(random.randint(1, 4))
        if "NULL" == ours.strip("()"):
            continue
        values = [v for (v,) in db.execute(f"SELECT {theirs} FROM r ORDER BY i")]
        if all(v is None for v in values) and random.random() < 0.9:
            continue
        if kind is boolean:
            values = [None if v is None else bool(v) for v in values]
        elif kind is number:
            values = [None if v is None else float(v) for v in values]
        cases.append({"expr": ours, "kind": kind.__name__, "values": values})
    dump = lambda x: json.dumps(x, ensure_ascii=False, allow_nan=False)
    print('{"rows": [')
    print(",\n".join(dump(r) for r in table))
    print('], "cases": [')
    print(",\n".join(dump(c) for c in cases))
    print("]}")


main()
