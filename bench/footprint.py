#!/usr/bin/env python3
"""Memory, size and start-up time of the program `catenary`.

Peak memory of whole trainings over what `catenary inspect` plans for a step plus the data set, once all of it and once
without what the program takes that does nothing but say its version; the same beside a process that trains the network
by libtorch. Size of the program without shared libraries, stripped; time of `catenary --version`. Needs the presets
bench and static.
"""

import argparse
import itertools
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
MEGA = 1e6

# Name, widths, batch, samples.
NETWORKS = [
    ("2-8-1", [2, 8, 1], 4, 256),
    ("4-16-3", [4, 16, 3], 16, 256),
    ("64-64-10", [64, 64, 10], 32, 2048),
    ("784-128-10", [784, 128, 10], 64, 2048),
]
FASHION_MNIST = "fashion-mnist"


class Failed(Exception):
    """A program is missing or has failed; says which."""


def output_of(command):
    """What a program prints."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        last_words = result.stderr.strip().splitlines()[-1:]
        raise Failed(" ".join(["`" + " ".join(map(str, command)) + "` failed:", *last_words]))
    return result.stdout


class Programs:
    """Where the programs lie, and how to run them."""

    def __init__(self, options):
        self.catenary = options.build / "catenary"
        self.built = {"dynamic": self.catenary, "static": options.static}
        self.torch = options.build / "bench/footprint_torch"
        self.run_process = options.build / "bench/run_process"
        self.starts = 10 if options.quick else 300
        if options.quick and not options.static.exists():
            print(f"{options.static} has not been built; the program without shared libraries is left out")
            del self.built["static"]
        for program in [self.catenary, self.run_process, *self.built.values()]:
            if not program.exists():
                raise Failed(f"{program} has not been built: `make bench` does it")

    def measure(self, command, times=1):
        """Peak memory and seconds of a command, as run_process prints them."""
        return json.loads(output_of([self.run_process, "--times", times, "--", *command]))

    def planned_bytes(self, config):
        return json.loads(output_of([self.catenary, "inspect", config, "--json", "--threads", 1]))["planned_bytes"]


def write_csv(path, features, outputs, samples):
    """Rows of random numbers with a class, or with a number where there is one output."""
    random.seed(1)
    lines = [",".join([f"x{i}" for i in range(features)] + ["y"])]
    for row in range(samples):
        numbers = [f"{random.gauss(0, 1):.3f}" for _ in range(features)]
        lines.append(",".join(numbers + [f"c{row % outputs}" if outputs > 1 else f"{random.gauss(0, 1):.3f}"]))
    path.write_text("\n".join(lines) + "\n")


def write_config(folder, widths, batch):
    """A config that trains relu layers by SGD on folder/data.csv, for 3 epochs."""
    loss = "softmax_cross_entropy" if widths[-1] > 1 else "squared_error"
    lines = ["format = 1", "[data]", 'train = "data.csv"', 'target = "y"']
    for units in widths[1:-1]:
        lines += ["[[model.layers]]", 'type = "dense"', f"units = {units}", 'activation = "relu"']
    lines += ["[[model.layers]]", 'type = "dense"', f"units = {widths[-1]}"]
    lines += ["[train]", f'loss = "{loss}"', 'optimizer = { type = "sgd" }', "epochs = 3", f"batch_size = {batch}"]
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def row_of(programs, kind, folder, name, config, data_bytes):
    """What one training took of memory, in bytes. `own`: what is left of the peak without the idle program."""
    program = programs.built[kind]
    idle_bytes = programs.measure([program, "--version"])["peak_bytes"]
    train = [program, "train", config, "--threads", "1", "--out", folder / "run"]
    train += ["--set", "train.epochs=2"]
    peak = programs.measure(train)["peak_bytes"]
    planned = programs.planned_bytes(config)
    expected = planned + data_bytes
    return {"network": name, "program": kind, "peak_bytes": peak, "idle_bytes": idle_bytes,
            "own_bytes": peak - idle_bytes, "planned_bytes": planned, "data_bytes": data_bytes,
            "peak_over_planned": peak / expected, "own_over_planned": (peak - idle_bytes) / expected}


def memory_rows(programs, networks):
    """A row for each network and program. The data are f32, but for Fashion-MNIST's pixels, which stay bytes."""
    for name, widths, batch, samples in networks:
        with tempfile.TemporaryDirectory() as name_of_folder:
            folder = pathlib.Path(name_of_folder)
            write_csv(folder / "data.csv", widths[0], widths[-1], samples)
            config = write_config(folder, widths, batch)
            rows = [row_of(programs, kind, folder, name, config, samples * (widths[0] + 1) * 4)
                    for kind in programs.built]
        if programs.torch.exists():
            torch = [programs.torch, *widths, "--batch", batch, "--samples", samples]
            torch_bytes = programs.measure(torch)["peak_bytes"]
            rows = [row | {"libtorch_bytes": torch_bytes} for row in rows]
        yield from rows


