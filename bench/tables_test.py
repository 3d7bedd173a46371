#!/usr/bin/python3
"""Proves that tables.py saves, reads, chooses, divides and judges tables as it says."""

import argparse
import gzip
import importlib.util
import pathlib
import stat
import statistics
import tempfile
import tomllib
import unittest

import tables
from tabular import collect, contest, peer, saved, sources, targets
from tabular.trial import Settings, Trial

PEOPLE = saved.Table(["name", "age", "smokes"], [["Ann", "1.5", "TRUE"], ["Bo; \"B\"", "", "FALSE"], ["Cy", "3", ""]])


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, text):
        path = self.folder / name
        path.write_bytes(text.encode())
        return path


class Saved(InFolder):
    def test_pandas_counts_rows_and_has_no_missing_whole_number(self):
        path = self.folder / "t.csv"
        saved.write(path, "pandas", saved.Table(["n", "b"], [["1", "TRUE"], ["", "FALSE"]]))
        self.assertEqual(path.read_bytes(), b",n,b\n0,1.0,True\n1,,False\n")

    def test_semicolons_come_with_decimal_commas_and_crlf(self):
        path = self.folder / "t.csv"
        saved.write(path, "semicolon", PEOPLE)
        self.assertEqual(path.read_bytes(),
                         b'name;age;smokes\r\nAnn;1,5;TRUE\r\n"Bo; ""B""";;FALSE\r\nCy;3;\r\n')

    def test_what_is_written_is_read(self):
        for style in ("plain", "tab", "semicolon"):
            path = self.folder / f"{style}.csv.gz"
            saved.write(path, style, PEOPLE)
            cells = [[cell.replace(",", ".") for cell in row] for row in saved.read(path, style).rows]
            self.assertEqual(cells, PEOPLE.rows, style)
            self.assertEqual(gzip.decompress(path.read_bytes())[:4], b"name")

    def test_a_header_without_a_cell_for_the_rows_names_gets_one(self):
        path = self.file("t.tsv", '"a"\t"b"\n"x"\t1\t"say \\"no\\""\n')
        self.assertEqual(saved.read(path, "table"), saved.Table(["", "a", "b"], [["x", "1", 'say "no"']]))

    def test_a_quote_is_a_letter_where_none_are_written(self):
        path = self.file("t.tsv", "a\tb\n\"x\t1\n")
        self.assertEqual(saved.read(path, "tsv").rows, [['"x', "1"]])

    def test_a_ragged_row_is_no_table(self):
        with self.assertRaisesRegex(ValueError, "row 3 has 1 cells, the header 2"):
            saved.read(self.file("t.csv", "a,b\n1,2\n3\n"), "plain")

    def test_parts_are_saved_as_the_whole_was(self):
        for style, text in {"table": '"a"\t"b"\n"x"\t1\t"say \\"no\\""\n', "tsv": "a\tb\n\"x\t1\n",
                            "csv2_rows": '"";"a";"b"\n"r";1,5;"x;y"\n', "csv": '"","a"\n"r","say ""no"""\n'}.items():
            table = saved.read(self.file("t.csv", text), style)
            saved.write_like(self.folder / "like.csv", style, table)
            self.assertEqual(saved.read(self.folder / "like.csv", style), table, style)
        self.assertTrue(saved.text_of(self.folder / "like.csv").startswith(",a\n"))

    def test_bytes_that_are_not_utf8_are_read_as_latin1(self):
        path = self.folder / "t.csv"
        path.write_bytes(b"a,b\nL\xe9on,1\n")
        self.assertEqual(saved.read(path, "plain").rows, [["Léon", "1"]])

    def test_a_columns_kind_is_that_of_all_its_cells(self):
        self.assertEqual(saved.kind_of(["1", "NA", "2e5"]), "numbers")
        self.assertEqual(saved.kind_of(["1,5", "-2"], ","), "numbers")
        self.assertEqual(saved.kind_of(["1", "rotary"]), "texts")
        self.assertEqual(saved.kind_of(["TRUE", "FALSE", "NA"]), "booleans")
        self.assertEqual(saved.kind_of(["1989-06-07", ""]), "dates")
        self.assertEqual(saved.kind_of(["NA", "?"]), "nothing")
        self.assertEqual(saved.kind_of(["1_000", "2"]), "texts")


def rows_of(*columns):
    return [list(row) for row in zip(*columns)]


