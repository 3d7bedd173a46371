"""docs/config.md has every key that the program knows: an unknown one makes it list the others.

usage: config_document_test.py PROGRAM
"""
import pathlib
import re
import subprocess
import sys

PROGRAM = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
CONFIG = ROOT / "examples" / "iris.toml"
UNKNOWN = "zzzqqq"  # near to nothing, so that no name is suggested in place of the list


def known(override):
    """What the program says that it expects in the place of an unknown name."""
    run = subprocess.run([PROGRAM, "inspect", CONFIG, "--set", override], stderr=subprocess.PIPE, text=True)
    found = re.search(r"expected one of (.*)$", run.stderr, re.M)
    if found is None:
        sys.exit(f"--set {override}: needed an error that lists names, found: {run.stderr}")
    return found[1].split(", ")


def section(heading):
    """The text below a heading, up to the next one of its level."""
    at = DOCUMENT.index(f"\n{heading}") + 1
    level = heading.split(" ")[0]
    end = re.search(rf"^{level} ", DOCUMENT[at + len(heading):], re.M)
    return DOCUMENT[at:at + len(heading) + end.start()] if end else DOCUMENT[at:]


def missing(names, text, where):
    return [f"docs/config.md, {where}: needed `{name}`, found none" for name in names
            if not re.search(rf"`\[*{re.escape(name)}\b", text)]


def main():
    complaints = []
    for key, heading in [("", "# The config file"), ("data.", "## `[data]`"), ("data.split.", "### Parts: `split`"),
                         ("data.sequence.", "### Sequences: `sequence`"),
                         ("model.layers.0.", "## `[[model.layers]]`"), ("train.", "## `[train]`"),
                         ("output.", "## `[output]`")]:
        complaints += missing(known(f"{key}{UNKNOWN}=1"), section(heading) if key else DOCUMENT, heading)
    layers = section("## `[[model.layers]]`")
    for layer in known(f'model.layers=[{{type="{UNKNOWN}"}}]'):
        complaints += missing([layer], layers, "the layer types")
        complaints += missing(known(f'model.layers=[{{type="{layer}", {UNKNOWN}=1}}]'), layers, f"the layer {layer}")
    rows = {row.split("`")[1]: row for row in section("## `preprocess`").split("\n") if row.startswith("| `")}
    for step in known(f'preprocess=[{{type="{UNKNOWN}"}}]'):
        if step not in rows:
            complaints.append(f"docs/config.md, preprocess: needed a row `{step}`, found none")
            continue
        keys = known(f'preprocess=[{{type="{step}", columns=["petal_width"], {UNKNOWN}=1}}]')
        complaints += missing(set(keys) - {"type", "columns"}, rows[step], f"the step {step}")
    print("\n".join(complaints))
    return len(complaints)


if __name__ == "__main__":
    sys.exit(main())
