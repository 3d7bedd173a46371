#!/usr/bin/env python3
"""Proves that the tables of faults fit the source, and that mutants.py tells what is noticed from what is not."""

import contextlib
import io
import pathlib
import subprocess
import tempfile
import textwrap
import unittest

import mutant_tables
import mutants

ROOT = pathlib.Path(__file__).parent.parent
FEWEST = 400
FEWEST_OF_A_FLOOR = 5


class Tables(unittest.TestCase):
    def setUp(self):
        self.rows = mutant_tables.read_tables(ROOT)

    def test_each_row_fits_the_source(self):
        for row in self.rows:
            with self.subTest(row=str(row)):
                text = (ROOT / row.file).read_text(encoding="utf-8")
                self.assertNotEqual(row.planted_in(text), text)

    def test_each_row_stands_with_its_own_floor_and_once(self):
        for row in self.rows:
            self.assertEqual(row.file.split("/")[1], row.floor, row)
        self.assertEqual(len(self.rows), len({(row.floor, row.fault, row.file) for row in self.rows}))
        self.assertEqual(len(self.rows), len({(row.file, row.old, row.new, row.after) for row in self.rows}))

    def test_every_floor_has_faults(self):
        for floor in mutant_tables.House(ROOT).floors:
            self.assertGreaterEqual(sum(row.floor == floor for row in self.rows), FEWEST_OF_A_FLOOR, floor)

    def test_there_are_many_faults(self):
        self.assertGreaterEqual(len(self.rows), FEWEST)


class Row(unittest.TestCase):
    def planted(self, text, **row):
        return mutant_tables.Mutant(floor="base", fault="a fault", file="f.cc", **row).planted_in(text)

    def test_replaces_the_text_that_stands_once(self):
        self.assertEqual(self.planted("a = b - c;", old="b - c", new="c - b"), "a = c - b;")

    def test_replaces_the_first_after_an_anchor(self):
        self.assertEqual(self.planted("x+1 f() { x+1, x+1 }", old="x+1", new="x", after="f()"), "x+1 f() { x, x+1 }")

    def test_refuses_text_that_stands_twice_or_never(self):
        for text in ("1 1", ""):
            with self.assertRaisesRegex(mutant_tables.TableError, f"expected '1' once in the file, found it {text.count('1')} times"):
                self.planted(text, old="1", new="2")
        with self.assertRaisesRegex(mutant_tables.TableError, "'1' does not stand after 'f'"):
            self.planted("1 f", old="1", new="2", after="f")


class Checks(unittest.TestCase):
    """Which tests could notice a fault, in which order."""

    def names(self, floor):
        return [check.name for check in mutant_tables.House(ROOT).checks(floor)]

    def test_begin_with_the_floor_and_end_with_what_is_slow(self):
        names = self.names("engine")
        self.assertEqual(names[:2], ["engine_test", "train_test"])
        self.assertLess(names.index("engine_step_test"), names.index("notes_layer_test"))
        self.assertLess(names.index("cli_test"), names.index("cli_test (slow)"))

    def test_leave_out_what_cannot_depend_on_the_floor(self):
        self.assertNotIn("derive_test", self.names("engine"))
        self.assertNotIn("base_test", self.names("ir"))
        self.assertIn("derive_test", self.names("base"))
        self.assertEqual(self.names("train"), ["train_test", "cli_test", "cli_test (slow)"])


# A house of two floors without a compiler: its "programs" are shell scripts put together from its sources.
HOUSE = {
    "CMakePresets.json": """{"version": 6, "configurePresets": [{"name": "mutants", "generator": "Ninja",
                             "binaryDir": "${sourceDir}/build/mutants"}]}""",
    "CMakeLists.txt": """
        cmake_minimum_required(VERSION 3.25)
        project(tiny NONE)
        function(catenary_floor name)
          set(all ${CMAKE_SOURCE_DIR}/catenary/base/size.sh ${CMAKE_SOURCE_DIR}/catenary/${name}/${name}_test.cc)
          add_custom_target(${name}_test COMMAND cat ${all} > ${name}.sh COMMAND sh -n ${name}.sh COMMAND cp ${name}.sh ${name}_test COMMAND chmod +x ${name}_test)
        endfunction()
        catenary_floor(base USES)
        catenary_floor(train USES catenary_base)
        """,
    "catenary/base/size.sh": "#!/bin/sh\nwidth=2\nheight=3\ndepth=4 # a comment\n",
    "catenary/base/base_test.cc": 'echo "[  FAILED  ] Size.Width, x"; [ $width = 2 ]\n',
    "catenary/train/train_test.cc": 'echo "[ RUN      ] Size.Height"; while [ $height != 3 ]; do :; done\n',
}
ROW = 'file = "catenary/base/size.sh"\n'


