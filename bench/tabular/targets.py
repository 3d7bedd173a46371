"""What of a table is to be predicted: a fixed rule, and targets.toml where the documentation says otherwise."""

import collections
import dataclasses
import hashlib
import pathlib
import tomllib

from tabular import saved

HERE = pathlib.Path(__file__).resolve().parent
# Names that tell a response, the surest first.
RESPONSES = ("class", "species", "target", "response", "outcome", "y", "diagnosis", "default", "survived", "died",
             "price", "score", "yield", "type", "status", "result")
ROW_NAMES = {"id", "obs", "rownames", "case", "index", "caseid", "rowid"}
MOST_CLASSES = 20
LEAST_OF_A_CLASS = 5
LEAST_ROWS = 30


@dataclasses.dataclass
class Column:
    name: str
    index: int
    cells: list  # stripped
    kind: str    # as saved.kind_of

    @property
    def present(self):
        return [cell for cell in self.cells if cell not in saved.MISSING]


def columns_of(table, decimal):
    for index, name in enumerate(table.header):
        cells = table.column(index)
        yield Column(name.strip(), index, cells, saved.kind_of(cells, decimal))


def is_id(column):
    """Whether a careful person would leave it out of the inputs: it names the row and tells nothing else of it."""
    present = column.present
    distinct = len(set(present))
    if column.name == "":
        return True
    if column.kind == "texts":
        return distinct > 100 and distinct > 0.5 * len(present)
    named = column.name.lower().replace("_", "").replace(".", "") in ROW_NAMES
    return named and distinct == len(present)


def classes_in(column, decimal):
    numbers = column.kind == "numbers"
    return collections.Counter(saved.number_of(cell, decimal) if numbers else cell for cell in column.present)


def task_of(column, decimal):
    """Classes or numbers, or None if it is no target: too few cells, always the same, or a name."""
    present = column.present
    if len(present) < LEAST_ROWS or len(present) < 0.5 * len(column.cells) or is_id(column):
        return None
    counts = classes_in(column, decimal)
    if len(counts) < 2 or max(counts.values()) > 0.98 * len(present):
        return None
    if column.kind in ("texts", "booleans") or (column.kind == "numbers" and len(counts) == 2):
        frequent = sum(count >= LEAST_OF_A_CLASS for count in counts.values())
        return "classes" if len(counts) <= MOST_CLASSES and frequent >= 2 else None
    return "numbers" if column.kind == "numbers" else None


def unambiguous(table):
    """Names that one column has, so that `--target` means it."""
    counts = collections.Counter(name.strip() for name in table.header)
    return {name for name, count in counts.items() if name and count == 1}


def by_rule(columns, decimal):
    """The surest of the response's names, else the last column that can be a target."""
    tasks = {column.name: task_of(column, decimal) for column in columns}
    able = [column.name for column in columns if tasks[column.name]]
    for response in RESPONSES:
        for name in able:
            if name.lower() == response:
                return name, tasks[name]
    return (able[-1], tasks[able[-1]]) if able else None


def overrides():
    return tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))


def target_of(key, table, decimal, told):
    """(name, task), or None where nothing in the table can be predicted from the rest."""
    names = unambiguous(table)
    columns = [column for column in columns_of(table, decimal) if column.name in names]
    inputs = [column for column in columns if column.kind != "nothing" and not is_id(column)]
    if len(inputs) < 2 or key in told["skip"]:
        return None
    if key in told["target"]:
        said = told["target"][key]
        name, _, task = said.partition(": ")
        column = next(column for column in columns if column.name == name)
        return name, task or task_of(column, decimal)
    return by_rule(columns, decimal)


def content_hash(table):
    """The same for tables with the same cells, whatever their columns are called and how rows are named."""
    cells = sorted("\n".join(table.column(i)) for i in range(len(table.header)) if table.header[i].strip())
    return hashlib.sha256("\0".join(cells).encode()).hexdigest()
