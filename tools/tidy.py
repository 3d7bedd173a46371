#!/usr/bin/env python3
"""Runs clang-tidy on the given files, many of them as if they were one.

Usage: tidy.py FILES.cc... Prints what is wrong and exits with 1, or prints nothing. Needs a configured build/dev.

Most of clang-tidy's time goes into the headers of the standard library, which it parses and searches again for each
file. So files that are compiled alike are joined: their texts one after the other, as the analyzer would skip included
files. Files whose names would clash stay apart, and a join that the compiler complains of is split. That each file includes what
it needs is seen by having Clang read it by itself. A stamp named by the hash of all that a file was made from spares a file that
has not changed since it was found clean.
"""

import collections
import concurrent.futures
import functools
import hashlib
import json
import math
import os
import pathlib
import re
import shlex
import subprocess
import sys

DATABASE = pathlib.Path("build/dev/compile_commands.json")
FOLDER = pathlib.Path("build/lint")
# Long enough to read the standard library seldom, short enough that no processor waits for the last join.
LINES = 2500
# The analyzer leaves a function after 20,000 states instead of 225,000: of 18 faults, sown one into each function, it
# finds all 18 either way, in a third of the time.
ANALYZER = "max-nodes=20000"
# Tests do without the analyzer and most of bugprone, which take two thirds of the time there, and without limits on a
# function's size, as GoogleTest's macros nest.
TESTS = "-clang-analyzer-*,-bugprone-*,bugprone-use-after-move,-readability-function-size"

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
HIDDEN = re.compile(r"^namespace \{$.*?^\}  // namespace$", re.MULTILINE | re.DOTALL)
# What a line declares that begins in the first column: the word before the first parenthesis, brace, bracket, semicolon
# or equals sign. GoogleTest's macros declare nothing that could clash.
DECLARED = re.compile(r"^(?:\[\[nodiscard\]\] )?(?!namespace|using|template|return|[A-Z_]+\()(?=\w)"
                      r"[^(={;\[\n]*?\b(\w+)(?: final)?(?: : \w+)?\s*[({=;\[]", re.MULTILINE)
INSTANTIATED = re.compile(r"^template class \w+", re.MULTILINE)


@functools.cache
def text_of(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


@functools.cache
def files_below(path):
    """A file and all of the project's headers that it includes, in order of their names."""
    found, waiting = set(), [path]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            beside = os.path.dirname(file)
            names = INCLUDE.findall(text_of(file))
            waiting += [name for name in names + [os.path.join(beside, name) for name in names] if os.path.exists(name)]
    return sorted(found)


@functools.cache
def own_names(path):
    """The names that a file declares for itself alone, and the templates that it instantiates."""
    text = text_of(path)
    return {name for block in HIDDEN.findall(text) for name in DECLARED.findall(block)} | set(INSTANTIATED.findall(text))


@functools.cache
def shared_names(path):
    """The names that the headers below a file declare."""
    return {name for file in files_below(path) if file.endswith(".h") for name in DECLARED.findall(text_of(file))}


def clash(one, other):
    """Whether a name would have two meanings in a join of two files."""
    return bool(own_names(one) & (own_names(other) | shared_names(other) - shared_names(one)) or
                own_names(other) & (shared_names(one) - shared_names(other)))


def joins(paths):
    """Distributes files over joins of about equal length."""
    lines = {path: text_of(path).count("\n") for path in paths}
    found = [[] for _ in range(math.ceil(sum(lines.values()) / LINES))]
    for path in sorted(paths, key=lambda path: (-lines[path], path)):
        free = [join for join in found if not any(clash(path, other) for other in join)]
        if not free:
            free = [[]]
            found += free
        min(free, key=lambda join: sum(lines[other] for other in join)).append(path)
    return found


def written(paths):
    """The file that joins `paths`, and for each of its lines the place that it came from."""
    if len(paths) == 1:
        return paths[0], None
    lines, origin = [], [""]
    for path in paths:
        for number, line in enumerate(text_of(path).split("\n"), 1):
            lines.append(line)
            origin.append(f"{path}:{number}")
    join = FOLDER / (hashlib.sha256("\0".join(paths).encode()).hexdigest()[:16] + ".cc")
    join.write_text("\n".join(lines), encoding="utf-8")
    return str(join), origin


def words_for(paths, flags):
    """What Clang is told about files that are compiled alike. It does not know all of GCC's flags."""
    words = {word for path in paths for word in (*flags[path], f"-iquote{os.path.dirname(path)}")}
    return [*sorted(words), "-Wno-unknown-warning-option"]


def read_alone(path, flags):
    """Has Clang read a file by itself, and returns what is wrong."""
    run = subprocess.run(["clang++", "-fsyntax-only", *words_for([path], flags), path],
                         capture_output=True, text=True, check=False)
    return run.stderr


def tidy(paths, flags):
    """Checks files that are compiled alike, together if that works, and returns what is wrong."""
    file, origin = written(paths)
    command = ["clang-tidy", "--quiet", file]
    command += [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", ANALYZER)]
    if is_test(paths[0]):
        command.append(f"--checks={TESTS}")
    run = subprocess.run([*command, "--", *words_for(paths, flags)], capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return ""
    if len(paths) == 1:
        return run.stdout
    # What the compiler says, even of shadowed names, may be due to the join alone.
    if "[clang-diagnostic-" in run.stdout:
        middle = len(paths) // 2
        return tidy(paths[:middle], flags) + tidy(paths[middle:], flags)
    place = re.compile(re.escape(os.path.abspath(file)) + r":(\d+)")
    return place.sub(lambda found: origin[int(found[1])], run.stdout)


def is_test(path):
    return path.endswith("_test.cc")


def stamp(path, flags, settings):
    """The file that exists when `path` was found clean as it is."""
    parts = [settings, *flags, *(f"{file}\0{text_of(file)}" for file in files_below(path))]
    return FOLDER / hashlib.sha256("\0".join(parts).encode()).hexdigest()


def flags_by_file():
    """What the compiler is told about how to understand each file."""
    kept = ("-D", "-I", "-W", "-std", "-isystem")
    return {os.path.relpath(entry["file"]): [word for word in shlex.split(entry["command"]) if word.startswith(kept)]
            for entry in json.loads(DATABASE.read_text(encoding="utf-8"))}


def alike(path, flags):
    """What two files must have in common to be joined. Kernels, each compiled several times over, stay alone."""
    understood = tuple(word for word in flags[path] if not word.startswith("-D"))
    return understood, is_test(path), path if path.startswith("catenary/kernels/") else ""


def main(paths):
    FOLDER.mkdir(parents=True, exist_ok=True)
    settings = "".join(text_of(str(file)) for file in [".clang-tidy", *sorted(pathlib.Path().glob("*/*/.clang-tidy")), __file__])
    flags = flags_by_file()
    stamps = {path: stamp(path, flags[path], settings) for path in paths}
    groups = collections.defaultdict(list)
    for path in paths:
        if not stamps[path].exists():
            groups[alike(path, flags)].append(path)

    def check(join):
        wrong = tidy(join, flags)
        if len(join) > 1:
            wrong += "".join(read_alone(path, flags) for path in join)
        if not wrong:
            for path in join:
                stamps[path].touch()
        return wrong

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = "".join(pool.map(check, [join for group in groups.values() for join in joins(group)]))
    print(wrong, end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