class Runner(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for file, text in HOUSE.items():
            self.write(file, textwrap.dedent(text))
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.write(".gitignore", "/build/\n")
        self.write("docs/mutants.md", "")

    def write(self, file, text):
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).write_text(text)

    def run_on(self, *rows, arguments=()):
        """Tries rows of the floor base: the exit status and the verdicts by fault, and what was printed."""
        self.write("tests/mutants/base.toml", "".join(f"[[mutant]]\n{ROW}{row}\n" for row in rows))
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            status = mutants.main([*arguments, "--jobs=1", "--limit=2"], self.root)
        verdicts = {key[1]: verdict for key, verdict in mutant_tables.read_document(self.root).items()}
        return status, verdicts, out.getvalue()

    def test_tells_who_noticed(self):
        status, verdicts, _ = self.run_on('fault = "wide"\nold = "width=2"\nnew = "width=3"',
                                          'fault = "high"\nold = "height=3"\nnew = "height=2"')
        self.assertEqual(verdicts, {"wide": "noticed by base_test Size.Width",
                                    "high": "noticed by train_test Size.Height, by its time limit"})
        self.assertEqual(status, 0)

    def test_tells_what_nobody_noticed(self):
        status, verdicts, _ = self.run_on('fault = "deep"\nold = "depth=4"\nnew = "depth=5"')
        self.assertEqual((status, verdicts), (1, {"deep": "SURVIVED"}))

    def test_explained_faults_are_not_tried(self):
        status, verdicts, _ = self.run_on('fault = "deep"\nold = "depth=4"\nnew = "depth=5"\nwhy = "nobody reads it"')
        self.assertEqual((status, verdicts), (0, {"deep": "explained: nobody reads it"}))

    def test_a_fault_that_does_not_compile_is_not_noticed(self):
        status, verdicts, _ = self.run_on('fault = "broken"\nold = "depth=4"\nnew = "depth=("')
        self.assertEqual(status, 1)
        self.assertRegex(verdicts["broken"], "^ERROR: does not compile")

    def test_a_row_that_does_not_apply_is_an_error(self):
        status, verdicts, _ = self.run_on('fault = "gone"\nold = "length"\nnew = "width"')
        self.assertEqual(status, 1)
        self.assertRegex(verdicts["gone"], "^ERROR: .*expected 'length' once in the file, found it 0 times")

    def test_refuses_to_start_when_a_test_fails_already(self):
        self.write("catenary/base/size.sh", HOUSE["catenary/base/size.sh"].replace("width=2", "width=1"))
        status, verdicts, said = self.run_on('fault = "high"\nold = "height=3"\nnew = "height=2"')
        self.assertEqual((status, verdicts), (1, {}))
        self.assertIn("fails although no fault is planted: base_test Size.Width", said)

    def test_leaves_the_source_alone_and_its_copy_as_it_was(self):
        self.run_on('fault = "wide"\nold = "width=2"\nnew = "width=3"')
        for copy in (self.root, self.root / "build/mutants/1"):
            self.assertEqual((copy / "catenary/base/size.sh").read_text(), HOUSE["catenary/base/size.sh"])

    def test_resumes_where_it_was_interrupted_and_keeps_what_it_did_not_try(self):
        wide, deep = ('fault = "wide"\nold = "width=2"\nnew = "width=3"', 'fault = "deep"\nold = "depth=4"\nnew = "depth=5"')
        self.run_on(wide)
        _, verdicts, said = self.run_on(wide, deep, arguments=["--resume"])
        self.assertNotIn("wide", said)
        self.assertEqual(verdicts, {"wide": "noticed by base_test Size.Width", "deep": "SURVIVED"})
        self.assertEqual(self.run_on(wide, deep, arguments=["wide"])[1], verdicts)


if __name__ == "__main__":
    unittest.main()
