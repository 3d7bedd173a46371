"""One table: whether `catenary train` takes it unedited, and how it fares beside scikit-learn on the same rows."""

import csv
import dataclasses
import hashlib
import json
import math
import pathlib
import random
import subprocess
import tempfile

from tabular import peer, saved

TEST_SHARE = 0.2
MOST_ROWS = 20_000  # of both sides in the comparison
MOST_SECONDS = 600  # of one command


@dataclasses.dataclass(frozen=True)
class Settings:
    """The network and its training, the same on both sides."""
    hidden: tuple = (64, 32)
    activation: str = "relu"
    learning_rate: float = 0.001
    batch_size: int = 32
    steps: int = 3000  # so many that small tables are learnt, too
    init: str = ""     # of our layers; "": what a config has that does not say

    def epochs(self, rows):
        return min(500, max(20, round(self.steps * self.batch_size / rows)))


def label_of(cell, decimal):
    """1 and 1.0 are one class."""
    number = saved.number_of(cell, decimal)
    return cell if number is None else number


def parts_of(entry, table, decimal, seed):
    """(training rows, test rows), in the table's order: rows with a target, by chance, each class by its share."""
    cells = table.column([name.strip() for name in table.header].index(entry["target"]))
    rows = [row for row, cell in enumerate(cells) if cell not in saved.MISSING]
    chance = random.Random(f"{entry['key']}:{seed}")
    rows = chance.sample(rows, min(len(rows), MOST_ROWS))
    groups = {}
    for row in rows:
        groups.setdefault(label_of(cells[row], decimal) if entry["task"] == "classes" else "", []).append(row)
    test = {row for group in groups.values() for row in group[:round(TEST_SHARE * len(group))]}
    return sorted(set(rows) - test), sorted(test)


def save_parts(folder, entry, table, parts):
    """The table with a column that says each row's part, and its test rows as they were; their paths and the column."""
    ending = "".join(pathlib.Path(entry["path"]).suffixes[-2 if entry["path"].endswith(".gz") else -1:])
    column = "part" if "part" not in table.header else "the_part"
    train, test = parts
    told = [([*table.rows[row], name], row) for rows, name in ((train, "train"), (test, "test")) for row in rows]
    whole = saved.Table([*table.header, column], [cells for cells, row in sorted(told, key=lambda pair: pair[1])])
    paths = folder / f"whole{ending}", folder / f"test{ending}"
    saved.write_like(paths[0], entry["style"], whole)
    saved.write_like(paths[1], entry["style"], saved.Table(table.header, [table.rows[row] for row in test]))
    return *paths, column


def loss_of(entry, table, decimal):
    """scikit-learn's network has one output for two classes, as ours with binary cross-entropy."""
    if entry["task"] == "numbers":
        return "squared_error"
    cells = table.column([name.strip() for name in table.header].index(entry["target"]))
    labels = {label_of(cell, decimal) for cell in cells if cell not in saved.MISSING}
    return "binary_cross_entropy" if len(labels) == 2 else "softmax_cross_entropy"


def config_of(entry, data, settings, rows, seed):
    """data: the table with its parts' column, that column's name, and the loss."""
    def quoted(text):
        return json.dumps(str(text), ensure_ascii=False)

    path, column, loss = data
    init = f"init = {quoted(settings.init)}\n" if settings.init else ""
    layers = "".join(f'[[model.layers]]\ntype = "dense"\nunits = {units}\nactivation = "{settings.activation}"\n{init}'
                     for units in settings.hidden)
    return (f'format = 1\nseed = {seed}\n[data]\ntrain = {quoted(path)}\ntarget = {quoted(entry["target"])}\n'
            f'split = {{ column = {quoted(column)} }}\n{layers}[[model.layers]]\ntype = "dense"\n'
            f'[train]\nloss = "{loss}"\noptimizer = {{ type = "adam", learning_rate = {settings.learning_rate} }}\n'
            f'epochs = {settings.epochs(rows)}\nbatch_size = {settings.batch_size}\n')


class Refused(Exception):
    """The program's first line of complaint."""