COUNT = 40
NUMBERS = [str(i / 7) for i in range(COUNT)]
PAIR = ["yes" if i % 3 else "no" for i in range(COUNT)]
TOLD_NOTHING = {"skip": {}, "target": {}}


class Targets(unittest.TestCase):
    def target(self, header, *columns, key="p.t", told=None):
        return targets.target_of(key, saved.Table(header, rows_of(*columns)), ".", told or TOLD_NOTHING)

    def test_a_name_that_tells_a_response_is_taken_first(self):
        self.assertEqual(self.target(["Class", "x", "w"], PAIR, NUMBERS, NUMBERS), ("Class", "classes"))

    def test_else_the_last_column_that_can_be_predicted(self):
        names = [f"person {i}" for i in range(COUNT)]
        self.assertEqual(self.target(["a", "b", "names"], PAIR, NUMBERS, names), ("b", "numbers"))
        self.assertEqual(self.target(["a", "b", "same"], PAIR, NUMBERS, ["1"] * COUNT), ("b", "numbers"))
        self.assertEqual(self.target(["a", "b", "gaps"], PAIR, NUMBERS, NUMBERS[:15] + ["NA"] * 25), ("b", "numbers"))

    def test_two_numbers_are_classes_and_more_are_not(self):
        self.assertEqual(self.target(["x", "t"], NUMBERS, ["01"[i % 2] for i in range(COUNT)]), ("t", "classes"))
        self.assertEqual(self.target(["x", "t"], NUMBERS, ["012"[i % 3] for i in range(COUNT)]), ("t", "numbers"))

    def test_what_the_documentation_tells_goes_first(self):
        codes = ["012"[i % 3] for i in range(COUNT)]
        told = {"skip": {"p.no": "because"}, "target": {"p.t": "t: classes"}}
        self.assertEqual(self.target(["t", "y"], codes, NUMBERS, told=told), ("t", "classes"))
        self.assertIsNone(self.target(["t", "y"], codes, NUMBERS, key="p.no", told=told))

    def test_a_table_needs_an_input_and_a_target(self):
        self.assertIsNone(self.target(["", "y"], NUMBERS, NUMBERS))
        self.assertIsNone(self.target(["x", "x"], NUMBERS, NUMBERS))

    def test_identifiers_are_names_of_rows(self):
        def is_id(name, cells):
            return targets.is_id(next(targets.columns_of(saved.Table([name], [[cell] for cell in cells]), ".")))

        self.assertTrue(is_id("", NUMBERS))
        self.assertTrue(is_id("ID", NUMBERS))
        self.assertFalse(is_id("id", NUMBERS[:20] * 2))
        self.assertFalse(is_id("x", NUMBERS))
        self.assertTrue(is_id("title", [f"title {i}" for i in range(150)]))

    def test_each_override_names_a_column_and_a_task(self):
        told = targets.overrides()
        self.assertGreater(len(told["target"]), 50)
        for key, said in told["target"].items():
            self.assertIn(".", key)
            self.assertRegex(said, r"^[^:]+(: classes)?$")


class Collect(InFolder):
    def sources(self, count, shift):
        for place in range(count):
            numbers = [str(i * i + place * shift) for i in range(COUNT)]
            path = self.folder / f"{place}.csv"
            saved.write(path, "plain", saved.Table(["x", "y"], rows_of(NUMBERS, numbers)))
            yield sources.Source("p", str(place), "plain", path)

    def test_a_package_gives_only_some(self):
        chosen = collect.choose(list(self.sources(12, shift=1)), 100, 8)
        self.assertEqual(len(chosen), 8)
        self.assertEqual(chosen, collect.choose(reversed(list(self.sources(12, shift=1))), 100, 8))
        self.assertEqual(chosen[:3], collect.choose(self.sources(12, shift=1), 3, 8))

    def test_tables_with_the_same_cells_are_one(self):
        self.assertEqual(len(collect.choose(self.sources(5, shift=0), 100, 8)), 1)

    def test_gretls_codes_are_read_as_their_texts(self):
        head = '<gretldata type="{}"><variables count="2"><variable name="a"/><variable name="b"/></variables>'
        rest = ('<observations><obs label="AL">1.5 2</obs><obs label="AK">NA 1</obs></observations>'
                '<string-tables><valstrings owner="b">"N E" "MW"</valstrings></string-tables></gretldata>')
        path = self.file("t.gdt", head.format("cross-section") + rest)
        self.assertEqual(sources.gretl_table(path),
                         saved.Table(["obs", "a", "b"], [["AL", "1.5", "MW"], ["AK", "", "N E"]]))
        self.assertIsNone(sources.gretl_table(self.file("t.gdt", head.format("time-series") + rest)))


