#!/usr/bin/env python3
"""Proves that check_figures.py counts functions as they are and notices each bar that is missed."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_figures

CHECK = pathlib.Path(__file__).parent / "check_figures.py"


def function(name, length):
    return f"void {name}() {{\n" + "  call();\n" * (length - 1) + "}\n"


class Figures(unittest.TestCase):
    def measured(self, files):
        """The exit status and the lines of a run on a repository of these files."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                (pathlib.Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (pathlib.Path(folder) / path).write_text(text)
            subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
            subprocess.run(["git", "add", "."], cwd=folder, check=True)
            result = subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, check=False)
            return result.returncode, result.stdout.splitlines()

    def test_a_function_is_as_long_as_from_brace_to_brace(self):
        text = """
            template <typename T>
            struct Box : Base<T> {
              Box(int n) : a_{n}, b_(n) { call(); }
              int get() const {
                return a_;
              }
              int declared() const;
              std::vector<int> numbers = {1, 2};
            };
            namespace {
            constexpr auto kLambda = [] {
              return 1;
            };
            void Box<int>::run(
                int a,
                int b) try {
              call();
            } catch (...) {
              call();
            }
            bool operator<(const Box<int>& a, const Box<int>& b) { return a[b[0]] < 3; }
            }
        """
        self.assertEqual([(length, name) for length, name, _ in check_figures.function_lengths(text)],
                         [(0, "Box"), (2, "get"), (4, "run"), (0, "operator<")])

    def test_tells_the_figures(self):
        files = {"catenary/a.cc": function("f", 4) + function("g", 5) + function("h", 6), "catenary/a_test.cc": function("t", 50)}
        self.assertEqual(self.measured(files), (0, ["functions: 3, median length 5, 100.0% below 16 lines, 0 above 40",
                                                    "files: 2, 0 above 400 lines, no include cycle"]))

    def test_notices_long_functions(self):
        status, lines = self.measured({"catenary/a.cc": function("f", 7) + function("g", 7) + function("h", 41)})
        self.assertEqual(status, 1)
        self.assertEqual(lines, ["functions: 3, median length 7, 66.7% below 16 lines, 1 above 40",
                                 "files: 1, 0 above 400 lines, no include cycle",
                                 "needed functions of a median length of at most 6, found 7",
                                 "needed 90% of the functions below 16 lines, found 66.7%"])

    def test_notices_a_long_file(self):
        status, lines = self.measured({"catenary/a.cc": function("f", 1), "tests/b_test.cc": "//\n" * 401})
        self.assertEqual((status, lines[2:]), (1, ["tests/b_test.cc:1: needed at most 400 lines, found 401"]))

    def test_notices_files_that_include_each_other(self):
        status, lines = self.measured({"catenary/a.h": '#include "catenary/b.h"\n', "catenary/b.h": '#include "c.h"\n',
                                       "catenary/c.h": '#include <vector>\n#include "catenary/a.h"\n',
                                       "catenary/d.cc": '#include "catenary/a.h"\n' + function("f", 1)})
        self.assertEqual((status, lines[2:]), (1, ["needed no files that include each other, found catenary/a.h -> "
                                                   "catenary/b.h -> catenary/c.h -> catenary/a.h"]))

    def test_says_where_it_loses_its_way(self):
        with self.assertRaisesRegex(check_figures.cpp_reader.ReadError, "2: needed a '}' that closes this '{', found none"):
            check_figures.function_lengths("\nvoid f() {\n")


if __name__ == "__main__":
    unittest.main()
