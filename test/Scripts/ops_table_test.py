#!/usr/bin/env python3
"""The table of ops: reasons fill holes; a hole without one, or a reason for none, is an error."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "ops_table.py"
ROW = {"name": "nn.conv2d", "rule": "observed", "roles": ["activation"], "importers": ["Conv"],
       "fusion": "", "float": True, "simulation": True, "codes": True, "lowering": True,
       "kernels": [{"kind": "conv2d", "isas": ["avx2", "scalar"]}]}


class OpsTableTest(unittest.TestCase):
    def run_script(self, row, holes, test='nn.conv2d'):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "test" / "Stage").mkdir(parents=True)
            (folder / "test" / "Stage" / "a.mlir").write_text(test)
            (folder / "ops.json").write_text(json.dumps([row]))
            (folder / "nn.json").write_text(json.dumps(
                {"!instanceof": {"NN_Op": ["C"]}, "C": {"opName": "conv2d", "holes": holes}}))
            return subprocess.run(
                [sys.executable, SCRIPT, "--ops", folder / "ops.json", "--records",
                 folder / "nn.json", "--tests", folder / "test"],
                capture_output=True, text=True, check=False)

    def test_full_row(self):
        run = self.run_script(ROW, "")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("| `nn.conv2d` | observed (activation) | Conv | - | yes | yes | yes | yes | "
                      "`conv2d` (avx2) | stages |", run.stdout)

    def test_hole_without_reason(self):
        run = self.run_script({**ROW, "codes": False}, "")
        self.assertEqual(run.returncode, 1)
        self.assertIn("`nn.conv2d`: nothing in column 'codes', and no reason", run.stderr)

    def test_reason_fills_holes(self):
        run = self.run_script({**ROW, "codes": False, "simulation": False},
                              "simulation, codes: always float; fusion: a word")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("| *a word* | yes | *always float* | *always float* |", run.stdout)

    def test_stale_reason(self):
        run = self.run_script(ROW, "kernels: a view")
        self.assertEqual(run.returncode, 1)
        self.assertIn("a reason for an empty column 'kernels', which is not empty", run.stderr)

    def test_unknown_column(self):
        run = self.run_script(ROW, "kernel: a view")
        self.assertEqual(run.returncode, 1)
        self.assertIn("`holes` names no column: 'kernel'", run.stderr)

    def test_op_that_one_side_lacks(self):
        run = self.run_script({**ROW, "name": "nn.linear"}, "", test="nn.linear")
        self.assertEqual(run.returncode, 1)
        self.assertIn("nn.linear: only in `qopt ops`", run.stderr)
        self.assertIn("nn.conv2d: only in TableGen's rows", run.stderr)

    def test_without_tests(self):
        run = self.run_script(ROW, "", test="nn.linear")
        self.assertEqual(run.returncode, 1)
        self.assertIn("nothing in column 'tests'", run.stderr)


if __name__ == "__main__":
    unittest.main()
