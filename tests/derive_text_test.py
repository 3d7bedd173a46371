"""What `catenary derive` prints is right as it is read: each side of each equation, worked out from its text alone.

usage: derive_text_test.py PROGRAM

Rows in index form (--detail full) are not read here; tests of the index rules evaluate them.
"""

import collections
import itertools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "support"))

from cookbook import formulas  # noqa: E402
from derive_pages import CONFIG, SAMPLES  # noqa: E402
from derive_text_problems import PROBLEMS  # noqa: E402
from notation_values import value  # noqa: E402
from printed_rows import Page  # noqa: E402

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
SIZES = {"m": 4, "n": 3, "k": 2, "l": 5}  # all different, so that a product in the wrong order does not fit
GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "lambda": "λ", "mu": "μ", "sigma": "σ", "theta": "θ"}
BATCH = 3
CLOSED_FORM = re.compile(r'^    \{"([^"]+)", "([^"]+)", "([^"]+)",', re.M)


def symbol(name):
    """A declared name as it is printed: theta1 as θ₁."""
    stem, digits = re.fullmatch(r"(.*?)_?(\d*)", name).groups()
    return GREEK.get(stem, stem) + digits.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def random_arrays(declarations, positive):
    """Numbers away from 0; where a function needs it, above 0."""
    random, arrays = np.random.default_rng(3), {}
    for item in declarations.split(","):
        name, shape = (part.strip() for part in item.split(":"))
        extents, *words = shape.split()
        size = [SIZES.get(n) or int(n) for n in extents.split("×") if n != "1"]
        count = [BATCH] if "batched" in words else []
        signs = 1 if positive else random.choice([-1, 1], count + size)
        array = random.uniform(0.4, 1.4, count + size) * signs
        arrays[name] = array @ array.T / 2 + np.eye(size[0]) if "symmetric" in words else array
    return arrays


def derive(arguments, folder):
    command = [PROGRAM, "derive", *arguments, "--numbers", "--format", "json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")


def document_of(formula, declarations, options=()):
    """The printed page and what its symbols are worth."""
    for positive in (False, True):
        arrays = random_arrays(declarations, positive)
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f"{folder}/values.npz", **arrays)
            arguments = ["--expr", formula, "--given", declarations, "--values", "values.npz", *options]
            run = derive(arguments, folder)
        if run.returncode == 0:
            return json.loads(run.stdout)["document"], given(arrays, declarations)
    raise AssertionError(f"{formula}: {run.stderr}")


def given(arrays, declarations):
    symbols = {s: value(n) for s, n in SIZES.items() if re.search(rf"[:×]\s*{s}\b", declarations)}
    if "batched" in declarations:
        symbols["N"] = value(BATCH)
    for name, array in arrays.items():
        batched = re.search(rf"\b{name}:[^,]*batched", declarations)
        symbols[symbol(name)] = [value(sample) for sample in array] if batched else value(array)
    return symbols


def page_of(formula, declarations, options=()):
    document, symbols = document_of(formula, declarations, options)
    return Page(document, symbols, BATCH if "batched" in declarations else 1).check()