ENTRY = {"key": "p.t", "package": "p", "style": "plain", "rows": COUNT, "columns": 2, "target": "t", "task": "classes",
         "content": "c"}
# Stands for the program: refuses, or says "yes" of every row of the file that it is asked about.
PROGRAM = """#!/usr/bin/python3
import sys
if sys.argv[1] == "predict":
    rows = open(sys.argv[4]).read().splitlines()[1:]
    open(sys.argv[6], "w").write("prediction\\n" + "yes\\n" * {rows})
elif {complaint!r}:
    sys.exit({complaint!r})
else:
    print('{{"event": "end", "test": {{"accuracy": {score}}}}}')
"""


class Contest(InFolder):
    def setUp(self):
        super().setUp()
        self.table = saved.Table(["x", "t"], rows_of(NUMBERS, PAIR))
        saved.write(self.folder / "t.csv", "plain", self.table)
        self.entry = ENTRY | {"path": str(self.folder / "t.csv")}

    def trial(self, table, seed=1):
        return Trial(self.entry, table, Settings(), seed)

    def options(self, sides=("catenary",), rows="len(rows)", complaint="", score="0.5"):
        program = self.file("program", PROGRAM.format(rows=rows, complaint=complaint, score=score))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return argparse.Namespace(program=program, cache=self.folder, seeds=2, sides=sides,
                                  settings=Settings(steps=50))

    def test_each_row_with_a_target_is_in_one_part(self):
        table = saved.Table(["x", "t"], rows_of(NUMBERS, PAIR[:35] + ["NA"] * 5))
        train, test = self.trial(table).parts
        self.assertEqual(sorted(train + test), list(range(35)))
        self.assertEqual((train, test), self.trial(table).parts)
        self.assertNotEqual((train, test), self.trial(table, seed=2).parts)

    def test_each_class_gives_its_share_to_the_test(self):
        _, test = self.trial(self.table).parts
        counts = [sum(PAIR[row] == label for row in test) for label in ("yes", "no")]
        self.assertEqual(counts, [round(0.2 * PAIR.count("yes")), round(0.2 * PAIR.count("no"))])

    def test_the_parts_column_says_what_the_rows_are_for(self):
        trial = self.trial(self.table)
        whole, test, column = contest.save_parts(self.folder, trial)
        told = saved.read(whole, "plain")
        self.assertEqual(told.header, ["x", "t", column])
        self.assertEqual([row for row, cells in enumerate(told.rows) if cells[2] == "test"], trial.parts[1])
        self.assertEqual(saved.read(test, "plain").rows, [self.table.rows[row] for row in trial.parts[1]])

    def test_a_config_means_what_the_settings_say(self):
        table = saved.Table(["x", 'a "b"'], rows_of(NUMBERS * 25, NUMBERS * 25))
        entry = self.entry | {"target": 'a "b"', "task": "numbers"}
        settings = Settings(init="lecun_normal")
        config = tomllib.loads(contest.config_of(Trial(entry, table, settings, 3), "/x/t.csv", "part"))
        self.assertEqual(config["data"], {"train": "/x/t.csv", "target": 'a "b"', "split": {"column": "part"}})
        self.assertEqual([layer.get("units") for layer in config["model"]["layers"]], [64, 32, None])
        self.assertEqual([layer.get("init") for layer in config["model"]["layers"]], ["lecun_normal"] * 2 + [None])
        self.assertEqual((config["seed"], config["train"]["epochs"]), (3, 120))  # of 800 rows

    def test_the_loss_is_scikit_learns(self):
        three = saved.Table(["x", "t"], rows_of(NUMBERS[:4], ["1", "1.0", "2", "3"]))
        two = saved.Table(["x", "t"], rows_of(NUMBERS[:4], ["1", "1.0", "2", "NA"]))
        self.assertEqual(contest.loss_of(self.trial(three)), "softmax_cross_entropy")
        self.assertEqual(contest.loss_of(self.trial(two)), "binary_cross_entropy")
        self.entry["task"] = "numbers"
        self.assertEqual(contest.loss_of(self.trial(two)), "squared_error")

    def test_a_program_that_answers_is_judged_by_its_answers(self):
        row = contest.contest(self.entry, self.options())
        self.assertEqual((row["unedited"], row["compared"]), ("", ""))
        self.assertEqual(row["ours"], [3 / 8, 3 / 8])  # 14 of 40 are "no", 3 of them among 8 test rows

    def test_a_refusal_is_kept(self):
        row = contest.contest(self.entry, self.options(complaint="catenary: t.csv: line 1: no"))
        self.assertEqual((row["unedited"], row["compared"], row["ours"]), ("catenary: t.csv: line 1: no",) * 2 + ([],))

    def test_a_score_that_is_no_number_is_no_training(self):
        self.assertIn("no finite test score", contest.contest(self.entry, self.options(score="NaN"))["unedited"])

    def test_an_answer_to_other_rows_is_none(self):
        row = contest.contest(self.entry, self.options(rows="3"))
        self.assertEqual(row["compared"], "predict: 3 predictions of 8 rows")


