#!/usr/bin/env python3
"""Checks that the house stands: a file includes its own folder and lower floors, never a sibling, never upwards. In a hall
that has rooms it includes its own room, and those that are open to it.

Usage: check_floors.py [ROOT]. Prints one line for each include that breaks a rule, and exits with 1 if there is any.
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
    "train": {"": {"config", "run"}, "config": set(), "run": {"config"}},
    "bench": {"": {"compare"}, "compare": set()},
}
ABOVE_ALL = 6  # catenary/catenary.h and everything outside catenary/
SEES_KERNELS = {"kernels", "engine", "bench", "tests"}
SEES_HIGHWAY = {"kernels"}
SOURCES = ("catenary", "apps", "bench", "examples", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def folder_of(path):
    """The part of the house a path from the root belongs to: "ir" for catenary/ir/x.h, "apps" for apps/cli/x.cc."""
    parts = pathlib.PurePosixPath(path).parts
    if parts[0] != "catenary":
        return parts[0]
    return parts[1] if len(parts) > 2 else "catenary.h"


def room_of(path):
    """The hall and the room of a file: ("derive", "page") for catenary/derive/page/x.h, ("bench", "") for bench/x.cc."""
    *folders, _ = pathlib.PurePosixPath(path.removeprefix("catenary/")).parts
    hall, room = [*folders, "", ""][:2]
    return hall, room


def room_complaint(path, included):
    """Why a file of a hall with rooms may not include a file of the same hall, or None when it may."""
    hall, room = room_of(path)
    rooms = ROOMS_OF.get(hall)
    if rooms is None or path.endswith(("_test.cc", "testing.h")):
        return None
    _, target = room_of(included)
    file = pathlib.PurePosixPath(included).name
    if target == room or target in rooms[room] or (target == "" and file in rooms[room]):
        return None
    return f"{f'{hall}/{room}'.rstrip('/')} may not include {f'{hall}/{target}'.rstrip('/')}"


def complaint(path, included):
    """Why the file `path` may not include the file `included`, or None when it may."""
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


def has_no_room(path):
    """Whether a file of a hall with rooms lies in none of them."""
    hall, room = room_of(path)
    return hall in ROOMS_OF and room not in ROOMS_OF[hall]


def violations(root):
    """All breaches below root, as "path:line: reason: included"."""
    found = []
    for top in SOURCES:
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            relative = path.relative_to(root).as_posix()
            if relative.startswith("catenary/") and folder_of(relative) not in {*FLOOR_OF, "catenary.h"}:
                found.append(f"{relative}:1: this folder has no floor; add it to tools/check_floors.py")
                continue
            if has_no_room(relative):
                found.append(f"{relative}:1: this hall has rooms, and this is none of them; see tools/check_floors.py")
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                reason = match and complaint(relative, match[1])
                if reason:
                    found.append(f"{relative}:{number}: {reason}: {match[1]}")
    return found


def main(arguments):
    root = pathlib.Path(arguments[1]) if len(arguments) > 1 else pathlib.Path(__file__).parent.parent
    found = violations(root)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
