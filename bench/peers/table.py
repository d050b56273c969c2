#!/usr/bin/env python3
"""Prints what run.sh measured as tables in Markdown: medians over the repeats.

    python3 table.py results.jsonl [NAME]

Lines of measure.py are whole runs, compared with the run of the same step whose name begins with NAME (`reveille`); lines
with `fit` are kernels, binning and fitting apart; lines with `rows_a_second` are reasons.
"""
import json
import statistics
import sys


def medians(rows, keys):
    return {key: statistics.median(values) for key in keys
            if (values := [row[key] for row in rows if row.get(key) is not None])}


def grouped(rows, name):
    groups = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    return groups


def runs(rows, own):
    """One line a run; how many times the own run of the same step is as fast."""
    middle = {name: medians(of, ("wall_s", "cpu_s", "peak_mib")) for name, of in grouped(rows, lambda r: r["run"]).items()}
    print("\n| step | program | wall s | CPU s | MiB | wall, times ours | CPU, times ours |\n|---|---|" + "---:|" * 5)
    for name, of in sorted(middle.items(), key=lambda item: (item[0].partition(": ")[0], not item[0].partition(": ")[2].startswith(own))):
        step, _, program = name.partition(": ")
        ours = next((o for n, o in middle.items() if n.startswith(f"{step}: {own}")), None)
        times = [f"{of[key] / ours[key]:.1f}" if ours and ours[key] else "" for key in ("wall_s", "cpu_s")]
        print(f"| {step} | {program} | {of['wall_s']:.2f} | {of['cpu_s']:.2f} | {of['peak_mib']:.0f} | {times[0]} | {times[1]} |")


def fits(rows, own):
    """One line a kernel: binning, fitting, both, and the share of the own kernel in each peer's CPU time."""
    def name(row):
        learner = row.get("learner") or ("tree" if row["program"] == "tree" else "boost")
        program = {"tree": "scikit-learn"}.get(row["program"], row["program"])
        return row["rows"], row["threads"], learner, " ".join(filter(None, [program, row.get("categories")]))
    flat = [{"name": name(r), "bin": (r["bin"] or {}).get("cpu_s", 0.0), "fit": r["fit"]["cpu_s"], "wall": r["fit"]["wall_s"],
             "auc": r["auc"], "log_loss": r["log_loss"]} for r in rows]
    middle = {key: medians(of, ("bin", "fit", "wall", "auc", "log_loss")) for key, of in grouped(flat, lambda r: r["name"]).items()}
    print("\n| rows | threads | learner | program | bin CPU s | fit CPU s | fit wall s | ours / fit | ours / both | AUC | log loss |\n|---:|---:|---|---|" + "---:|" * 7)
    for key, of in sorted(middle.items(), key=lambda item: (*item[0][:3], not item[0][3].startswith(own), item[0][3])):
        ours = middle.get((*key[:3], own), None)
        share = [f"{ours['fit'] / of['fit']:.3f}", f"{(ours['bin'] + ours['fit']) / (of['bin'] + of['fit']):.3f}"] if ours else ["", ""]
        print(f"| {key[0]:,} | {key[1]} | {key[2]} | {key[3]} | {of['bin']:.2f} | {of['fit']:.2f} | {of['wall']:.2f} | {share[0]} | {share[1]} | "
              f"{of['auc']:.4f} | {of['log_loss']:.4f} |")


def reasons(rows):
    print("\n| program | reasons, rows a second and thread |\n|---|---:|")
    for program, of in grouped(rows, lambda r: r["program"]).items():
        print(f"| {program} | {medians(of, ('rows_a_second',))['rows_a_second']:,.0f} |")


def main():
    rows = [json.loads(line) for line in open(sys.argv[1]) if line.strip()]
    own = sys.argv[2] if len(sys.argv) > 2 else "reveille"
    whole = [r for r in rows if "run" in r]
    kernels = [r for r in rows if "fit" in r]
    explained = [r for r in rows if "rows_a_second" in r]
    explained += [{"program": own, "rows_a_second": r["explained"] / r["explain"]["cpu_s"]} for r in kernels
                  if r.get("learner") == "boost" and r.get("threads") == 1 and r.get("explain", {}).get("cpu_s")]
    if whole:
        runs(whole, own)
    if kernels:
        fits(kernels, own)
    if explained:
        reasons(explained)


if __name__ == "__main__":
    main()
