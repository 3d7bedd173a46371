"""docs/tables.md: its commands print what it quotes. In a quoted line `...` stands for anything, a line of it for any
lines; lines that a command prints below the quoted ones need not be there.

usage: tables_document_test.py PROGRAM
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "tables.md"


def commands(text):
    """(command, quoted lines) of each block of the console, in order."""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *lines = part.rstrip("\n").split("\n")
            yield command, lines


def fits(quoted, line):
    return re.fullmatch(".*".join(map(re.escape, quoted.split("..."))), line) is not None


def first_unfit(quoted, lines):
    """The first quoted line that was not printed where it should be; None if all were."""
    at, may_skip = 0, False
    for quote in quoted:
        if quote == "...":
            may_skip = True
            continue
        found = next((i for i in range(at, len(lines)) if fits(quote, lines[i])), None)
        if found is None or (found > at and not may_skip):
            return quote
        at, may_skip = found + 1, False
    return None


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "examples").symlink_to(ROOT / "examples")
        for command, quoted in commands(DOCUMENT.read_text(encoding="utf-8")):
            arguments = [str(PROGRAM), *shlex.split(command)[1:]]
            run = subprocess.run(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            unfit = first_unfit(quoted, run.stdout.split("\n"))
            if run.returncode == 0 and unfit is None:
                continue
            failures += 1
            print(f"$ {command}\nexit code {run.returncode}; not printed where it is quoted: {unfit}\n{run.stdout[:4000]}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
