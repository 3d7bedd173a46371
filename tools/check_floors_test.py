#!/usr/bin/env python3
"""Proves that check_floors.py finds each kind of breach and accepts what is allowed."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).parent / "check_floors.py"


class CheckFloors(unittest.TestCase):
    def check(self, path, line):
        """Runs the check on a tree that holds just one file with one line."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True)
            file.write_text(f"#pragma once\n{line}\n", encoding="utf-8")
            return subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, check=False)

    def assert_allowed(self, path, line):
        result = self.check(path, line)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def assert_refused(self, path, line, message):
        result = self.check(path, line)
        self.assertEqual((result.returncode, result.stdout), (1, f"{path}:{message}\n"))

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
        self.assert_allowed("catenary/kernels/a.cc", '#include "hwy/highway.h"')
        self.assert_refused("catenary/engine/a.cc", "#include <hwy/highway.h>",
                            "2: only kernels may include Highway: hwy/highway.h")

    def test_refuses_a_folder_without_a_floor(self):
        self.assert_refused("catenary/attic/a.h", "",
                            "1: this folder has no floor; add it to tools/check_floors.py")


if __name__ == "__main__":
    unittest.main()