class Errors(unittest.TestCase):
    def test_of_classes_the_share_that_is_wrong(self):
        self.assertEqual(peer.error_of(["1", "b", "c"], ["1.0", "b", "d"], "classes"), 1 / 3)

    def test_of_numbers_in_units_of_their_deviation(self):
        meant = [1.0, 2.0, 3.0, 4.0]
        self.assertAlmostEqual(peer.error_of([statistics.fmean(meant)] * 4, meant, "numbers"), 1.0)
        self.assertIsNone(peer.error_of([1.0, 2.0], [5.0, 5.0], "numbers"))

    def test_a_ratio_of_two_zeros_is_one(self):
        self.assertEqual(tables.ratio_of({"ours": [0.0], "theirs": [0.0]}), 1.0)
        self.assertEqual(tables.ratio_of({"ours": [0.1], "theirs": [0.0]}), float("inf"))
        self.assertAlmostEqual(tables.ratio_of({"ours": [0.1, 0.3], "theirs": [0.4]}), 0.5)

    def test_complaints_of_a_kind_are_counted_together(self):
        one = "catenary: /a/b.csv: line 3, column 1 'x': needed a number, found 'y'"
        other = "catenary: c/d.tsv: line 14, column 22 'z': needed a number, found ''"
        self.assertEqual(tables.kind_of_complaint(one), tables.kind_of_complaint(other))

    def test_the_summary_counts(self):
        row = {"key": "p.t", "rows": 40, "columns": 2, "task": "classes", "unedited": "", "compared": ""}
        rows = [row | {"ours": [0.1], "theirs": [0.2]}, row | {"ours": [0.3], "theirs": [0.2]},
                row | {"ours": [], "theirs": [0.2], "unedited": "no", "compared": "no"}]
        figures = {}
        for _, values in tables.summary(rows):
            figures |= values
        self.assertEqual((figures["tables"], figures["unedited"], figures["compared"]), (3, 2, 2))
        self.assertEqual((figures["all"]["better"], figures["all"]["worse"]), (1, 1))
        self.assertAlmostEqual(figures["all"]["ratio"], 1.0)


class Peer(unittest.TestCase):
    def test_inputs_are_what_a_careful_person_keeps(self):
        table = saved.Table(["", "n", "c", "day", "none", "t"],
                            [["r1", "1,5", "a", "2020-02-03", "NA", "x"], ["r2", "NA", "?", "", "NA", "y"]])
        numbers, categories = peer.columns_for(table, ",", "t")
        self.assertEqual(numbers[0], (1.5, 2020, 2, 3, 0, 0))
        self.assertTrue(all(cell != cell for cell in numbers[1]))
        self.assertEqual(categories, [("a",), ("",)])

    @unittest.skipUnless(importlib.util.find_spec("sklearn"), "scikit-learn is not installed")
    def test_missing_cells_and_a_category_that_training_never_saw_are_no_obstacle(self):
        told = ["NA" if i % 7 == 0 else str(i % 2) for i in range(60)]
        labels = [str(i % 2) for i in range(60)]
        table = saved.Table(["told", "c", "t"], rows_of(told, ["a"] * 58 + ["b", "?"], labels))
        trial = Trial(ENTRY, table, Settings(), 1)
        self.assertTrue({58, 59} & set(trial.parts[1]))
        self.assertLess(peer.error_of(peer.predictions(trial), trial.meant, "classes"), 0.2)


if __name__ == "__main__":
    unittest.main()
