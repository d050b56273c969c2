#!/usr/bin/env python3
"""Writes each notebook (a jupytext percent script) as .ipynb beside it, without output; --check only compares.

    python3 notebooks/to_ipynb.py [--check]
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent


def cells(text):
    """The cells of a percent script: (is it Markdown, lines)."""
    found = []
    for line in text.split("# ---\n", 2)[2].splitlines():
        if line.startswith("# %%"):
            found.append(("[markdown]" in line, []))
        elif found:
            found[-1][1].append(line)
    return found


def notebook(text):
    made = []
    for at, (is_markdown, lines) in enumerate(cells(text)):
        if is_markdown:
            lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
        source = "\n".join(lines).strip("\n")
        kind = "markdown" if is_markdown else "code"
        cell = {"cell_type": kind, "id": f"cell-{at}", "metadata": {}, "source": source.splitlines(keepends=True)}
        if not is_markdown:
            cell |= {"execution_count": None, "outputs": []}
        made.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


stale = []
for script in sorted(HERE.glob("[0-9]*.py")):
    beside, made = script.with_suffix(".ipynb"), notebook(script.read_text(encoding="utf-8"))
    if "--check" not in sys.argv:
        beside.write_text(made, encoding="utf-8")
    elif not beside.exists() or beside.read_text(encoding="utf-8") != made:
        stale.append(beside.name)
if stale:
    sys.exit(f"not as their scripts are: {', '.join(stale)}; run python3 notebooks/to_ipynb.py")
