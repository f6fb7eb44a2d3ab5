"""Files that were edited or damaged after qopt wrote them, and data that cannot be right."""
import re

import numpy as np
import pytest

from qopt import driver
from test_bad_input import refused

pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def net(made):
    return made("fiveop")


def renamed(net, folder, name, other):
    """The program with one of its values told under another name, which is no longer."""
    code = net.program.read_bytes()
    old = name.encode() + b"\0"
    new = other.encode().ljust(len(old), b"\0")
    assert b"\0" + old in code and len(old) == len(new)
    path = folder / "damaged.so"
    path.write_bytes(code.replace(b"\0" + old, b"\0" + new))
    return path


def names_of(net):
    return [row["name"] for row in driver.compare(net.prepared, net.program, net.samples)]


@pytest.mark.parametrize("verb", ["compile", "export", "compare", "run"])
def test_bias_scale(net, tmp_path, verb):
    """The scale of a bias says nothing of its own (N5): another one is no module."""
    text = net.quantized.read_text(encoding="utf-8")
    damaged = re.sub(r"(!quant\.uniform<i32:f32:0, \{)([^,}]*)",
                     lambda m: m.group(1) + repr(3 * float(m.group(2))), text, count=1)
    assert damaged != text
    module, left = tmp_path / "q.mlir", tmp_path / "left.npz"
    module.write_text(damaged, encoding="utf-8")
    rest = {"compile": ["-o", tmp_path / "left.so"], "export": ["-o", tmp_path / "left.onnx"],
            "compare": [net.program, "--data", net.samples],
            "run": ["--input", net.samples, "--output", left]}
    refused(verb, module, *rest[verb],
            says=["expected the bias to have the element type", "no valid converted module"], leaves=left)


def test_value_under_another_name(net, tmp_path):
    name = names_of(net)[1]
    done = driver.run("verify", renamed(net, tmp_path, name, name[:-1] + "~"), net.quantized,
                      check=False)
    assert done.returncode == 1 and "the program does not tell this value" in done.stdout + done.stderr


def test_value_told_twice(net, tmp_path):
    names = names_of(net)
    first, second = next((a, b) for a in names for b in names if len(a) > len(b))
    damaged = renamed(net, tmp_path, first, second)
    refused("compare", net.prepared, damaged, "--data", net.samples,
            says=[f"'{second}' is reported twice by", "the program is damaged"])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_data_without_numbers(net, tmp_path, value):
    with np.load(net.samples) as stored:
        x = stored["x"].copy()
    x[3].flat[5] = value
    data, out = tmp_path / "bad.npz", tmp_path / "y.npz"
    np.savez(data, x=x, y=np.zeros(len(x), np.int64))
    says = ["bad.npz: array 'x' holds NaN or infinity in sample 3", "inputs must be finite"]
    refused("run", net.program, "--input", data, "--output", out, says=says, leaves=out)
    refused("eval", net.quantized, "--data", data, says=says)
    refused("compare", net.onnx, net.program, "--data", data, "--min-sqnr", "1", says=says)
    refused("report", net.quantized, "--data", data, "--min-sqnr", "1", says=says)


@pytest.mark.parametrize("label", [-1, 99])
def test_labels(net, tmp_path, label):
    with np.load(net.samples) as stored:
        x = stored["x"]
    y = np.zeros(len(x), np.int64)
    y[2] = label
    np.savez(tmp_path / "d.npz", x=x, y=y)
    refused("eval", net.program, "--data", tmp_path / "d.npz",
            says=f"label {label} of sample 2 is none of the 10 classes")


def test_scores_that_are_none(made, tmp_path):
    """A network whose output is an image has no classes."""
    module = tmp_path / "image.mlir"
    module.write_text("""
module attributes {qopt.version = 1 : i64, qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "imported"} {
  func.func @main(%x: tensor<?x2x4x4xf32> {nn.name = "x"}) -> (tensor<?x2x4x4xf32> {nn.name = "h"}) {
    %h = nn.relu %x {nn.name = "h"} : (tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
    return %h : tensor<?x2x4x4xf32>
  }
}
""", encoding="utf-8")
    np.savez(tmp_path / "d.npz", x=np.zeros((2, 2, 4, 4), np.float32), y=np.zeros(2, np.int64))
    refused("eval", module, "--data", tmp_path / "d.npz",
            says="eval expects scores of shape samples x classes, output 'h' has")


def test_report_without_its_float_model(net, tmp_path):
    module = tmp_path / "moved.mlir"
    text = net.quantized.read_text(encoding="utf-8")
    module.write_text(re.sub(r'qopt\.source = "[^"]*"', 'qopt.source = "gone.onnx"', text),
                      encoding="utf-8")
    done = driver.run("report", module, "--data", net.samples, "-o", tmp_path / "r.json")
    assert "warning: " in done.stderr and "the float model was not found" in done.stderr


def test_stage_dumps(net, tmp_path):
    """Each verb that runs stages writes what comes between."""
    prepared, calibrated = tmp_path / "p.mlir", tmp_path / "c.mlir"
    driver.run("prepare", net.onnx, "-o", prepared, "--dump-stages", tmp_path / "a")
    driver.run("calibrate", prepared, "--data", net.calib, "-o", calibrated,
               "--dump-stages", tmp_path / "b")
    driver.run("convert", calibrated, "-o", tmp_path / "q.mlir", "--dump-stages", tmp_path / "c")
    driver.run("import", net.onnx, "-o", tmp_path / "i.mlir", "--dump-stages", tmp_path / "d")
    driver.run("compile", tmp_path / "q.mlir", "-o", tmp_path / "q.so", "--dump-stages", tmp_path / "e")
    found = [sorted(p.name for p in (tmp_path / d).iterdir()) for d in "abcde"]
    assert found == [["010_import.mlir", "020_fuse.mlir", "030_qconfig.mlir", "040_prepare.mlir"],
                     ["010_calibrate.mlir"], ["010_convert.mlir"], ["010_import.mlir"],
                     ["010_plan.mlir", "020_llvm.mlir"]]
    assert "ukernel.conv2d" in (tmp_path / "e" / "010_plan.mlir").read_text(encoding="utf-8")


def test_nobody_has_no_name(net):
    refused("explain", net.quantized, "", says="no value, layer, node or constant named")


def test_no_batch(net, tmp_path):
    refused("compile", net.quantized, "--batch", "0", "-o", tmp_path / "q.so",
            says="--batch expects at least 1", leaves=tmp_path / "q.so")
