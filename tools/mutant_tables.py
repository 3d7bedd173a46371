"""What mutants.py knows of the house: the rows of faults, the tests that could notice them, and the document of verdicts."""

import dataclasses
import hashlib
import re
import shutil
import sys
import tomllib

TABLES = "tests/mutants"
DOCUMENT = "docs/mutants.md"
SLOW = "*.Slow*:Slow*.*:*/Slow*.*"
SLOW_TEST = re.compile(r"TEST\w*\((Slow|\w+,\s*Slow)")
# Tests in Python that run the program, whose path they take. What needs a browser or LaTeX is left to `make test`.
SCRIPTS = {"tools/derivations.py": ("--check",), "tests/derive_text_test.py": ()}
SCRIPTS_NEED = "derive"
PYTHON = shutil.which("python3", path="/usr/bin") or sys.executable  # Debian's first: it has NumPy
CELLS = re.compile(r"^\| (.+?) \| `(.+?)` \| (.+) \|$")
ABOUT = """# Faults that the tests notice

`make mutants` plants each of these faults in a copy of the source, one at a time, and writes here which test noticed it
first. The faults stand in `tests/mutants/FLOOR.toml`; `python3 tools/mutants.py FLOOR` tries those of one floor.
"""


class TableError(Exception):
    """A row that cannot be used; the message says where and why."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One row: in `file`, `new` stands in place of `old`, which occurs once, or is the first after `after`, which does."""
    floor: str
    fault: str
    file: str
    old: str
    new: str
    after: str = ""
    why: str = ""  # no test can notice it

    def __str__(self):
        return f"{self.floor}: {self.fault} ({self.file})"

    def key(self):
        return hashlib.sha256(repr(dataclasses.astuple(self)).encode()).hexdigest()[:16]

    def planted_in(self, text):
        """The file's text with the fault."""
        start = 0
        if self.after:
            start = self.once(text, self.after) + len(self.after)
            if self.old not in text[start:]:
                raise TableError(f"{self}: {self.old!r} does not stand after {self.after!r}")
        else:
            self.once(text, self.old)
        at = text.index(self.old, start)
        return text[:at] + self.new + text[at + len(self.old):]

    def once(self, text, part):
        if text.count(part) != 1:
            raise TableError(f"{self}: expected {part!r} once in the file, found it {text.count(part)} times")
        return text.index(part)


def read_tables(root):
    """All rows of tests/mutants/*.toml, in the order of the files' names and of the rows."""
    mutants = []
    for path in sorted((root / TABLES).glob("*.toml")):
        try:
            rows = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
            mutants += [Mutant(floor=path.stem, **row) for row in rows]
        except (tomllib.TOMLDecodeError, TypeError) as error:
            raise TableError(f"{path}: {error}") from error
    return mutants


@dataclasses.dataclass(frozen=True)
class Check:
    """One program of tests: what to build, what is run (paths below the build folder), and how."""
    name: str
    target: str
    programs: tuple
    command: tuple  # "{build}" is the build folder


class House:
    """The floors and the test programs, as CMakeLists.txt and the folders tell them."""

    def __init__(self, root):
        self.root = root
        text = (root / "CMakeLists.txt").read_text(encoding="utf-8")
        self.uses = {name: set(re.findall(r"catenary_(\w+)", rest))
                     for name, rest in re.findall(r"catenary_floor\((\w+)\s*([^)]*)\)", text)}
        self.floors = [*self.uses, "cli"]

    def below(self, floors):
        """The floors and all that they stand on."""
        found, new = set(), set(floors)
        while new:
            found |= new
            new = {low for floor in new for low in self.uses.get(floor, ())} - found
        return found

    def included(self, path, seen=()):
        """The floors whose headers a file includes, by way of files that stand on no floor too."""
        found = set()
        for header in re.findall(r'#include "((?:catenary|tests|apps)/[^"]+)"', path.read_text(encoding="utf-8")):
            parts = header.split("/")
            if parts[0] == "catenary" and len(parts) > 2:
                found.add(parts[1])
            elif header not in seen and (self.root / header).exists():
                found |= self.included(self.root / header, (*seen, header))
        return found

    def checks(self, floor):
        """What could notice a fault of this floor, the likeliest and cheapest first."""
        quick, slow = [], []
        for above in self.floors[:-1]:
            if floor in self.below({above}):
                self.add(sorted((self.root / "catenary" / above).rglob("*_test.cc")), f"{above}_test", "", quick, slow)
        spanning = sorted((self.root / "tests").glob("*_test.cc"), key=lambda path: (not path.name.startswith(floor), path.name))
        for path in spanning:
            if floor in self.below(self.included(path)):
                self.add([path], path.stem, "tests/", quick, slow)
        self.add(sorted((self.root / "apps/cli").glob("*_test.cc")), "cli_test", "apps/cli/", quick, slow)
        if floor in self.below({SCRIPTS_NEED}):
            slow += [Check(script, "catenary_cli", ("catenary",), (PYTHON, script, "{build}/catenary", *options))
                     for script, options in SCRIPTS.items() if (self.root / script).exists()]
        return sorted(quick, key=lambda check: check.target != f"{floor}_test") + slow

    @staticmethod
    def add(sources, target, folder, quick, slow):
        if not sources:
            return
        programs = (folder + target, *(["catenary"] if target == "cli_test" else []))
        run = ("{build}/" + folder + target, "--gtest_fail_fast", "--gtest_color=no")
        quick.append(Check(target, target, programs, (*run, f"--gtest_filter=-{SLOW}")))
        if any(SLOW_TEST.search(source.read_text(encoding="utf-8")) for source in sources):
            slow.append(Check(target + " (slow)", target, programs, (*run, f"--gtest_filter={SLOW}")))


def chosen(mutants, words, floors):
    def fits(mutant, word):
        return mutant.floor == word if word in floors else word in f"{mutant.file} {mutant.fault}"
    return [mutant for mutant in mutants if not words or any(fits(mutant, word) for word in words)]


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def read_document(root):
    """The verdicts of earlier runs: {(floor, fault, file): verdict}."""
    found, floor = {}, ""
    path = root / DOCUMENT
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if line.startswith("## "):
            floor = line[3:]
        elif match := CELLS.match(line):
            found[floor, match[1], match[2]] = match[3]
    return found


def write_document(root, mutants, verdicts):
    """Rows that were not tried now keep what an earlier run said of them."""
    earlier, text = read_document(root), ABOUT
    for floor in dict.fromkeys(mutant.floor for mutant in mutants):
        rows = []
        for mutant in (mutant for mutant in mutants if mutant.floor == floor):
            name = (cell(mutant.fault), cell(mutant.file))
            verdict = f"explained: {mutant.why}" if mutant.why else verdicts.get(mutant) or earlier.get((floor, *name), "not tried")
            rows.append((*name, cell(verdict)))
        count = sum(row[2].startswith("noticed") for row in rows)
        text += f"\n## {floor}\n\nNoticed: {count} of {len(rows)}.\n\n| fault | file | verdict |\n|---|---|---|\n"
        text += "".join(f"| {fault} | `{file}` | {verdict} |\n" for fault, file, verdict in rows)
    (root / DOCUMENT).write_text(text, encoding="utf-8")
