#!/usr/bin/env python3
"""Plants faults in a copy of the source, one after the other, and tells which test notices each.

Usage: mutants.py [WORD...] [--jobs N] [--limit SECONDS] [--resume] [--list]
WORD selects a floor, or the faults whose file or text contains it; without one all are tried. Writes docs/mutants.md and
exits with 1 when a fault survives, or a row of tests/mutants/FLOOR.toml cannot be used: its text does not stand in the
file once, or the fault does not compile.

For each fault the programs that could notice it are built and run until one fails: the tests of the fault's own floor
first, then those of the floors above, those that span floors, the program's own, and the slow ones at the end. A program
that is byte for byte what it is without the fault is not run. Each of the N workers has its own copy and build folder, in
build/mutants.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import queue
import re
import resource
import signal
import subprocess
import sys
import threading

from mutant_tables import DOCUMENT, TABLES, House, TableError, cell, chosen, read_document, read_tables, write_document

ROOT = pathlib.Path(__file__).parent.parent
PRESET = "mutants"
MOST_MEMORY = 16 << 30  # of one program: a fault that allocates without end must not take the machine with it


class BaselineError(Exception):
    """The source fails to build or to pass a test although no fault is planted."""


def failing_case(output):
    """The test case that failed, or during which the program ended; "" where there is none."""
    failed = re.search(r"\[  FAILED  \] ([^\s,]+)", output)
    begun = re.findall(r"\[ RUN      \] (\S+)", output)
    return failed[1] if failed else begun[-1] if begun else ""


class Tree:
    """A copy of the source with its build folder."""

    def __init__(self, folder):
        self.folder = folder
        self.build_folder = folder / "build" / PRESET
        self.digests = {}

    def update(self, root, files):
        """Copies what has changed, so that only this is compiled again."""
        for old in self.folder.rglob("*") if self.folder.exists() else ():
            relative = old.relative_to(self.folder)
            if old.is_file() and relative.parts[0] != "build" and relative not in files:
                old.unlink()
        for file in files:
            target, content = self.folder / file, (root / file).read_bytes()
            if not target.exists() or target.read_bytes() != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                target.chmod((root / file).stat().st_mode)

    def prepare(self, checks, jobs):
        """Builds all that the checks need, and remembers how it looks without a fault."""
        configured = subprocess.run(["cmake", "--preset", PRESET], cwd=self.folder, capture_output=True, text=True, check=False)
        if configured.returncode != 0:
            raise BaselineError(configured.stdout + configured.stderr)
        complaint = self.build({check.target for check in checks}, jobs)
        if complaint:
            raise BaselineError(f"the source does not compile:\n{complaint}")
        self.digests = {program: self.digest(program) for check in checks for program in check.programs}

    def build(self, targets, jobs=1, mutant=""):
        """Nothing, or what the compiler complains of."""
        command = ["cmake", "--build", self.build_folder, "--parallel", str(jobs), "--target", *sorted(targets)]
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False,
                             env={**os.environ, "MUTANT": mutant})
        return "" if run.returncode == 0 else run.stdout[-3000:] + run.stderr[-3000:]

    def digest(self, program):
        return hashlib.sha256((self.build_folder / program).read_bytes()).digest()

    def unchanged(self, check):
        return all(self.digest(program) == self.digests[program] for program in check.programs)

    def run(self, check, limit):
        """Nothing, or what failed. Ends the program and its children when the time is over."""
        command = [part.format(build=self.build_folder) for part in check.command]
        with subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", start_new_session=True) as run:
            try:
                output, how = run.communicate(timeout=limit)[0], ""
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
                output, how = run.communicate()[0], ", by its time limit"
        if run.returncode == 0 and not how:
            return ""
        return f"{check.name} {failing_case(output)}".strip() + how

    @contextlib.contextmanager
    def planted(self, mutant):
        path = self.folder / mutant.file
        text = path.read_text(encoding="utf-8")
        path.write_text(mutant.planted_in(text), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(text, encoding="utf-8")

    def try_out(self, mutant, checks, limit):
        """What becomes of a fault: "noticed by ...", "SURVIVED", or "ERROR: ..."."""
        with self.planted(mutant):
            same = True
            for check in checks:
                complaint = self.build({check.target}, mutant=mutant.fault)
                if complaint:
                    error = re.search(r"error: .*", complaint)
                    return f"ERROR: does not compile: {error[0] if error else complaint[-300:]}"
                if self.unchanged(check):
                    continue
                same = False
                failed = self.run(check, limit)
                if failed:
                    return f"noticed by {failed}"
        return "SURVIVED: no program changed" if same else "SURVIVED"


def tracked_files(root):
    """What git knows or would add."""
    run = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                         capture_output=True, text=True, check=True)
    return {pathlib.Path(file) for file in run.stdout.split("\0") if file and (root / file).is_file()}


def digest_of(root, files):
    """Of all that a test could see; the tables and this document are not among it."""
    digest = hashlib.sha256()
    for file in sorted(files):
        if not file.as_posix().startswith((TABLES, DOCUMENT)):
            digest.update(f"{file} ".encode() + hashlib.sha256((root / file).read_bytes()).digest())
    return digest.hexdigest()


class Log:
    """One line for each fault that was tried, written at once, so that an interrupted run can be continued."""

    def __init__(self, path, resumed):
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if resumed and path.exists() else []
        lines = [line for line in lines if line.split("\t", 1)[1].startswith("noticed")]  # the others are tried again
        self.verdicts = dict(line.split("\t", 1) for line in lines)
        self.lock = threading.Lock()
        self.path = path
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def add(self, mutant, verdict):
        with self.lock:
            self.verdicts[mutant.key()] = verdict
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{mutant.key()}\t{cell(verdict)}\n")


def check_baseline(tree, checks, limit, jobs, passed_path, tree_digest):
    """Runs every check without a fault; what has passed on this very source before is not run again."""
    passed = set(passed_path.read_text(encoding="utf-8").splitlines()) if passed_path.exists() else set()
    open_checks = [check for check in checks if f"{tree_digest} {check.name}" not in passed]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for check, failed in zip(open_checks, pool.map(lambda check: tree.run(check, 10 * limit), open_checks)):
            if failed:
                raise BaselineError(f"fails although no fault is planted: {failed}")
            passed.add(f"{tree_digest} {check.name}")
    passed_path.write_text("".join(f"{line}\n" for line in sorted(passed) if line.startswith(tree_digest)), encoding="utf-8")


def try_all(root, mutants, options, house):
    """Tries what is neither explained nor, when resumed, tried already: {mutant: verdict}."""
    folder = root / "build/mutants"
    log = Log(folder / "log.tsv", options.resume)
    waiting = [mutant for mutant in mutants if not mutant.why and mutant.key() not in log.verdicts]
    checks = {floor: house.checks(floor) for floor in {mutant.floor for mutant in waiting}}
    every_check = list(dict.fromkeys(check for of_floor in checks.values() for check in of_floor))
    earlier = read_document(root)

    files = tracked_files(root)
    trees = queue.SimpleQueue()
    for i in range(min(options.jobs, len(waiting))):
        tree = Tree(folder / str(i + 1))
        print(f"building copy {i + 1}", flush=True)
        tree.update(root, files)
        tree.prepare(every_check, options.jobs)
        if i == 0:
            check_baseline(tree, every_check, options.limit, options.jobs, folder / "passed", digest_of(root, files))
        trees.put(tree)

    def work(mutant):
        tree = trees.get()
        hint = earlier.get((mutant.floor, cell(mutant.fault), cell(mutant.file)), "")
        order = sorted(checks[mutant.floor], key=lambda check: not hint.startswith(f"noticed by {check.name} "))
        try:
            return mutant, tree.try_out(mutant, order, options.limit)
        except TableError as error:
            return mutant, f"ERROR: {error}"
        finally:
            trees.put(tree)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        works = [pool.submit(work, mutant) for mutant in waiting]
        for done, future in enumerate(concurrent.futures.as_completed(works), 1):
            mutant, verdict = future.result()
            log.add(mutant, verdict)
            print(f"[{done}/{len(waiting)}] {mutant}: {verdict}", flush=True)
    return {mutant: log.verdicts[mutant.key()] for mutant in mutants if mutant.key() in log.verdicts}


def limit_resources():
    """For this process and all that it starts."""
    for kind, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main(arguments, root=ROOT):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="faults tried at the same time")
    parser.add_argument("--limit", type=float, default=120, help="seconds for one test program; a longer one has noticed")
    parser.add_argument("--resume", action="store_true", help="leave out what the last run saw noticed")
    parser.add_argument("--list", action="store_true", help="only print what is chosen")
    options = parser.parse_args(arguments)
    try:
        every, house = read_tables(root), House(root)
        mutants = chosen(every, options.words, house.floors)
        if options.list:
            print(*mutants, sep="\n")
            return 0
        verdicts = try_all(root, mutants, options, house)
    except (TableError, BaselineError) as error:
        print(error, file=sys.stderr)
        return 1
    write_document(root, every, verdicts)
    bad = [f"{mutant}: {verdict}" for mutant, verdict in verdicts.items() if not verdict.startswith("noticed")]
    noticed = len(verdicts) - len(bad)
    print(f"{noticed} noticed, {sum(bool(mutant.why) for mutant in mutants)} explained, {len(bad)} neither", *bad, sep="\n  ")
    return 1 if bad else 0


if __name__ == "__main__":
    limit_resources()
    sys.exit(main(sys.argv[1:]))