def network_page(*options):
    """The page of a config; what is given are the numbers that it prints as its symbols."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "network.toml").write_text(CONFIG, encoding="utf-8")
        (pathlib.Path(folder) / "samples.csv").write_text(SAMPLES, encoding="utf-8")
        document = json.loads(derive(["network.toml", *options], folder).stdout)["document"]
    first_equation = next(i for i, block in enumerate(document) if block["kind"] == "equation")
    symbols = {}
    for i, block in enumerate(document):
        if block["kind"] != "numbers":
            continue
        name, array = block["numbers"]["name"]["text"], block["numbers"]
        array = np.reshape(array["values"], array["shape"])
        if i < first_equation:
            symbols[name] = value(array)
        elif name in ("X", "Y"):
            symbols[name.lower()] = [value(sample) for sample in array.T]
    return Page(document, symbols, len(symbols["x"])).check()


def equations(document):
    found = [block["equation"] for block in document if block["kind"] == "equation"]
    return [(equation["left"], [row["right"] for row in equation["rows"]]) for equation in found]


class PrintedRows(unittest.TestCase):
    def check(self, pages, least):
        """No page has a wrong row or one that cannot be read; few need a guess at a shape; `least` sides in all."""
        count = collections.Counter()
        for title, page in pages:
            with self.subTest(title):
                self.assertEqual(page.failures, [])
                self.assertEqual(page.refused, [])
            count += collections.Counter(checked=page.checked, guessed=len(page.guessed), skipped=len(page.skipped))
        self.assertGreater(count["checked"], least)
        self.assertLess(count["guessed"] + count["skipped"], 0.01 * count["checked"])

    def test_closed_forms(self):
        source = (HERE / "closed_forms_test.cc").read_text(encoding="utf-8")
        problems = sorted({found[:2] for found in CLOSED_FORM.findall(source)})
        self.assertGreater(len(problems), 150)
        self.check(((f"{f} | {d}", page_of(f, d)) for f, d in problems), 10000)

    def test_matrix_cookbook(self):
        problems = list(formulas((HERE / "cookbook_test.cc").read_text(encoding="utf-8")))
        self.assertGreater(len(problems), 60)
        self.check(((f"{f} | {d}", page_of(f, d, ["--wrt", x])) for f, d, x in problems), 2000)

    def test_brackets_batches_and_second_derivatives(self):
        self.check(((f"{f} | {d}", page_of(f, d, options.split())) for f, d, options in PROBLEMS), 5000)

    def test_functions(self):
        """Every operator that is written as a function of a vector."""
        run = subprocess.run([PROGRAM, "ops", "--json"], capture_output=True, text=True, encoding="utf-8", check=True)
        operators = json.loads(run.stdout)["ops"]
        functions = [
            op["name"]
            for op in operators
            if op["shapes"] == "n" and op["formula"].endswith("(x)") and op["gradient"]["x"] and op["name"] != "diag"
        ]
        self.assertGreater(len(functions), 10)
        declarations = "A: m×n, x: n"
        self.check(
            ((f, page_of(f"sum({f}(A*x))", declarations, ["--order", "2", "--wrt", "x"])) for f in functions), 500
        )

    def test_networks(self):
        options = [(), ("--set", "train.weight_decay=0.01")]
        self.check(((" ".join(o), network_page(*o)) for o in options), 80)

    def test_chinese_pages_have_the_same_equations(self):
        problem = ("squared_error(sigmoid(W*x+b), y)", "W: m×n, x: n batched, b: m, y: m batched")
        documents = [document_of(*problem, ["--lang", language])[0] for language in ("en", "zh")]
        self.assertEqual(*map(equations, documents))


# Ways to write a formula wrongly, as pairs of what is replaced and by what.
MISTAKES = [("ᵀ", ""), (" + ", " − "), (" − ", " + "), ("−", ""), ("(", ""), (")", ""), (" ⊙ ", " "), (" / ", " "),
            ("²", "³"), ("2", "3"), ("⁻¹", ""), ("Aᵀ", "A"), ("tanh", "σ"), ("W x", "x W"), ("^⊙2", "²")]  # fmt: skip
MISTAKEN = ("norm(tanh(W*x)-y)^2-x'*inv(A)*z/c", "W: m×n, x: n, y: m, z: n, A: n×n, c: 1")


class Mistakes(unittest.TestCase):
    """The check sees each mistake in each row."""

    def mistakes(self, document):
        for block in document:
            for row in block["equation"]["rows"] if block["kind"] == "equation" else []:
                text = row["right"]["text"]
                for right, wrong in MISTAKES:
                    row["right"]["text"] = text.replace(right, wrong, 1)
                    if row["right"]["text"] != text:
                        yield right, f"{block['equation']['left']['text']} = {text} → {row['right']['text']}"
                    row["right"]["text"] = text

    @staticmethod
    def is_sound(page, block):
        page.check_block(block)
        return not page.failures and not page.refused

    def test_are_noticed(self):
        document, symbols = document_of(*MISTAKEN)
        kinds, unnoticed = collections.Counter(), []
        every_third = itertools.islice(self.mistakes(document), 0, None, 3)  # all take half a minute
        for kind, mistake in every_third:
            page = Page(document, symbols)
            kinds[kind] += 1
            if all(self.is_sound(page, block) for block in document):
                unnoticed.append(mistake)
        self.assertEqual(unnoticed, [])
        self.assertGreater(len(kinds), 10)


if __name__ == "__main__":
    unittest.main()