def run(program, *arguments):
    try:
        result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, errors="replace",
                                timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise Refused(f"took more than {MOST_SECONDS} s") from late
    if result.returncode != 0:
        raise Refused((result.stderr.strip().splitlines() or [f"exit code {result.returncode}"])[0])
    return result.stdout


def train_unedited(program, entry):
    """Trains on the table as it was saved; what it says of the test part must be finite numbers."""
    with tempfile.TemporaryDirectory() as folder:
        output = run(program, "train", entry["path"], "--target", entry["target"], "--json", "--threads", 1,
                     "--out", pathlib.Path(folder) / "run")
    test = json.loads(output.splitlines()[-1]).get("test") or {}
    scores = [score for score in test.values() if isinstance(score, (int, float))]
    if not scores or not all(map(math.isfinite, scores)):
        raise Refused(f"no finite test score: {test}")


def predictions(program, entry, table, parts, settings, seed):
    """What Catenary says of the test rows after training on the others; numbers for a target of numbers."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        whole, test, column = save_parts(folder, entry, table, parts)
        config = folder / "config.toml"
        data = whole, column, loss_of(entry, table, saved.STYLES[entry["style"]].decimal)
        config.write_text(config_of(entry, data, settings, len(parts[0]), seed), encoding="utf-8")
        run(program, "train", config, "--threads", 1, "--out", folder / "run")
        answers = folder / "answers.csv"
        run(program, "predict", folder / "run", "--input", test, "--output", answers)
        with open(answers, encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    place = next(place for place, name in enumerate(header) if name.startswith("prediction"))
    if len(rows) != len(parts[1]):
        raise Refused(f"predict: {len(rows)} predictions of {len(parts[1])} rows")
    said = [row[place] for row in rows]
    return said if entry["task"] == "classes" else [float(cell) for cell in said]


def peer_error(cache, entry, table, parts, settings, seed):
    """scikit-learn's error, kept: it takes long. None where it took too long or cannot be told."""
    import sklearn

    decimal = saved.STYLES[entry["style"]].decimal
    # All that the result depends on: the cells as they were understood, the settings, and the code.
    everything = (None, range(len(table.rows)))
    key = json.dumps([peer.columns_for(table, decimal, entry["target"]), meant_of(entry, table, everything),
                      entry["task"], parts, dataclasses.astuple(dataclasses.replace(settings, init="")), seed,
                      sklearn.__version__, pathlib.Path(peer.__file__).read_text(encoding="utf-8")])
    path = cache / "sklearn" / f"{entry['key']}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    if not path.exists():
        said = peer.predictions(table, decimal, entry, parts, settings, seed)
        error = None if said is None else peer.error_of(said, meant_of(entry, table, parts), entry["task"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"error": error}) + "\n", encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))["error"]


def meant_of(entry, table, parts):
    """The targets of the test rows, the second of the parts."""
    cells = table.column([name.strip() for name in table.header].index(entry["target"]))
    decimal = saved.STYLES[entry["style"]].decimal
    return [cells[row] if entry["task"] == "classes" else saved.number_of(cells[row], decimal) for row in parts[1]]


def contest(entry, options):
    """A row of the report. options: program, cache, seeds, settings, sides."""
    table = saved.read(entry["path"], entry["style"])
    decimal = saved.STYLES[entry["style"]].decimal
    row = {name: entry[name] for name in ("key", "style", "rows", "columns", "target", "task")}
    row |= {"unedited": None, "compared": "", "ours": [], "theirs": []}  # complaints; None: it has not been tried
    if "catenary" in options.sides:
        row["unedited"] = ""
        try:
            train_unedited(options.program, entry)
        except Refused as refused:
            row["unedited"] = str(refused)
    for seed in range(1, options.seeds + 1):
        parts = parts_of(entry, table, decimal, seed)
        if "sklearn" in options.sides:
            row["theirs"].append(peer_error(options.cache, entry, table, parts, options.settings, seed))
        if "catenary" not in options.sides or row["compared"]:
            continue
        try:
            said = predictions(options.program, entry, table, parts, options.settings, seed)
            row["ours"].append(peer.error_of(said, meant_of(entry, table, parts), entry["task"]))
        except Refused as refused:
            row["compared"] = str(refused)
    return row
