"""The commands of the documents work, and print what is quoted of them: in a quoted line `...` stands for anything, a
line of it for any lines; lines that a command prints below the quoted ones need not be there. docs/tables.md and
docs/forecasting.md quote below each command; READMEs below a block of commands, of which the first prints it, in a block with such a line.

usage: commands_document_test.py PROGRAM
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ("docs/tables.md", "docs/forecasting.md")
READMES = ("README.md", "README.zh.md")


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


def of_readme(text):
    """(command, quoted lines) of each line that calls the program on files that are there, in order."""
    found, first = [], None
    for block in re.findall(r"(?:^    .*\n)+", text, re.M):
        lines = [line[4:] for line in block.splitlines()]
        calls = [line for line in lines if line.startswith("build/release/catenary ")]
        if calls:
            first = len(found)
            found += [(line.removeprefix("build/release/").split(" #")[0], []) for line in calls]
        elif "..." in lines and first is not None:
            found[first][1].extend(lines)
    return found


def failures(found, folder):
    """A message for each command that ends, or prints, otherwise."""
    for command, quoted in found:
        arguments = [str(PROGRAM), *shlex.split(command)[1:]]
        run = subprocess.run(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = run.stdout.split("\n")
        unfit = first_unfit(quoted, lines)
        if run.returncode != 0 or unfit is not None:
            yield f"$ {command}\nexit code {run.returncode}; not printed where it is quoted: {unfit}\n" + "\n".join(lines[:8] + ["..."] + lines[-16:])


def stale_drawings(folder):
    """A message for each drawing that commands wrote which docs/images has otherwise."""
    for drawing in sorted(pathlib.Path(folder).glob("*.svg")):
        kept = ROOT / "docs" / "images" / drawing.name
        if not kept.exists() or kept.read_bytes() != drawing.read_bytes():
            yield f"docs/images/{drawing.name}: needed the drawing that the commands write, found another or none"


def main():
    messages = []
    for name, read in [*((name, commands) for name in DOCUMENTS), *((name, of_readme) for name in READMES)]:
        found = list(read((ROOT / name).read_text(encoding="utf-8")))
        if not found:
            messages.append(f"{name}: needed commands, found none")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "examples").symlink_to(ROOT / "examples")
            messages += [f"{name}: {message}" for message in failures(found, folder)]
            messages += stale_drawings(folder)
    print("\n".join(messages))
    return len(messages)


if __name__ == "__main__":
    sys.exit(main())
