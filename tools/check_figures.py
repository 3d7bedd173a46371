#!/usr/bin/env python3
"""Measures the C++ source: how long its functions and files are, and whether files include each other in a circle.

A function is as long as clang-tidy counts it, from the brace of its body to the last, so that one line is 0. The bars are for
catenary/ and apps/ without their tests, as tests are tables as often as functions; those of files for all.

Usage: check_figures.py [ROOT]. Prints the figures, then one line for each bar that is missed, and exits with 1 if there is any.
"""

import pathlib
import re
import statistics
import subprocess
import sys

import cpp_reader

MOST_MEDIAN = 6
SHORT, LEAST_SHARE_OF_SHORT = 16, 0.9
LONG = 40  # clang-tidy refuses what is longer, unless the place says why
MOST_LINES = 400
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def sources(root):
    """The text of every source, by its path."""
    kinds = ("*.h", "*.cc", "*.py", "*.js", "*.css")
    listed = subprocess.run(["git", "ls-files", *kinds], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    return {path: (root / path).read_text(encoding="utf-8") for path in listed if (root / path).exists()}


def function_lengths(text):
    """(length, name, line) of every function with a body that is not within another."""
    def of(declarations):
        for d in declarations:
            if d.body is not None:
                yield d.last.last_line - d.body.line, d.names[0], d.first.line
            yield from of(d.members or [])
    return list(of(cpp_reader.Reader(text).declarations))


def include_cycle(texts):
    """Files that include each other in a circle, the first again at the end; [] if there are none."""
    def resolved(path, name):
        beside = str(pathlib.PurePosixPath(path).parent / name)
        return name if name in texts else beside if beside in texts else None

    arrows = {path: sorted({r for name in INCLUDE.findall(text) if (r := resolved(path, name))}) for path, text in texts.items()}
    finished = set()

    def visit(path, way):
        if path in way:
            return [*way[way.index(path):], path]
        if path not in finished:
            for target in arrows[path]:
                if cycle := visit(target, [*way, path]):
                    return cycle
            finished.add(path)
        return []

    return next(filter(None, (visit(path, []) for path in sorted(arrows))), [])


def is_measured(path):
    return path.startswith(("catenary/", "apps/")) and path.endswith((".h", ".cc")) and not path.endswith(("_test.cc", "testing.h"))


def measure(root):
    """The lines of figures, and those of missed bars."""
    texts = sources(root)
    functions = [f for path, text in texts.items() if is_measured(path) for f in function_lengths(text)]
    lengths = [length for length, _, _ in functions]
    median = statistics.median(lengths)
    share = sum(length < SHORT for length in lengths) / len(lengths)
    large = [(path, text.count("\n")) for path, text in texts.items() if text.count("\n") > MOST_LINES]
    cycle = include_cycle(texts)
    figures = [f"functions: {len(lengths)}, median length {median:g}, {share:.1%} below {SHORT} lines, "
               f"{sum(length > LONG for length in lengths)} above {LONG}",
               f"files: {len(texts)}, {len(large)} above {MOST_LINES} lines, {'an' if cycle else 'no'} include cycle"]
    missed = [f"{path}:1: needed at most {MOST_LINES} lines, found {lines}" for path, lines in large]
    if median > MOST_MEDIAN:
        missed.append(f"needed functions of a median length of at most {MOST_MEDIAN}, found {median:g}")
    if share < LEAST_SHARE_OF_SHORT:
        missed.append(f"needed {LEAST_SHARE_OF_SHORT:.0%} of the functions below {SHORT} lines, found {share:.1%}")
    if cycle:
        missed.append(f"needed no files that include each other, found {' -> '.join(cycle)}")
    return figures, missed


def main(arguments):
    figures, missed = measure(pathlib.Path(arguments[1]) if len(arguments) > 1 else pathlib.Path(__file__).parent.parent)
    print(*figures, *missed, sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