def memory_rows_of_fashion_mnist(programs):
    with tempfile.TemporaryDirectory() as name_of_folder:
        config = ROOT / "examples" / f"{FASHION_MNIST}.toml"
        for kind in programs.built:
            yield row_of(programs, kind, pathlib.Path(name_of_folder), FASHION_MNIST, config, 70_000 * (784 + 4))


def print_memory_heading():
    print("Peak memory of `catenary train`, one thread, in MB. idle: of `catenary --version`; own: peak without idle; "
          "p+d: planned + data")
    print(f"{'network':14} {'program':8}" + "".join(f" {heading:>9}" for heading in (
        "peak", "idle", "own", "planned", "data", "peak/p+d", "own/p+d", "libtorch", "/ peak")))


def print_memory(row):
    sizes = [row[f"{key}_bytes"] / MEGA for key in ("peak", "idle", "own", "planned", "data")]
    ratios = [row["peak_over_planned"], row["own_over_planned"]]
    line = f"{row['network']:14} {row['program']:8}" + "".join(f" {figure:9.2f}" for figure in sizes + ratios)
    if "libtorch_bytes" in row:
        line += f" {row['libtorch_bytes'] / MEGA:9.2f} {row['libtorch_bytes'] / row['peak_bytes']:8.1f}x"
    print(line, flush=True)


def binary(programs):
    """Size and start-up time of the program: with shared libraries, and without."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, program in programs.built.items():
            stripped = pathlib.Path(folder) / kind
            shutil.copy(program, stripped)
            output_of(["strip", stripped])
            start = programs.measure([stripped, "--version"], times=programs.starts)
            rows.append({"program": kind, "stripped_bytes": stripped.stat().st_size,
                         "startup_seconds": start["seconds"], "least_startup_seconds": start["least_seconds"],
                         "idle_bytes": start["peak_bytes"]})
    return rows


def measure(options):
    """All rows: of memory, and of the programs."""
    programs = Programs(options)
    print_memory_heading()
    memory = []
    networks = NETWORKS[:2] if options.quick else NETWORKS
    last = [] if options.quick else memory_rows_of_fashion_mnist(programs)
    for row in itertools.chain(memory_rows(programs, networks), last):
        memory.append(row)
        print_memory(row)
    print(f"\n{'program':14} {'stripped':>12} {'--version':>12} {'idle memory':>12}")
    rows = binary(programs)
    for row in rows:
        print(f"{row['program']:14} {row['stripped_bytes'] / MEGA:9.2f} MB {row['startup_seconds'] * 1e3:9.2f} ms "
              f"{row['idle_bytes'] / MEGA:9.2f} MB")
    return {"memory": memory, "programs": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", metavar="FOLDER",
                        help="where the programs lie; default: build/bench")
    parser.add_argument("--static", type=pathlib.Path, default=ROOT / "build/static/catenary", metavar="FILE",
                        help="the program without shared libraries; default: build/static/catenary")
    parser.add_argument("--quick", action="store_true", help="two small networks: to see that it works")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures to this file")
    options = parser.parse_args()
    try:
        results = measure(options)
    except Failed as error:
        sys.exit(f"footprint.py: {error}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
        print(f"wrote {options.json}")


if __name__ == "__main__":
    main()
