#!/usr/bin/env python3
"""Proves that tidy.py finds faults in joined files at their own places, and keeps files apart that clash."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).parent / "tidy.py"
CHECKS = "-*,clang-diagnostic-*,clang-analyzer-core.NullDereference,readability-identifier-naming"
NAMING = "[{key: readability-identifier-naming.LocalVariableCase, value: lower_case}]"


@unittest.skipUnless(shutil.which("clang-tidy"), "clang-tidy is not installed")
class Tidy(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def tidy(self, texts):
        """Runs tidy.py on files of these names and texts: its exit status and what it says about places."""
        folder = self.folder
        (folder / "build/dev").mkdir(parents=True, exist_ok=True)
        (folder / ".clang-tidy").write_text(f"Checks: '{CHECKS}'\nWarningsAsErrors: '*'\nCheckOptions: {NAMING}\n")
        commands = []
        for path, text in texts.items():
            (folder / path).write_text(text)
            commands.append({"file": f"{folder}/{path}", "command": f"c++ -I{folder} -Wshadow -std=c++20 -c {path}"})
        (folder / "build/dev/compile_commands.json").write_text(json.dumps(commands))
        run = subprocess.run([sys.executable, TIDY, *(path for path in texts if path.endswith(".cc"))], cwd=folder, capture_output=True, text=True, check=False)
        self.assertEqual(run.stderr, "")
        return run.returncode, [line.split(" [")[0] for line in run.stdout.splitlines() if "error:" in line]

    def joins(self):
        return len(list((self.folder / "build/lint").glob("*.cc")))

    def test_finds_faults_in_joined_files_at_their_own_places(self):
        texts = {"a.cc": "int a() { return 1; }\n",
                 "b.cc": "\nint b() { int Wrong = 2; return Wrong; }\n",
                 "c.cc": "int c(const int* p) {\n  if (p == nullptr) return *p;\n  return 0;\n}\n"}
        status, found = self.tidy(texts)
        self.assertEqual(self.joins(), 1)
        self.assertEqual(status, 1)
        self.assertEqual(sorted(found), [
            "b.cc:2:15: error: invalid case style for local variable 'Wrong'",
            "c.cc:2:28: error: Dereference of null pointer (loaded from variable 'p')"])

    def test_keeps_files_apart_whose_hidden_names_clash(self):
        hidden = "namespace {{\nint same() {{ return {}; }}\n}}  // namespace\nint {}() {{ return same(); }}\n"
        self.assertEqual(self.tidy({"a.cc": hidden.format(1, "a"), "b.cc": hidden.format(2, "b")}), (0, []))
        self.assertEqual(self.joins(), 0)

    def test_splits_joins_that_do_not_compile(self):
        clash = "static int same() {{ return {0}; }}\nint {1}() {{ int Wrong = same(); return Wrong; }}\n"
        status, found = self.tidy({"a.cc": clash.format(1, "a"), "b.cc": clash.format(2, "b")})
        self.assertEqual(status, 1)
        self.assertEqual([pathlib.Path(line).name for line in found],
                         [f"{file}:2:15: error: invalid case style for local variable 'Wrong'" for file in ("a.cc", "b.cc")])

    def test_splits_joins_that_make_the_compiler_warn(self):
        hidden = "namespace {\nconst int kept = 2;\n}  // namespace\nint a() { return kept; }\n"
        shadow = "int b(int x) { int kept = x; return kept; }\n"
        self.assertEqual(self.tidy({"a.cc": hidden, "b.cc": shadow}), (0, []))
        self.assertEqual(self.joins(), 1)

    def test_finds_an_include_that_is_missing_in_one_file_of_a_join(self):
        texts = {"a.h": "#pragma once\nusing Number = int;\n", "a.cc": '#include "a.h"\nNumber a() { return 1; }\n',
                 "b.cc": "Number b() { return 2; }\n"}
        status, found = self.tidy(texts)
        self.assertEqual(status, 1)
        self.assertEqual(found, ["b.cc:1:1: error: unknown type name 'Number'"])
        self.assertEqual(self.joins(), 1)

    def test_looks_again_when_a_header_changes(self):
        text = '#include "a.h"\nconst int zero = 0;\nint a() { return *(FOUND ? &zero : nullptr); }\n'
        self.assertEqual(self.tidy({"a.h": "#define FOUND 1\n", "a.cc": text})[0], 0)
        self.assertEqual(self.tidy({"a.h": "#define FOUND 0\n", "a.cc": text})[0], 1)


if __name__ == "__main__":
    unittest.main()
