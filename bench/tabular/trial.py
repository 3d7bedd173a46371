"""A table divided into rows to learn from and rows to be judged by, and the training that both sides do on it."""

import dataclasses
import functools
import random

from tabular import saved

TEST_SHARE = 0.2
MOST_ROWS = 20_000  # of both parts; more would only take longer


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


@dataclasses.dataclass(frozen=True)
class Trial:
    """entry: the table's line in the manifest; seed: of the parts and of the weights."""
    entry: dict
    table: saved.Table
    settings: Settings
    seed: int

    @property
    def task(self):
        return self.entry["task"]

    @property
    def decimal(self):
        return saved.STYLES[self.entry["style"]].decimal

    @functools.cached_property
    def targets(self):
        """Of all rows: texts of classes, or numbers, of which a missing one is None."""
        cells = self.table.column([name.strip() for name in self.table.header].index(self.entry["target"]))
        return cells if self.task == "classes" else [saved.number_of(cell, self.decimal) for cell in cells]

    def label(self, row):
        """A class, of which 1 and 1.0 are one; of numbers, all are of a kind."""
        if self.task == "numbers":
            return ""
        number = saved.number_of(self.targets[row], self.decimal)
        return self.targets[row] if number is None else number

    @functools.cached_property
    def labelled(self):
        """The rows that have a target."""
        return [row for row, target in enumerate(self.targets) if target is not None and target not in saved.MISSING]

    @functools.cached_property
    def parts(self):
        """(training rows, test rows), in the table's order: by chance, of each class its share."""
        chance = random.Random(f"{self.entry['key']}:{self.seed}")
        rows = chance.sample(self.labelled, min(len(self.labelled), MOST_ROWS))
        groups = {}
        for row in rows:
            groups.setdefault(self.label(row), []).append(row)
        test = {row for group in groups.values() for row in group[:round(TEST_SHARE * len(group))]}
        return sorted(set(rows) - test), sorted(test)

    @property
    def meant(self):
        """The test rows' targets."""
        return [self.targets[row] for row in self.parts[1]]
