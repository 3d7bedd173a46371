"""The other side: scikit-learn's network behind the pipeline that a careful person would write for the table."""

import signal
import statistics
import warnings

from tabular import saved, targets

MOST_SECONDS = 60  # of CPU time for one training


class TookTooLong(Exception):
    pass


def date_parts(cell):
    date = saved.date_of(cell)
    return [date.year, date.month, date.day, date.weekday(), date.hour] if date else [float("nan")] * 5


def columns_for(table, decimal, target):
    """The inputs as [rows] of numbers and [rows] of categories; nan and "" are missing. Identifiers are left out."""
    nan = float("nan")
    numbers, categories = [], []
    for column in targets.columns_of(table, decimal):
        if column.name == target or column.kind == "nothing" or targets.is_id(column):
            continue
        if column.kind == "numbers":
            missing = saved.MISSING
            numbers.append([nan if cell in missing else saved.number_of(cell, decimal) for cell in column.cells])
        elif column.kind == "dates":
            numbers += map(list, zip(*map(date_parts, column.cells)))
        else:
            categories.append(["" if cell in saved.MISSING else cell for cell in column.cells])
    return list(zip(*numbers)), list(zip(*categories))


def inputs_of(trial):
    """Training and test inputs, prepared by what the training rows say."""
    import numpy
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, categories = columns_for(trial.table, trial.decimal, trial.entry["target"])
    blocks = []
    if numbers:
        imputer = SimpleImputer(strategy="median")
        blocks.append((numpy.array(numbers, dtype=float), make_pipeline(imputer, StandardScaler())))
    if categories:
        imputer = SimpleImputer(strategy="most_frequent", missing_values="")
        blocks.append((numpy.array(categories, dtype=object),
                       make_pipeline(imputer, OneHotEncoder(handle_unknown="ignore", sparse_output=False))))
    train, test = trial.parts
    prepared = [(pipeline.fit_transform(cells[train]), pipeline.transform(cells[test])) for cells, pipeline in blocks]
    return [numpy.hstack(side) for side in zip(*prepared)]


def model_for(trial):
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    settings, rows = trial.settings, len(trial.parts[0])
    about = {"hidden_layer_sizes": settings.hidden, "activation": settings.activation, "solver": "adam", "alpha": 0,
             "learning_rate_init": settings.learning_rate, "batch_size": min(settings.batch_size, rows),
             "max_iter": settings.epochs(rows), "n_iter_no_change": 10**9, "tol": 0, "random_state": trial.seed}
    if trial.task == "classes":
        return MLPClassifier(**about)
    return TransformedTargetRegressor(MLPRegressor(**about), transformer=StandardScaler())


def too_late(*_):
    raise TookTooLong


def predictions(trial):
    """What it says of the test rows, as texts of classes or as numbers; None where that takes too long."""
    import numpy

    signal.signal(signal.SIGPROF, too_late)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it did not converge, and columns that are empty in the training part
            train_inputs, test_inputs = inputs_of(trial)
            model = model_for(trial)
            model.fit(train_inputs, numpy.array([trial.targets[row] for row in trial.parts[0]]))
            return model.predict(test_inputs).tolist()
    except TookTooLong:
        return None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def error_of(said, meant, task):
    """The share of wrong classes, or the root of the mean squared error over the test targets' standard deviation."""
    if task == "classes":
        return sum(not same_class(a, b) for a, b in zip(said, meant)) / len(meant)
    deviation = statistics.pstdev(meant)
    squares = [(a - b) ** 2 for a, b in zip(said, meant)]
    return (sum(squares) / len(squares)) ** 0.5 / deviation if deviation > 0 else None


def same_class(one, other):
    """1 and 1.0 are one class."""
    if one == other:
        return True
    numbers = saved.number_of(one), saved.number_of(other)
    return None not in numbers and numbers[0] == numbers[1]
