#!/usr/bin/env python3
"""Checks that the house stands: a file includes its own folder and lower floors, never a sibling, never upwards. In a hall
that has rooms it includes its own room, and those that are open to it.

Usage: check_floors.py [ROOT]. Prints one line for each file or include that breaks a rule, and exits with 1 if there is any.
"""

import pathlib
import re
import sys

# See docs/architecture.md. Folders on the same floor are siblings.
FLOOR_OF = {
    "base": 0,
    "ir": 1, "kernels": 1, "data": 1,
    "ops": 2,
    "transform": 3, "nn": 3, "optim": 3, "formats": 3,
    "derive": 4, "engine": 4,
    "train": 5,
}
# The rooms of a hall, and which of its rooms each may include; "" is the hall itself, beside its rooms, and "x.h" one file
# of it. The tests of a room see the whole hall.
ROOMS_OF = {
    "derive": {
        "formula": set(),
        "expression": {"formula"},
        "steps": {"formula"},
        "document": {"formula"},
        "operators": set(),
        "proof": {"formula", "document", "operators"},
        "compose": {"formula", "steps", "document", "operators", "proof"},
        "render": {"formula", "steps", "document"},
        "page": {"formula", "steps", "document", "render"},
        "code": {"formula", "steps", "render"},
    },
    "transform": {"": set(), "simplify": {""}, "check": {""}},
    "engine": {
        "": {"compile", "run"},
        "compile": {"batch.h", "variables.h"},
        "run": {"batch.h", "compile"},
    },
    "data": {
        "": {"csv"},
        "csv": {"schema.h", "limits.h", "unzip.h", "row_cache.h"},
        "preprocess": {"csv", "dataset.h", "schema.h", "limits.h", "classes.h", "name_index.h", "recode.h"},
    },
    "train": {"": {"config", "run"}, "config": set(), "run": {"config", "model.h"}},
    "bench": {"": {"compare"}, "compare": set()},
}
ABOVE_ALL = 6  # catenary/catenary.h and everything outside catenary/
SEES_KERNELS = {"kernels", "engine", "bench", "tests"}
SEES_HIGHWAY = {"kernels"}
OUTSIDE = ("apps", "bench", "examples", "tests")
NO_FILE = "Catenary needs C++20: compile with -std=c++20"  # what catenary/base/cpp20.h includes to stop a compiler
CHECKED_SUFFIXES = (".h", ".cc")
SOURCE_SUFFIXES = {*CHECKED_SUFFIXES, ".hpp", ".hh", ".hxx", ".inc", ".inl", ".ipp", ".tpp", ".tcc", ".cpp", ".cxx", ".c"}
GAP = r"(?:[ \t]|\\\n|/\*(?:[^*]|\*(?!/))*\*/)*"  # what may stand between the words of a directive
INCLUDE = re.compile(rf"""^{GAP}(?:#|%:){GAP}include\b{GAP}([<"]?)([^>"\n]+)""", re.MULTILINE)


def folder_of(path):
    """The part of the house a path from the root belongs to: "ir" for catenary/ir/x.h, "apps" for apps/cli/x.cc, and
    "x.h" for catenary/x.h."""
    first, *rest = pathlib.PurePosixPath(path).parts
    return rest[0] if first == "catenary" and rest else first


def room_of(path):
    """The hall and the room of a file: ("derive", "page") for catenary/derive/page/x.h, ("bench", "") for bench/x.cc."""
    *folders, _ = pathlib.PurePosixPath(path.removeprefix("catenary/")).parts
    hall, room = [*folders, "", ""][:2]
    return hall, room


def is_test(path):
    """Whether a file is a test or a header for tests."""
    return path.endswith(("_test.cc", "testing.h"))


def spelling_complaint(quote, included):
    """Why an include is not spelled so that it can be checked, or None when it is."""
    if not quote:
        return "an include must name its file"
    if {"", ".", ".."} & set(included.split("/")):
        return 'an include is spelled without ".", ".." and empty names'
    return None


