#!/usr/bin/env python3
"""Time of whole `catenary derive` commands, from start to exit: networks of ten layers and formulas of 1,000 operations.

Each problem's derivation is checked first: as many steps as the problem has operations at least, and every result agreed
with by central differences and the complex step. Then the median of several runs, with the bar that it is to stay below.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

FORMATS = ["text", "html", "json"]
LAYERS = 10
OPERATIONS = 1000


class Failed(Exception):
    """A command has failed or its derivation is wrong; says which."""


def write_network(folder):
    """A config of ten dense sigmoid layers with softmax and cross-entropy, and its data."""
    random.seed(1)
    rows = [[f"{random.gauss(0, 1):.3f}" for _ in range(4)] + [f"c{row % 3}"] for row in range(30)]
    lines = ["a,b,c,d,kind", *(",".join(row) for row in rows)]
    (folder / "data.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    hidden = ", ".join(['{ type = "dense", units = 8, activation = "sigmoid" }'] * (LAYERS - 1))
    (folder / "network.toml").write_text(
        f"""format = 1
[data]
train = "data.csv"
target = "kind"
[model]
layers = [{hidden}, {{ type = "dense" }}]
[train]
loss = "softmax_cross_entropy"
optimizer = {{ type = "sgd", learning_rate = 0.1 }}
epochs = 1
batch_size = 10
""",
        encoding="utf-8",
    )


def compositions():
    """Compositions of functions of one number, 1,000 functions in all."""
    names = ["tanh", "sin", "cos", "sigmoid"]
    depth = OPERATIONS // 10  # a formula may nest to 200
    inner = [f"x/{k}" for k in range(2, 12)]
    for i in range(depth):
        inner = [f"{names[(i + k) % len(names)]}({f})" for k, f in enumerate(inner)]
    return ["--expr", "+".join(inner), "--given", "x: 1"]


def terms():
    """A sum of terms in which each of two parameters has 250 paths to the result."""
    term = "tanh(W*x)'*(c*x)"
    return ["--expr", "+".join([term.replace("c", str(k)) for k in range(1, OPERATIONS // 4 + 1)]), "--given", "W: n×n, x: n"]


# Name, arguments, operations at least, milliseconds at most.
PROBLEMS = [
    ("ten layers", ["network.toml"], 2 * LAYERS, 50),
    ("ten layers, full, numbers", ["network.toml", "--detail", "full", "--numbers"], 2 * LAYERS, 50),
    ("1,000 functions", compositions(), OPERATIONS, 1000),
    ("250 terms", terms(), OPERATIONS, 1000),
]


def run(command, folder):
    """What a command prints, and the seconds that it took."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)[:80]} exited with {done.returncode}: {done.stderr.strip()}")
    return done.stdout, seconds


def check(name, command, operations, folder):
    derivation = json.loads(run([*command, "--format", "json"], folder)[0])
    steps = derivation["steps"]
    if len(steps) < operations:
        raise Failed(f"{name}: needed a step for each of {operations} operations, found {len(steps)}")
    if any(not check["agrees"] for check in derivation["checks"]):
        raise Failed(f"{name}: a check disagrees")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/bench/catenary", help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=11, metavar="N", help="of which the median counts; default: %(default)s")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        write_network(pathlib.Path(folder))
        print(f"{'derivation of':<28}{'format':<8}{'ms':>8}{'bar':>8}")
        for name, arguments, operations, bar in PROBLEMS:
            command = [program, "derive", *arguments]
            check(name, command, operations, folder)
            for form in FORMATS:
                seconds = [run([*command, "--format", form], folder)[1] for _ in range(options.runs)]
                rows.append({"problem": name, "format": form, "ms": 1000 * statistics.median(seconds), "bar_ms": bar})
                print(f"{name:<28}{form:<8}{rows[-1]['ms']:>8.1f}{bar:>8}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failed, OSError) as failed:
        sys.exit(f"derive.py: {failed}")
