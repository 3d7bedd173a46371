#!/usr/bin/env python3
"""Checks what was installed: the public headers and the documents.

Usage: installed.py INCLUDE_DIR DOC_DIR COMPILER HEADER... The compiler builds the headers; an older standard is tried
with every compiler that is there. Prints one line for each fault, and exits with 1 if there is any.
"""

import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys

INCLUDE = re.compile(r'^#include "(catenary/[^"]+)"', re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
ASKS_FOR_CPP20 = "catenary/base/cpp20.h"
OLD_STANDARD = "Catenary needs C++20: compile with -std=c++20"


def reached_from(include, header):
    """The header and all of ours that it includes."""
    reached, waiting = set(), [header]
    while waiting:
        name = waiting.pop()
        if name not in reached and (include / name).is_file():
            reached.add(name)
            waiting += INCLUDE.findall((include / name).read_text())
    return reached


def faults_of_set(include, stated):
    """Installed are the stated headers and no others; users reach them all from one, and each asks for C++20."""
    found = {path.relative_to(include).as_posix() for path in include.rglob("*") if path.is_file()}
    all_of_it = reached_from(include, "catenary/catenary.h")
    return ([f"{header}: installed, but not stated to be public" for header in sorted(found - stated)] +
            [f"{header}: stated to be public, but not installed" for header in sorted(stated - found)] +
            [f"{header}: public, but not reached from catenary/catenary.h" for header in sorted(stated - all_of_it)] +
            [f"{header}: does not include {ASKS_FOR_CPP20}" for header in sorted(found)
             if ASKS_FOR_CPP20 not in reached_from(include, header)])


def messages(compiler, include, options, source):
    """What the compiler says about a source that is not written anywhere."""
    command = [compiler, "-I", include, *options, "-fsyntax-only", "-x", "c++", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    return done.stderr if done.stderr or done.returncode == 0 else f"exit status {done.returncode}"


def faults_alone(compiler, include, header):
    """A header compiles on its own, without a warning."""
    said = messages(compiler, include, ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror"],
                    f"#include <{header}>\n")
    return [f"{header}: does not compile on its own:\n{said}"] if said else []


def faults_before_cpp20(compiler, include, header):
    """With an older standard there is one error, which says so, whatever comes after."""
    said = messages(compiler, include, ["-std=c++17"], f"#include <{header}>\ncatenary::Graph graph;\n")
    errors = [line for line in said.splitlines() if "error: " in line]
    if len(errors) == 1 and OLD_STANDARD in errors[0]:
        return []
    return [f"{header}: {compiler} -std=c++17 should say in one line '{OLD_STANDARD}', found:\n{said}"]


def faults_of_table(page, stated):
    """The page's section on public headers names each of them, and no other."""
    section = page.read_text().split("\n## Public headers\n")[1].split("\n## ")[0]
    rows = "\n".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))
    named = {f"catenary/{name}" for name in re.findall(r"`([^`]+\.h)`", rows)}
    return ([f"{page.name}: does not name the public header {header}" for header in sorted(stated - named)] +
            [f"{page.name}: names {header}, which is not public" for header in sorted(named - stated)])


def faults_of_documents(folder):
    """The documents are there, and no link of theirs to another file dangles."""
    faults = [f"{name}: not installed" for name in ("LICENSE", "README.md", "docs/config.md", "examples/xor.cc")
              if not (folder / name).is_file()]
    for page in sorted(folder.rglob("*.md")):
        for link in LINK.findall(page.read_text()):
            if "://" not in link and not (page.parent / link).exists():
                faults.append(f"{page.relative_to(folder)}: the link {link} leads nowhere")
    return faults


def main(include, documents, compiler, *headers):
    include, documents = pathlib.Path(include), pathlib.Path(documents)
    others = [name for name in ("g++", "clang++") if shutil.which(name)]
    # All headers ask through one of these.
    asking = [header for header in headers
              if header == "catenary/catenary.h" or ASKS_FOR_CPP20 in INCLUDE.findall((include / header).read_text())]
    faults = faults_of_set(include, set(headers)) + faults_of_documents(documents)
    faults += faults_of_table(documents / "docs" / "architecture.md", set(headers))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        alone = [pool.submit(faults_alone, compiler, include, header) for header in headers]
        old = [pool.submit(faults_before_cpp20, other, include, header) for other in others for header in asking]
    for job in alone + old:
        faults += job.result()
    if faults:
        print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
