#!/usr/bin/env python3
"""Whole trainings on Fashion-MNIST: `catenary train` beside the same epochs in Python's frameworks.

784-256-128-10, relu, batches of 128, SGD and Adam, on one thread and on two. Each training is a process of its own,
confined to as many cores; figures are medians over the epochs. Needs the preset bench.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
SAMPLES = 60_000
MODULES = {"pytorch": "torch", "sklearn": "sklearn"}  # of the frameworks
OPTIMIZERS = {
    "sgd": '{ type = "sgd", learning_rate = 0.01 }',
    "adam": '{ type = "adam", learning_rate = 0.0003 }',
}


class Failed(Exception):
    """A command has failed; says which, and its last words."""


def positive(text):
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on is needed, found {text}")
    return int(text)


def run(command, threads, **variables):
    """A command's standard output, from that many cores and threads, with these variables in its environment."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)} | variables
    if "avx512f" in pathlib.Path("/proc/cpuinfo").read_text():
        environment.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")  # as compare_bench does
    # subprocess runs this between fork and exec: the child's cores, not ours.
    result = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, cores))
    if result.returncode != 0:
        last_words = result.stderr.strip().splitlines()[-1:]
        raise Failed(" ".join([f"{pathlib.Path(command[0]).name} {command[1]} failed:", *last_words]))
    return result.stdout


def train_catenary(options, optimizer, threads):
    with tempfile.TemporaryDirectory() as folder:
        command = [options.program, "train", ROOT / "examples/fashion-mnist.toml", "--json",
                   "--threads", threads, "--out", pathlib.Path(folder) / "run",
                   "--set", f"train.epochs={options.epochs}", "--set", "train.weight_decay=0",
                   "--set", f"train.optimizer={OPTIMIZERS[optimizer]}"]
        output = run(command, threads)
    events = [json.loads(line) for line in output.splitlines()]
    epochs = [event for event in events if event["event"] == "epoch"]
    return {"seconds": [SAMPLES / event["samples_per_second"] for event in epochs],
            "accuracy": events[-1]["test"]["accuracy"]}


def train_framework(framework, options, optimizer, threads):
    """The faster of two trainings where there are several threads: see bench/compare/waiting.h."""
    command = [options.python, ROOT / "bench/epochs.py", "--framework", framework, "--optimizer", optimizer,
               "--threads", threads, "--epochs", options.epochs]
    results = [json.loads(run(command, threads))]
    if threads > 1 and not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys():
        results.append(json.loads(run(command, threads, OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="0")))
    return min(results, key=lambda result: statistics.median(result["seconds"]))


def frameworks_of(options):
    """Those that were asked for, else those that are installed."""
    def installed(framework):
        return subprocess.run([options.python, "-c", f"import {MODULES[framework]}"], capture_output=True).returncode == 0

    if not shutil.which(options.python):
        raise Failed(f"--python: there is no program {options.python}")
    if options.frameworks is None:
        return [framework for framework in MODULES if installed(framework)]
    for framework in options.frameworks:
        if not installed(framework):
            raise Failed(f"--frameworks: {options.python} cannot import {MODULES[framework]}")
    return options.frameworks


def rows_of(options, frameworks, optimizer, threads):
    """A row for each side, Catenary first."""
    sides = {"catenary": train_catenary(options, optimizer, threads)}
    for framework in frameworks:
        sides[framework] = train_framework(framework, options, optimizer, threads)
    own = statistics.median(sides["catenary"]["seconds"])
    for name, side in sides.items():
        seconds = statistics.median(side["seconds"])
        yield {"side": name, "version": side.get("version", ""), "optimizer": optimizer, "threads": threads,
               "epoch_seconds": seconds, "least_seconds": min(side["seconds"]), "most_seconds": max(side["seconds"]),
               "samples_per_second": SAMPLES / seconds, "accuracy": side["accuracy"],
               "time_over_catenary": seconds / own}


def measure(options):
    if not options.program.exists():
        raise Failed(f"{options.program} has not been built: cmake --preset bench && cmake --build build/bench")
    frameworks = frameworks_of(options)
    print(f"Fashion-MNIST, 784-256-128-10, batches of 128, {options.epochs} epochs")
    print(f"{'side':10} {'optimizer':>9} {'th':>2} {'s/epoch':>8} {'least':>7} {'most':>7} {'samples/s':>10} "
          f"{'accuracy':>8} {'time':>6}")
    rows = []
    for optimizer in options.optimizers:
        for threads in options.threads:
            for row in rows_of(options, frameworks, optimizer, threads):
                rows.append(row)
                print(f"{row['side']:10} {optimizer:>9} {threads:>2} {row['epoch_seconds']:8.3f} "
                      f"{row['least_seconds']:7.3f} {row['most_seconds']:7.3f} {row['samples_per_second']:10.0f} "
                      f"{row['accuracy']:8.4f} {row['time_over_catenary']:5.2f}x", flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=positive, default=5)
    parser.add_argument("--threads", type=positive, nargs="+", default=[1, 2])
    parser.add_argument("--optimizers", nargs="+", choices=OPTIMIZERS, default=list(OPTIMIZERS))
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/bench/catenary", metavar="FILE")
    parser.add_argument("--frameworks", nargs="*", choices=MODULES, help="default: those that are installed")
    parser.add_argument("--python", default="/usr/bin/python3", help="the interpreter of the frameworks")
    parser.add_argument("--json", type=pathlib.Path, help="also write the rows to this file")
    options = parser.parse_args()
    try:
        rows = measure(options)
    except Failed as error:
        sys.exit(f"end_to_end.py: {error}")
    if options.json:
        options.json.write_text(json.dumps({"epochs": options.epochs, "rows": rows}, indent=2) + "\n")
        print(f"wrote {options.json}")


if __name__ == "__main__":
    main()
