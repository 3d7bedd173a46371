#!/usr/bin/env python3
"""Proves that check_floors.py finds each kind of breach and accepts what is allowed."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import check_floors


class CheckFloors(unittest.TestCase):
    def check(self, path, line):
        """What the check returns and prints of a tree that holds just one file with one line."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True)
            file.write_text(f"#pragma once\n{line}\n", encoding="utf-8")
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                return check_floors.main(["check_floors.py", folder]), printed.getvalue()

    def assert_allowed(self, path, line):
        self.assertEqual(self.check(path, line), (0, ""))

    def assert_refused(self, path, line, message):
        self.assertEqual(self.check(path, line), (1, f"{path}:{message}\n"))

    def test_allows_own_folder_lower_floors_and_foreign_headers(self):
        self.assert_allowed("catenary/ops/a.cc", '#include "catenary/ops/a.h"')
        self.assert_allowed("catenary/ops/a.cc", '#include "catenary/ir/graph.h"')
        self.assert_allowed("catenary/ops/a.cc", "#include <vector>")
        self.assert_allowed("catenary/catenary.h", '#include "catenary/train/trainer.h"')
        self.assert_allowed("apps/cli/train.cc", '#include "catenary/train/trainer.h"')

    def test_refuses_an_upper_floor(self):
        self.assert_refused("catenary/ir/a.h", '#include "catenary/ops/catalogue.h"',
                            "2: ir (floor 1) may not include ops (floor 2): catenary/ops/catalogue.h")

    def test_refuses_a_sibling(self):
        self.assert_refused("catenary/nn/a.h", '  #  include <catenary/optim/sgd.h>',
                            "2: nn (floor 3) may not include optim (floor 3): catenary/optim/sgd.h")

    def test_allows_a_room_what_is_open_to_it(self):
        self.assert_allowed("catenary/derive/page/a.cc", '#include "catenary/derive/page/a.h"')
        self.assert_allowed("catenary/derive/page/a.cc", '#include "catenary/derive/document/document.h"')
        self.assert_allowed("catenary/derive/page/a.cc", '#include "catenary/ir/graph.h"')
        self.assert_allowed("catenary/derive/formula/a_test.cc", '#include "catenary/derive/page/a.h"')
        self.assert_allowed("catenary/derive/formula/testing.h", '#include "catenary/derive/page/a.h"')
        self.assert_allowed("apps/cli/derive.cc", '#include "catenary/derive/page/a.h"')

    def test_refuses_a_room_that_is_not_open(self):
        self.assert_refused("catenary/derive/formula/a.cc", '#include "catenary/derive/steps/naming.h"',
                            "2: derive/formula may not include derive/steps: catenary/derive/steps/naming.h")
        self.assert_refused("catenary/derive/steps/a.h", '#include "catenary/derive/document/document.h"',
                            "2: derive/steps may not include derive/document: catenary/derive/document/document.h")

    def test_knows_a_hall_that_has_files_beside_its_rooms(self):
        self.assert_allowed("catenary/transform/check/a.cc", '#include "catenary/transform/gradient.h"')
        self.assert_allowed("catenary/transform/gradient.cc", '#include "catenary/transform/gradient.h"')
        self.assert_refused("catenary/transform/gradient.cc", '#include "catenary/transform/check/gradcheck.h"',
                            "2: transform may not include transform/check: catenary/transform/check/gradcheck.h")
        self.assert_refused("catenary/transform/check/a.cc", '#include "catenary/transform/simplify/chain.h"',
                            "2: transform/check may not include transform/simplify: catenary/transform/simplify/chain.h")

    def test_knows_which_files_of_a_hall_a_room_may_include(self):
        self.assert_allowed("catenary/engine/step.cc", '#include "catenary/engine/run/runner.h"')
        self.assert_allowed("catenary/engine/run/a.cc", '#include "catenary/engine/batch.h"')
        self.assert_allowed("catenary/engine/run/a.cc", '#include "catenary/engine/compile/bound.h"')
        self.assert_refused("catenary/engine/compile/a.cc", '#include "catenary/engine/run/batch.h"',
                            "2: engine/compile may not include engine/run: catenary/engine/run/batch.h")
        self.assert_refused("catenary/engine/run/a.cc", '#include "catenary/engine/step.h"',
                            "2: engine/run may not include engine: catenary/engine/step.h")

    def test_knows_the_rooms_of_the_benchmarks(self):
        self.assert_allowed("bench/a.cc", '#include "bench/compare/peak.h"')
        self.assert_refused("bench/compare/a.cc", '#include "bench/a.h"', "2: bench/compare may not include bench: bench/a.h")

    def test_refuses_a_file_beside_the_rooms(self):
        for path in ("catenary/derive/a.cc", "catenary/derive/attic/a.cc"):
            self.assert_refused(path, "#include <vector>",
                                "1: this hall has rooms, and this is none of them; see tools/check_floors.py")

    def test_refuses_the_umbrella_header_inside_the_house(self):
        self.assert_refused("catenary/train/a.cc", '#include "catenary/catenary.h"',
                            "2: train (floor 5) may not include catenary.h (floor 6): catenary/catenary.h")

    def test_keeps_kernels_to_engine_bench_and_tests(self):
        include = '#include "catenary/kernels/dense.h"'
        for path in ("catenary/engine/a.cc", "bench/a.cc", "tests/a_test.cc", "catenary/kernels/b.cc"):
            self.assert_allowed(path, include)
        for path in ("catenary/train/a.cc", "catenary/ops/a.cc", "apps/cli/a.cc"):
            self.assert_refused(path, include, "2: only engine may include kernels: catenary/kernels/dense.h")

    def test_keeps_highway_to_kernels(self):
        self.assert_allowed("catenary/kernels/a.cc", "#include <hwy/highway.h>")
        self.assert_refused("catenary/engine/a.cc", "#include <hwy/highway.h>",
                            "2: only kernels may include Highway: hwy/highway.h")

    def test_refuses_what_is_on_no_floor(self):
        for path in ("catenary/attic/a.h", "catenary/a.h", "catenary/a.cc"):
            self.assert_refused(path, "", "1: this is on no floor; see tools/check_floors.py")

    def test_refuses_a_quoted_include_that_does_not_begin_at_the_root(self):
        reason = "2: a quoted include must begin with catenary/"
        self.assert_refused("catenary/ops/a.cc", '#include "a.h"', f"{reason}: a.h")
        self.assert_refused("catenary/catenary.h", '#include "ops/a.h"', f"{reason}: ops/a.h")
        self.assert_refused("catenary/kernels/a.cc", '#include "hwy/highway.h"', f"{reason}: hwy/highway.h")
        self.assert_refused("catenary/ops/a_test.cc", '#include "a.h"', f"{reason} or tests/support/: a.h")
        self.assert_allowed("apps/cli/a.cc", '#include "a.h"')

    def test_refuses_a_way_round_everywhere(self):
        reason = '2: an include is spelled without ".", ".." and empty names'
        self.assert_refused("catenary/derive/steps/hessian.cc", '#include "../page/blocks.h"', f"{reason}: ../page/blocks.h")
        self.assert_refused("catenary/base/file.cc", '#include "../ir/graph.h"', f"{reason}: ../ir/graph.h")
        for path, included in (("catenary/ops/a.cc", "catenary/ops/../engine/a.h"), ("catenary/ops/a_test.cc", "./a.h"),
                               ("apps/cli/a.cc", "../a.h"), ("bench/compare/a.cc", "bench//a.h"), ("tests/a.cc", "/a.h")):
            self.assert_refused(path, f'#include "{included}"', f"{reason}: {included}")
            self.assert_refused(path, f"#include <{included}>", f"{reason}: {included}")

    def test_keeps_what_is_above_all_floors_out_of_the_house(self):
        for included in ("apps/cli/arguments.h", "tests/support/made_up_op.h", "bench/compare/peak.h", "examples/a.h"):
            top = included.split("/", maxsplit=1)[0]
            reason = f"2: {top} is above all floors: {included}"
            self.assert_refused("catenary/derive/page/a.h", f'#include "{included}"', reason)
            self.assert_refused("catenary/catenary.h", f"#include <{included}>", reason)

    def test_opens_only_the_support_of_tests_to_the_tests_of_the_house(self):
        for path in ("catenary/ops/a_test.cc", "catenary/kernels/testing.h", "catenary/derive/proof/rule_testing.h"):
            self.assert_allowed(path, '#include "tests/support/made_up_op.h"')
            for included in ("apps/cli/arguments.h", "tests/fuzz/a.h", "bench/a.h", "examples/a.h"):
                top = included.split("/", maxsplit=1)[0]
                self.assert_refused(path, f'#include "{included}"', f"2: {top} is above all floors: {included}")

    def test_keeps_what_is_for_tests_to_tests(self):
        for included in ("catenary/kernels/testing.h", "catenary/kernels/a_test.cc"):
            self.assert_allowed("catenary/kernels/a_test.cc", f'#include "{included}"')
            self.assert_refused("catenary/kernels/a.cc", f'#include "{included}"',
                                f"2: only tests may include what is for tests: {included}")

    def test_refuses_other_suffixes_of_sources(self):
        reason = "1: sources end in .h or .cc; no other is checked"
        for suffix in ("hpp", "hh", "hxx", "inc", "inl", "ipp", "tpp", "tcc", "cpp", "cxx", "c", "C", "H", "CC"):
            self.assert_refused(f"catenary/ops/a.{suffix}", "", reason)
        for path in ("catenary/a.hpp", "bench/compare/a.cpp", "apps/cli/a.c"):
            self.assert_refused(path, "", reason)
        for name in ("page.css", "fit_math.py", ".clang-tidy", "CMakeLists.txt"):
            self.assert_allowed(f"catenary/kernels/{name}", "")

    def test_sees_an_include_however_it_is_spaced(self):
        reason = "ir (floor 1) may not include ops (floor 2): catenary/ops/a.h"
        for line in ('#include/**/"catenary/ops/a.h"', '#/**/include"catenary/ops/a.h"',
                     '/* a **/ # include <catenary/ops/a.h>', '%:include "catenary/ops/a.h"'):
            self.assert_refused("catenary/ir/a.h", line, f"2: {reason}")
        for line in ('#include \\\n"catenary/ops/a.h"', '/* a\n*/ #include "catenary/ops/a.h"',
                     '\n#include "catenary/ops/a.h"'):
            self.assert_refused("catenary/ir/a.h", line, f"3: {reason}")
        self.assert_allowed("catenary/ir/a.h", '// #include "catenary/ops/a.h"')

    def test_knows_the_include_that_stops_a_compiler(self):
        self.assert_allowed("catenary/base/cpp20.h", '#include "Catenary needs C++20: compile with -std=c++20"')

    def test_refuses_an_include_that_names_no_file(self):
        for path in ("catenary/ir/a.h", "bench/a.cc"):
            self.assert_refused(path, "#include HEADER", "2: an include must name its file: HEADER")


if __name__ == "__main__":
    unittest.main()
