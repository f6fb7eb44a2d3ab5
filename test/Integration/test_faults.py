"""Planted faults: a comparison that misses one of these would prove nothing.

Each fault is an edit of the converted module's text, of the size a real mistake would have.
"""
import json
import re

import numpy as np
import pytest

from qopt import driver

onnx = pytest.importorskip("onnx")


def differing(prepared, module, folder, data):
    """Codes that differ between the simulation and the program of an edited module."""
    program = folder / "faulty.so"
    driver.compile(module, program)
    return sum(t["codes_differ"] for t in driver.compare(prepared, program, data))


def edited(net, folder, edit):
    """A copy of the converted module whose text went through `edit`."""
    text = net.quantized.read_text(encoding="utf-8")
    changed = edit(text)
    assert changed != text, "the fault was not planted"
    path = folder / "faulty.mlir"
    path.write_text(changed, encoding="utf-8")
    return path


def test_no_fault_no_difference(made, tmp_path):
    net = made("fiveop")
    assert differing(net.prepared, net.quantized, tmp_path, net.samples) == 0


def test_bias_at_a_wrong_scale(made, tmp_path):
    """Bias codes as if their scale were one percent off (N5)."""
    def edit(text):
        def scaled(match):
            codes = [round(1.01 * int(code)) for code in match.group(2).split(",")]
            return f"{match.group(1)}{', '.join(map(str, codes))}]"
        return re.sub(r'("conv2\.bias" dense<\[)([^\]]*)\]', scaled, text)
    net = made("fiveop")
    assert differing(net.prepared, edited(net, tmp_path, edit), tmp_path, net.samples) > 0


def test_one_zero_point_off_by_one(made, tmp_path):
    """The network's last result is read with another zero point than it was written."""
    def edit(text):
        alias = re.search(r"nn\.linear .*-> tensor<\?x10x(!\w+)>", text).group(1)
        return re.sub(rf"({alias} = !quant\.uniform<u8:f32, [^:>]*):(\d+)>",
                      lambda m: f"{m.group(1)}:{int(m.group(2)) + 1}>", text)
    net = made("fiveop")
    assert differing(net.prepared, edited(net, tmp_path, edit), tmp_path, net.samples) > 0


@pytest.fixture
def ties(tmp_path):
    """A 1x1 convolution whose multiplier is exactly 1/2: every odd sum is a tie.

    Input scale 2^-4, weight scale 2^-7 (largest weight 127 * 2^-7), output scale 2^-10.
    """
    from onnx import TensorProto, helper, numpy_helper
    weight = np.array([127, 1], np.float32).reshape(1, 2, 1, 1) / 128
    node = helper.make_node("Conv", ["x", "weight"], ["y"], name="conv")
    graph = helper.make_graph(
        [node], "ties", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1, 4, 4])],
        [numpy_helper.from_array(weight, "weight")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "ties.onnx")
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, 4, (16, 4, 4)), rng.integers(0, 100, (16, 4, 4))], 1)
    np.savez(tmp_path / "x.npz", x=codes.astype(np.float32) / 16)
    (tmp_path / "c.json").write_text(json.dumps({"fixed_qparams": {
        "x": {"scale": 2 ** -4, "zero_point": 0}, "y": {"scale": 2 ** -10, "zero_point": 0}}}))
    driver.quantize(tmp_path / "ties.onnx", tmp_path / "x.npz", tmp_path / "q.mlir", "--config",
                    tmp_path / "c.json", f"--dump-stages={tmp_path / 'stages'}")
    return tmp_path, 127 * codes[:, 0] + codes[:, 1]


def test_one_tie_rounded_up(ties):
    """A multiplier one bit too large changes exactly the ties that go down to an even code."""
    folder, sums = ties
    prepared = next((folder / "stages").glob("*calibrate*.mlir"))
    assert differing(prepared, folder / "q.mlir", folder, folder / "x.npz") == 0
    text = (folder / "q.mlir").read_text(encoding="utf-8")
    above = float(np.nextafter(np.float32(2 ** -7), np.float32(1)))
    bias = float(np.float32(above) * np.float32(2 ** -4))
    changed = re.sub(r"(!quant\.uniform<i8<-127:127>:f32:0, \{)[^}]*", rf"\g<1>{above!r}", text)
    changed = re.sub(r"(!quant\.uniform<i32:f32:0, \{)[^}]*", rf"\g<1>{bias!r}", changed)
    assert changed != text
    (folder / "faulty.mlir").write_text(changed, encoding="utf-8")
    ties_down = int(((sums % 2 == 1) & (sums // 2 % 2 == 0) & (sums < 510)).sum())
    assert ties_down > 0
    assert differing(prepared, folder / "faulty.mlir", folder, folder / "x.npz") == ties_down
