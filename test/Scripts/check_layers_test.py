#!/usr/bin/env python3
"""check_layers.py must find each kind of planted violation, and nothing in a clean tree."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check_layers.py"

CLEAN = {
    "include/qopt/Support/Numerics.h": "",
    "include/qopt/Support/Files.h": "",
    "include/qrt/qrt.h": "",
    "dialects/Interfaces/QuantRule.h": '#include "qopt/Support/Numerics.h"\n',
    "dialects/NN/NN.h": '#include "dialects/Interfaces/QuantRule.h"\n#include "dialects/NN/NN.h.inc"\n',
    "include/qopt/Fuse/Passes.h": "",
    "lib/Fuse/FoldPad.cpp": '#include "qopt/Fuse/Passes.h"\n#include "dialects/NN/NN.h"\n',
    "lib/Runtime/Session.cpp": '#include "qrt/qrt.h"\n#include "qopt/Support/Numerics.h"\n',
    "lib/Pipelines/All.cpp": '#include "qopt/Fuse/Passes.h"\n',
}


class CheckLayers(unittest.TestCase):
    def check(self, changes):
        """Runs the script on the clean tree with changes; returns (exit code, output)."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**CLEAN, **changes}.items():
                path = pathlib.Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            run = subprocess.run([sys.executable, SCRIPT, "--root", root], capture_output=True,
                                 text=True, check=False)
            self.assertEqual(run.stderr, "")
            return run.returncode, run.stdout

    def refuses(self, changes, *words):
        code, output = self.check(changes)
        self.assertEqual(code, 1, output)
        self.assertEqual(len(output.splitlines()), 1, output)
        for word in words:
            self.assertIn(word, output)

    def test_clean_tree(self):
        code, output = self.check({})
        self.assertEqual(code, 0, output)

    def test_upward_include(self):
        self.refuses({"dialects/NN/NN.cpp": '\n#include "qopt/Fuse/Passes.h"\n'},
                     "dialects/NN/NN.cpp:2", "NN includes Fuse", "above")

    def test_neighbour_stage(self):
        self.refuses({"lib/Prepare/Insert.cpp": '#include "qopt/Fuse/Passes.h"\n'},
                     "neighbour Fuse", "IR")

    def test_generated_header_counts(self):
        self.refuses({"lib/Prepare/Insert.cpp": '#include "qopt/Fuse/Passes.h.inc"\n'}, "neighbour")

    def test_tablegen_include_counts(self):
        self.refuses({"dialects/Interfaces/Rule.td": 'include "dialects/NN/NN.td"\n'}, "above")

    def test_runtime_sees_little(self):
        self.refuses({"lib/Runtime/Bad.cpp": '#include "qopt/Support/Files.h"\n'}, "Runtime may see only")

    def test_compiler_does_not_see_runtime(self):
        self.refuses({"lib/Runtime/Team.h": "", "lib/Run/Load.cpp": '#include "lib/Runtime/Team.h"\n'},
                     "through include/qrt only")

    def test_unknown_room(self):
        self.refuses({"lib/Utils/Knows.cpp": '#include "dialects/NN/NN.h"\n'}, "room Utils")

    def test_cycle(self):
        self.refuses({"include/qopt/Support/A.h": '#include "qopt/Support/B.h"\n',
                      "include/qopt/Support/B.h": '#include "qopt/Support/A.h"\n'}, "includes itself")

    def test_sizes(self):
        self.refuses({"lib/Fuse/Long.cpp": "\n" * 401}, "401 lines", "its limit is 400")
        allowance = {"scripts/size_allowances.txt": "450 lib/Fuse/Long.cpp\n"}
        self.assertEqual(self.check({**allowance, "lib/Fuse/Long.cpp": "\n" * 450})[0], 0)
        self.refuses({**allowance, "lib/Fuse/Long.cpp": "\n" * 451}, "its limit is 450")
        self.refuses({**allowance, "lib/Fuse/Long.cpp": "\n" * 20}, "remove its row")
        self.refuses(allowance, "is gone")
        self.refuses({"scripts/size_allowances.txt": "900 lib/Fuse/Long.cpp\n",
                      "lib/Fuse/Long.cpp": "\n" * 801}, "hard limit")

    def test_names(self):
        # Put together here, so that this file itself stays clean.
        self.refuses({"docs/Bad.md": "see /" + "home/someone/model.onnx\n"}, "docs/Bad.md:1", "one machine")
        self.refuses({"docs/Bad.md": "from " + "py" + "pi.org\n"}, "registry")


if __name__ == "__main__":
    unittest.main()
