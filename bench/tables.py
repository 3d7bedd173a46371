#!/usr/bin/python3
"""Real tables, saved as people save them: whether `catenary train` takes each, and its error beside scikit-learn's.

The tables are what Debian's packages carry (R's data sets, gretl's, statsmodels', scikit-learn's): apt downloads them
at the first run and they are unpacked into --cache, which needs r-base-core and python3-sklearn. "Unedited" is
`catenary train TABLE --target COLUMN` on the file as it is. The comparison is the same network on both sides, trained
on the same rows with the same steps, scikit-learn's behind a pipeline written by hand; its results are kept in the
cache. An error is the share of wrong classes, or the root mean squared error over the standard deviation of the test
targets.
"""

import argparse
import collections
import concurrent.futures
import json
import math
import os
import pathlib
import re
import statistics
import sys

from tabular import collect, contest, sources
from tabular.trial import Settings

ROOT = pathlib.Path(__file__).resolve().parents[1]
SKIPPED = 77  # ctest's code for a test that could not run


def kind_of_complaint(text):
    """A complaint without what differs between tables: files, places, names and numbers."""
    text = re.sub(r"^catenary: ", "", text)
    text = re.sub(r"\S*/\S+: ", "", text)
    text = re.sub(r"'[^']*'", "'...'", text)
    return re.sub(r"\d+(\.\d+)?", "N", text)[:140]


def ratio_of(row):
    """The mean of our errors over the mean of theirs; of two zeros 1."""
    ours, theirs = statistics.fmean(row["ours"]), statistics.fmean(row["theirs"])
    return ours / theirs if theirs else (1.0 if not ours else math.inf)


def comparable(row):
    return bool(row["ours"] and row["theirs"]) and None not in row["ours"] + row["theirs"] and not row["compared"]


def line_of(row):
    def error(errors):
        known = [value for value in errors if value is not None]
        return f"{statistics.fmean(known):8.4f}" if known else f"{'':8}"

    ratio = f"{ratio_of(row):6.2f}" if comparable(row) else f"{'':6}"
    complaint = row["unedited"] or row["compared"]
    return (f"{row['key'][:34]:34} {row['rows']:>6} {row['columns']:>4} {row['task']:7} {error(row['ours'])} "
            f"{error(row['theirs'])} {ratio}  {complaint[:100]}").rstrip()


def summary(rows):
    """The lines below the table, and their figures."""
    tried = [row for row in rows if row["unedited"] is not None]
    trained = [row for row in tried if not row["unedited"]]
    both = [row for row in rows if comparable(row)]
    figures = {"tables": len(tried), "unedited": len(trained), "compared": len(both)}
    yield f"{len(trained)} of {len(tried)} tables train unedited; on {len(both)} both sides have an error", figures
    for title, name in (("unedited", "unedited"), ("in the comparison", "compared")):
        kinds = collections.Counter(kind_of_complaint(row[name]) for row in rows if row[name])
        for kind, count in kinds.most_common(20):
            yield f"  {count:>4} {title}: {kind}", {}
    for task in ("classes", "numbers"):
        some = [row for row in both if row["task"] == task]
        if some:
            yield from figures_of(task, some)
    if both:
        yield from figures_of("all", both)
        yield "the worst:", {}
        for row in sorted(both, key=ratio_of, reverse=True)[:10]:
            yield "  " + line_of(row), {}


def figures_of(task, rows):
    ours, theirs = ([statistics.fmean(row[side]) for row in rows] for side in ("ours", "theirs"))
    ratios = [ratio_of(row) for row in rows]
    said = {"ours": statistics.median(ours), "theirs": statistics.median(theirs), "ratio": statistics.median(ratios),
            "better": sum(ratio < 1 for ratio in ratios), "worse": sum(ratio > 1 for ratio in ratios)}
    yield (f"{task}: median error {said['ours']:.4f}, scikit-learn's {said['theirs']:.4f}, median ratio "
           f"{said['ratio']:.3f}; better on {said['better']}, worse on {said['worse']} of {len(rows)}", {task: said})


def entries_of(options):
    if options.quick:
        entries = [entry for entry in collect.of_sklearn(options.cache) if entry["key"] != "sklearn.digits"]
    else:
        entries = collect.collect(options.cache, options.tables, options.of_package)
    chosen = [entry for entry in entries if options.only in entry["key"]]
    if not chosen:
        raise sources.Failed(f"--only: no table's name contains '{options.only}'")
    return chosen


def measure(options):
    """The rows, printed as they come, and the figures."""
    entries = entries_of(options)
    print(f"{'table':34} {'rows':>6} {'cols':>4} {'task':7} {'error':>8} {'sklearn':>8} {'ratio':>6}", flush=True)
    rows, figures = [], {}
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for row in pool.map(contest.contest, entries, [options] * len(entries)):
            rows.append(row)
            print(line_of(row), flush=True)
    for line, values in summary(rows):
        print(line)
        figures |= values
    return rows, figures


def count_from(least):
    def count(text):
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"a number from {least} on is needed, found {text}")
        return int(text)
    return count


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/catenary", metavar="FILE")
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "build/tables", metavar="FOLDER",
                        help="of tables and of scikit-learn's results [build/tables]")
    parser.add_argument("--tables", type=count_from(1), default=250, help="how many [%(default)s]")
    parser.add_argument("--of-package", type=count_from(1), default=8,
                        help="how many of one package at most [%(default)s]")
    parser.add_argument("--only", default="", metavar="TEXT", help="tables whose name contains this")
    parser.add_argument("--seeds", type=count_from(0), default=1,
                        help="of parts and weights: comparisons of each table; 0: only whether it trains [%(default)s]")
    parser.add_argument("--jobs", type=count_from(1), default=1, help="tables at once [%(default)s]")
    parser.add_argument("--init", default="",
                        help="of our hidden layers; scikit-learn's is glorot_uniform [a config's default]")
    parser.add_argument("--sides", nargs="+", choices=("catenary", "sklearn"), default=["catenary", "sklearn"])
    parser.add_argument("--quick", action="store_true", help="a few seconds on scikit-learn's own small tables")
    parser.add_argument("--json", type=pathlib.Path, help="also write the rows and figures to this file")
    options = parser.parse_args(arguments)
    options.cache, options.program = options.cache.resolve(), options.program.resolve()
    options.settings = Settings(init=options.init, steps=300 if options.quick else Settings.steps)
    return options


def main():
    options = options_of(sys.argv[1:])
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    os.nice(10)
    try:
        if "catenary" in options.sides and not os.access(options.program, os.X_OK):
            raise sources.Failed(f"needed the program {options.program}, which `make build` makes, found none")
        rows, figures = measure(options)
    except sources.Missing as missing:
        print(f"tables.py: {missing}")
        sys.exit(SKIPPED if options.quick else 1)
    except sources.Failed as error:
        sys.exit(f"tables.py: {error}")
    if options.json:
        options.json.write_text(json.dumps({"figures": figures, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    if options.quick and any(row["unedited"] or row["compared"] for row in rows):
        sys.exit("tables.py: not all of these tables train")


if __name__ == "__main__":
    main()
