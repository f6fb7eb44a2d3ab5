"""The Python package: quantize from arrays, compile, and run a program in process."""
import os
import subprocess
import sys

import numpy as np
import pytest

import qopt


def test_from_float_to_logits(model, tmp_path):
    onnx, calib, test = model("digits")
    with np.load(calib) as stored:
        module = qopt.quantize(onnx, stored["x"], tmp_path / "int8.mlir")
    program = qopt.Program(qopt.compile(module, tmp_path / "model.so"), threads=2)
    with np.load(test) as stored:
        logits = program(stored["x"])
        assert (logits.argmax(1) == stored["y"]).mean() > 0.97
    assert program.inputs == {"x": (-1, 1, 8, 8)}
    assert program.outputs == {"logits": (-1, 10)}


def test_program_equals_driver(made, tmp_path):
    net = made("digits")
    with np.load(net.samples) as stored:
        x = stored["x"]
    np.savez(tmp_path / "x.npz", x=x)
    qopt.run("run", net.program, "--input", tmp_path / "x.npz", "--output", tmp_path / "y.npz")
    program = qopt.Program(net.program, isa="scalar")
    assert program.isa == "scalar"
    with np.load(tmp_path / "y.npz") as outputs:
        assert np.array_equal(program(x), outputs["logits"])
        assert np.array_equal(program(x[:1]), outputs["logits"][:1])


COUNT_THREADS = """
import os, sys
import numpy as np
from qopt.program import Program
program = Program(sys.argv[1], threads=1)
before = len(os.listdir("/proc/self/task"))
program(np.zeros((1, 1, 8, 8), np.float32))
print(len(os.listdir("/proc/self/task")) - before)
"""


def test_float_layers_keep_to_the_session_threads(model, tmp_path):
    onnx, _, _ = model("digits")
    qopt.run("import", onnx, "-o", tmp_path / "float.mlir")
    program = qopt.compile(tmp_path / "float.mlir", tmp_path / "float.so", "--isa", "native")
    done = subprocess.run([sys.executable, "-c", COUNT_THREADS, str(program)], text=True, check=True,
                          stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "3",
                                                       "PYTHONPATH": os.pathsep.join(sys.path)})
    assert int(done.stdout) == 0


def test_program_says_what_is_wrong(made, tmp_path):
    net = made("digits")
    with pytest.raises(qopt.ProgramError, match="no compiled program"):
        qopt.Program(net.onnx)
    with pytest.raises(qopt.ProgramError, match="sse9"):
        qopt.Program(net.program, isa="sse9")
    program = qopt.Program(net.program)
    with pytest.raises(qopt.ProgramError, match=r"shape \[1, 8, 8\], expected \[-1, 1, 8, 8\]"):
        program(np.zeros((1, 8, 8), np.float32))
    with pytest.raises(qopt.ProgramError, match="'x' is missing; given: image"):
        program.run({"image": np.zeros((1, 1, 8, 8), np.float32)})


def test_driver_errors_carry_its_words(tmp_path):
    with pytest.raises(qopt.QoptError, match="absent.onnx"):
        qopt.quantize(tmp_path / "absent.onnx", np.zeros((1, 1), np.float32), tmp_path / "q.mlir")
