"""One table: whether `catenary train` takes it unedited, and how it fares beside scikit-learn on the same rows."""

import csv
import dataclasses
import hashlib
import json
import math
import pathlib
import subprocess
import tempfile

from tabular import peer, saved
from tabular.trial import Trial

MOST_SECONDS = 600  # of one command


def save_parts(folder, trial):
    """The table with a column that says each row's part, and its test rows as they were; their paths and the column."""
    table, style, path = trial.table, trial.entry["style"], trial.entry["path"]
    ending = "".join(pathlib.Path(path).suffixes[-2 if path.endswith(".gz") else -1:])
    column = "part" if "part" not in table.header else "the_part"
    told = [(row, name) for rows, name in zip(trial.parts, ("train", "test")) for row in rows]
    whole = saved.Table([*table.header, column], [[*table.rows[row], name] for row, name in sorted(told)])
    paths = folder / f"whole{ending}", folder / f"test{ending}"
    saved.write_like(paths[0], style, whole)
    saved.write_like(paths[1], style, saved.Table(table.header, [table.rows[row] for row in trial.parts[1]]))
    return *paths, column


def loss_of(trial):
    """scikit-learn's network has one output for two classes, as ours with binary cross-entropy."""
    if trial.task == "numbers":
        return "squared_error"
    labels = {trial.label(row) for row in trial.labelled}
    return "binary_cross_entropy" if len(labels) == 2 else "softmax_cross_entropy"


def quoted(text):
    return json.dumps(str(text), ensure_ascii=False)


def config_of(trial, path, column):
    about = trial.settings
    init = f"init = {quoted(about.init)}\n" if about.init else ""
    layers = "".join(f'[[model.layers]]\ntype = "dense"\nunits = {units}\nactivation = "{about.activation}"\n{init}'
                     for units in about.hidden)
    return (f'format = 1\nseed = {trial.seed}\n[data]\ntrain = {quoted(path)}\n'
            f'target = {quoted(trial.entry["target"])}\nsplit = {{ column = {quoted(column)} }}\n'
            f'{layers}[[model.layers]]\ntype = "dense"\n[train]\nloss = "{loss_of(trial)}"\n'
            f'optimizer = {{ type = "adam", learning_rate = {about.learning_rate} }}\n'
            f'epochs = {about.epochs(len(trial.parts[0]))}\nbatch_size = {about.batch_size}\n')


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


def predictions(program, trial):
    """What Catenary says of the test rows after training on the others; numbers for a target of numbers."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        whole, test, column = save_parts(folder, trial)
        config = folder / "config.toml"
        config.write_text(config_of(trial, whole, column), encoding="utf-8")
        run(program, "train", config, "--threads", 1, "--out", folder / "run")
        answers = folder / "answers.csv"
        run(program, "predict", folder / "run", "--input", test, "--output", answers)
        with open(answers, encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    place = next(place for place, name in enumerate(header) if name.startswith("prediction"))
    if len(rows) != len(trial.parts[1]):
        raise Refused(f"predict: {len(rows)} predictions of {len(trial.parts[1])} rows")
    said = [row[place] for row in rows]
    return said if trial.task == "classes" else [float(cell) for cell in said]


def peer_error(cache, trial):
    """scikit-learn's error, kept: it takes long. None where it took too long or cannot be told."""
    import sklearn

    # All that the result depends on: the cells as they were understood, the settings, and the code.
    inputs = peer.columns_for(trial.table, trial.decimal, trial.entry["target"])
    settings = dataclasses.astuple(dataclasses.replace(trial.settings, init=""))
    key = json.dumps([inputs, trial.targets, trial.task, trial.parts, settings, trial.seed, sklearn.__version__,
                      pathlib.Path(peer.__file__).read_text(encoding="utf-8")])
    path = cache / "sklearn" / f"{trial.entry['key']}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    if not path.exists():
        said = peer.predictions(trial)
        error = None if said is None else peer.error_of(said, trial.meant, trial.task)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"error": error}) + "\n", encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))["error"]


def complaint_of(attempt, *arguments):
    """What the program said against it; "" if nothing."""
    try:
        attempt(*arguments)
    except Refused as refused:
        return str(refused)
    return ""


def contest(entry, options):
    """A row of the report. options: program, cache, seeds, settings, sides."""
    table = saved.read(entry["path"], entry["style"])
    row = {name: entry[name] for name in ("key", "style", "rows", "columns", "target", "task")}
    row |= {"unedited": None, "compared": "", "ours": [], "theirs": []}  # complaints; None: it has not been tried
    if "catenary" in options.sides:
        row["unedited"] = complaint_of(train_unedited, options.program, entry)
    for seed in range(1, options.seeds + 1):
        trial = Trial(entry, table, options.settings, seed)
        if "sklearn" in options.sides:
            row["theirs"].append(peer_error(options.cache, trial))
        if "catenary" in options.sides and not row["compared"]:
            row["compared"] = complaint_of(compare, options.program, trial, row["ours"])
    return row


def compare(program, trial, errors):
    """Adds our error to errors."""
    errors.append(peer.error_of(predictions(program, trial), trial.meant, trial.task))