def house_complaint(path, quote, included):
    """Why a file of the house may not include a file outside it, or one for tests, or None when it may."""
    test = is_test(path)
    if not path.startswith("catenary/") or (test and included.startswith("tests/support/")):
        return None
    top = included.split("/")[0]
    if top in OUTSIDE:
        return f"{top} is above all floors"
    if quote == '"' and top not in ("catenary", NO_FILE):
        return f"a quoted include must begin with catenary/{' or tests/support/' if test else ''}"
    if top == "catenary" and is_test(included) and not test:
        return "only tests may include what is for tests"
    return None


def room_complaint(path, included):
    """Why a file of a hall with rooms may not include a file of the same hall, or None when it may."""
    hall, room = room_of(path)
    rooms = ROOMS_OF.get(hall)
    if rooms is None or is_test(path):
        return None
    _, target = room_of(included)
    file = pathlib.PurePosixPath(included).name
    if target == room or target in rooms[room] or (target == "" and file in rooms[room]):
        return None
    return f"{f'{hall}/{room}'.rstrip('/')} may not include {f'{hall}/{target}'.rstrip('/')}"


def floor_complaint(path, included):
    """Why the floor or the room of a file may not include a file, or None when it may."""
    includer = folder_of(path)
    if included.startswith("hwy/"):
        return None if includer in SEES_HIGHWAY else "only kernels may include Highway"
    if room_of(included)[0] == room_of(path)[0] != "":
        return room_complaint(path, included)
    if not included.startswith("catenary/"):
        return None
    target = folder_of(included)
    if target == includer:
        return None
    if target == "kernels" and includer not in SEES_KERNELS:
        return "only engine may include kernels"
    own, other = FLOOR_OF.get(includer, ABOVE_ALL), FLOOR_OF.get(target, ABOVE_ALL)
    if includer not in FLOOR_OF or other < own:
        return None
    return f"{includer} (floor {own}) may not include {target} (floor {other})"


def complaint(path, quote, included):
    """Why the file `path` may not include the file `included` in such quotes (`"`, `<` or none), or None when it may."""
    return (spelling_complaint(quote, included) or house_complaint(path, quote, included)
            or floor_complaint(path, included))


def has_no_room(path):
    """Whether a file of a hall with rooms lies in none of them."""
    hall, room = room_of(path)
    return hall in ROOMS_OF and room not in ROOMS_OF[hall]


def place_complaint(path):
    """Why a file may not lie where it does or be called what it is, or None when it may."""
    if pathlib.PurePosixPath(path).suffix not in CHECKED_SUFFIXES:
        return "sources end in .h or .cc; no other is checked"
    if path.startswith("catenary/") and folder_of(path) not in {*FLOOR_OF, "catenary.h"}:
        return "this is on no floor; see tools/check_floors.py"
    if has_no_room(path):
        return "this hall has rooms, and this is none of them; see tools/check_floors.py"
    return None


def breaches_of(path, text):
    """All breaches of one file, as "path:line: reason" and, of an include, ": included"."""
    reason = place_complaint(path)
    if reason:
        return [f"{path}:1: {reason}"]
    found = []
    for match in INCLUDE.finditer(text):
        reason = complaint(path, match[1], match[2])
        if reason:
            line = text.count("\n", 0, match.start(2)) + 1
            found.append(f"{path}:{line}: {reason}: {match[2]}")
    return found


def violations(root):
    """All breaches below root, line by line."""
    found = []
    for top in ("catenary", *OUTSIDE):
        for path in sorted((root / top).rglob("*")):
            if path.is_file() and path.suffix.lower() in SOURCE_SUFFIXES:
                found += breaches_of(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    return found


def main(arguments):
    root = pathlib.Path(arguments[1]) if len(arguments) > 1 else pathlib.Path(__file__).parent.parent
    found = violations(root)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
