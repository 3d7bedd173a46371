#!/usr/bin/env python3
"""Compares the training steps of this tree with those of an earlier commit, one build after the other in short turns.

Builds the commit's library in build/before and links steps.cc, as it is here, against it. Both sides must come to the same
losses, or the row says "other bits". A ratio is this tree's time over the commit's: the median of the pairs of turns,
and that of each side's fastest tenth.

Usage: bench/before.py [COMMIT] [--only TEXT] [--turn SECONDS] [--rounds N] [--old PROGRAM] [--new PROGRAM] [--json FILE]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NETWORKS = """
    2-8-1:tanh:sgd:4:1:f32:in_order          8-8-8:relu:sgd:16:1:f32:in_order
    64-64-64:relu:sgd:16:1:f32:shuffled      64-64-64:tanh:momentum:64:1:f32:shuffled
    64-64-64:gelu:adam:256:1:f32:shuffled    256-256-256:relu:sgd:1:1:f32:in_order
    256-256-256:relu:sgd:16:1:f32:in_order   256-256-256:relu:adam:64:1:f32:shuffled
    256-256-256:sigmoid:sgd:256:1:f32:in_order   256-256-256:relu:sgd:2048:1:f32:in_order
    784-128-10:relu:sgd:64:1:f32:shuffled    784-256-128-10:relu:adam:128:1:f32:shuffled
    1024-1024-1024:relu:sgd:64:1:f32:in_order    1024-1024-1024:relu:adam:16:1:f32:in_order
    64-64-64:relu:sgd:64:1:f64:in_order      256-256-256:relu:adam:64:1:f64:shuffled
    784-256-128-10:relu:sgd:128:2:f32:shuffled   256-256-256:relu:adam:2048:2:f32:in_order
""".split()


def run(*command, **options):
    subprocess.run(command, check=True, stdout=sys.stderr, **options)


def build_before(commit):
    """The commit's steps_bench; kept until another commit is asked for."""
    tree = ROOT / "build/before"
    subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, stderr=subprocess.DEVNULL, check=False)
    run("git", "worktree", "add", "--force", "--detach", tree, commit, cwd=ROOT)
    (tree / "bench/steps.cc").write_bytes((ROOT / "bench/steps.cc").read_bytes())
    programs = tree / "bench/CMakeLists.txt"
    if "steps_bench" not in programs.read_text(encoding="utf-8"):
        with programs.open("a", encoding="utf-8") as file:
            file.write("\nadd_executable(steps_bench steps.cc)\ntarget_link_libraries(steps_bench PRIVATE catenary)\n")
    run("cmake", "--preset", "bench", cwd=tree)
    run("cmake", "--build", "build/bench", "--parallel", str(os.cpu_count()), "--target", "steps_bench", cwd=tree)
    return tree / "build/bench/bench/steps_bench"


class Side:
    """A steps_bench that waits for its turns."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, network, steps):
        """Seconds a step, and the last loss."""
        self.process.stdin.write(f"{network} {steps}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if len(answer) != 2:
            raise SystemExit(f"before.py: {self.process.args[0]} stopped at {network}")
        return float(answer[0]) / steps, answer[1]

    def pin(self, processors):
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            os.sched_setaffinity(int(thread), processors)


def fastest(times):
    return sorted(times)[len(times) // 10]


def compare(network, old, new, options):
    allowed = sorted(os.sched_getaffinity(0))
    threads = int(network.split(":")[4])
    same_bits = old.turn(network, 3)[1] == new.turn(network, 3)[1]
    for side in (old, new):
        side.pin(set(allowed[-threads:]))
    steps = max(1, int(options.turn / max(old.turn(network, 5)[0], 1e-9)))
    times = {old: [], new: []}
    for i in range(options.rounds):
        for side in (old, new) if i % 2 else (new, old):
            times[side].append(side.turn(network, steps)[0])
    return {"network": network, "same_bits": same_bits, "seconds": fastest(times[new]),
            "ratio": statistics.median(n / o for n, o in zip(times[new], times[old])),
            "ratio_of_fastest": fastest(times[new]) / fastest(times[old])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", nargs="?", default="HEAD~1", help="to compare with [%(default)s]")
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--turn", type=float, default=0.02, help="seconds of a turn [%(default)s]")
    parser.add_argument("--rounds", type=int, default=100, help="pairs of turns [%(default)s]")
    parser.add_argument("--old", type=pathlib.Path, help="a steps_bench instead of the commit's")
    parser.add_argument("--new", type=pathlib.Path, default=ROOT / "build/bench/bench/steps_bench",
                        help="this tree's steps_bench [%(default)s]")
    parser.add_argument("--json", type=pathlib.Path, help="also write the rows to this file")
    options = parser.parse_args()
    for program in filter(None, (options.old, options.new)):
        if not os.access(program, os.X_OK):
            raise SystemExit(f"before.py: needed the program {program}, which `make bench-build` makes, found none")
    networks = [n for n in NETWORKS if options.only in n]
    if not networks:
        raise SystemExit(f"before.py: --only: no network's name contains '{options.only}'")
    old, new = Side(options.old or build_before(options.commit)), Side(options.new)
    print(f"{'network':44} {'step':>10}  {'ratio':>6} {'of fastest':>10}")
    rows = []
    for network in networks:
        row = compare(network, old, new, options)
        rows.append(row)
        print(f"{network:44} {row['seconds'] * 1e6:>7.2f} µs  {row['ratio']:>6.3f} {row['ratio_of_fastest']:>10.3f}"
              f"{'' if row['same_bits'] else '  other bits'}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"before.py: `{' '.join(map(str, error.cmd))}` failed")
