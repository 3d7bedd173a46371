#!/usr/bin/env python3
"""What it costs to train on a table that is read from a file in place of memory.

Usage: streaming.py CATENARY [--rows N] [--rounds N] [--json FILE]. Two tables are made: of numbers without gaps, which a step gathers where they
lie, and of trips (examples/make_trips.py), whose inputs are made for each batch. Each is trained on with all of its memory and with a
tenth of what its features take; first the weights must be the same bytes, then the two take turns, and a figure is the median of
the ratios of their times. The system's cache holds the file: what a disk costs is the disk's.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIG = """format = 1
[data]
train = "{table}"
target = "y"
split = {{ test = 0.1 }}
[[model.layers]]
type = "dense"
units = 64
activation = "relu"
[[model.layers]]
type = "dense"
[train]
loss = "squared_error"
epochs = 2
batch_size = 128
"""


def write_numbers(path, rows):
    chance = random.Random(2)
    with open(path, "w") as file:
        print(",".join(f"x{i}" for i in range(40)) + ",y", file=file)
        for _ in range(rows):
            xs = [chance.randrange(-9999, 9999) / 1000 for _ in range(40)]
            print(",".join(map(str, xs)), round(xs[0] * xs[1] + xs[2], 3), sep=",", file=file)


def write_trips(path, rows):
    subprocess.run([sys.executable, ROOT / "examples" / "make_trips.py", path, str(rows)], check=True)
    text = path.read_text()
    header, rest = text.split("\n", 1)
    path.write_text(header.replace("minutes", "y") + "\n" + rest)


class Side:
    """One way to train: with all the memory, or so many bytes."""

    def __init__(self, program, config, name, max_bytes):
        self.out = config.parent / name
        limit = ["--max-bytes", str(max_bytes)] if max_bytes else []
        self.command = [program, "train", config, "--out", self.out, "--json", "--threads", "1", *limit]

    def seconds(self):
        """Of an epoch, the quickest of a training."""
        lines = subprocess.run(self.command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        events = [json.loads(line) for line in lines]
        self.notes = next(e["notes"] for e in events if e["event"] == "start")
        rates = [e["samples_per_second"] for e in events if e["event"] == "epoch"]
        return 1 / max(rates)

    def weights(self):
        return (self.out / "weights.safetensors").read_bytes()


def measure(program, folder, table, rounds):
    path = folder / f"{table.name}.csv"
    table.write(path)
    config = folder / f"{table.name}.toml"
    config.write_text(CONFIG.format(table=path))
    memory, file = Side(program, config, "memory", None), Side(program, config, "file", table.max_bytes)
    ratios = []
    for _ in range(rounds + 1):
        once, again = memory.seconds(), file.seconds()
        ratios.append(again / once)
    if memory.weights() != file.weights():
        sys.exit(f"{table.name}: needed the same weights from memory and from a file, found others")
    if not any("rows are read from" in note for note in file.notes):
        sys.exit(f"{table.name}: needed a table beyond {table.max_bytes} bytes, found one within")
    ratios = ratios[1:]  # the first training made the file
    return {"table": table.name, "rows": table.rows, "max_bytes": table.max_bytes,
            "time_of_memory": statistics.median(ratios), "from": min(ratios), "to": max(ratios)}


class Table:
    def __init__(self, name, rows, write, features):
        self.name, self.rows, self.write = name, rows, lambda path: write(path, rows)
        # What stays in memory (32 bytes and a target a row, some 1600 a column, values of categories) and a tenth of the features.
        self.max_bytes = rows * 36 + rows * 4 * features // 10 + 1600 * (features + 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        tables = [Table("numbers", arguments.rows, write_numbers, 40), Table("trips", arguments.rows, write_trips, 5)]
        results = [measure(arguments.program, folder, table, arguments.rounds) for table in tables]
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    for r in results:
        print(f"{r['table']:8} {r['rows']} rows, {r['max_bytes']} bytes: {r['time_of_memory']:.2f} of memory's time "
              f"({r['from']:.2f} to {r['to']:.2f})")


if __name__ == "__main__":
    main()
