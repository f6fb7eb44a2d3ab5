"""The native module: modules, builder, calibration, programs, errors."""
import re
import pathlib

import numpy as np
import pytest

qopt = pytest.importorskip("qopt", reason="the package's folder is not on the path")
try:
    core = qopt._core
except ImportError as error:
    pytest.skip(str(error), allow_module_level=True)

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits.onnx"
SAMPLES = ROOT / "examples" / "digits.npz"


def small_net(batch=None):
    """conv + relu, global average pool, flatten, linear: a module at stage imported."""
    rng = np.random.default_rng(7)
    build = core.Builder([("x", (batch, 3, 8, 8))])
    weight = build.parameter("conv.weight", rng.normal(0, 0.3, (4, 3, 3, 3)).astype(np.float32))
    bias = build.parameter("conv.bias", rng.normal(0, 0.1, 4).astype(np.float32))
    y = build.op("nn.conv2d", [0, weight, bias, None],
                 {"padding": [1, 1, 1, 1], "stride": (2, 2), "groups": 1}, name="conv",
                 layer="features.conv")
    assert build.shape(y) == (batch, 4, 4, 4)
    y = build.op("nn.relu", [y], name="relu")
    y = build.op("nn.adaptive_avg_pool2d", [y], {"output_size": [1, 1]}, name="pool")
    y = build.op("nn.flatten", [y], {"axis": 1}, name="flat")
    fc = build.parameter("fc.weight", rng.normal(0, 0.3, (5, 4)).astype(np.float32))
    y = build.op("nn.linear", [y, fc], name="logits", layer="fc")
    return build.finish([("logits", y)])


def quantized(module, seed=3):
    rng = np.random.default_rng(seed)
    module.run("qopt-fuse-pipeline")
    module.configure()
    module.run("qopt-prepare-pipeline")
    qopt.calibrate(module, [{"x": rng.normal(size=(4, 3, 8, 8)).astype(np.float32)}] * 2)
    module.run("qopt-convert-pipeline")
    return module


def test_builder_makes_a_module_that_runs():
    module = small_net()
    assert module.stage == "imported"
    assert "nn.conv2d" in module.text()
    quantized(module)
    assert module.stage == "converted"
    program = qopt.Program.compile(module)
    x = np.random.default_rng(1).normal(size=(3, 3, 8, 8)).astype(np.float32)
    assert program(x).shape == (3, 5)
    assert program.inputs == {"x": (-1, 3, 8, 8)}


def test_errors_carry_their_diagnostics():
    """Each error with its place, as attributes; of a node by its name, of a wrong call without one."""
    with pytest.raises(core.Error) as caught:
        core.Module.parse("module {\n  func.func @main() {\n    nn.rleu\n  }\n}", name="dir:1/net.mlir")
    first = caught.value.diagnostics[0]
    assert (first.severity, first.file, first.line) == ("error", "dir:1/net.mlir", 3) and first.column > 0
    assert first.location == f"{first.file}:{first.line}:{first.column}" and "nn.rleu" in first.message
    assert str(caught.value).startswith(f"{first.location}: {first.message}")

    text = small_net().text().replace('nn.name = "pool"', 'nn.name = "flat"')
    with pytest.raises(core.Error) as caught:
        core.Module.parse(text, name="twice.mlir").run("qopt-fuse-pipeline")
    errors = caught.value.diagnostics
    assert len(errors) >= 1 and all(e.severity == "error" for e in errors)
    assert "has the name 'flat', which another value has already" in errors[0].message
    assert errors[0].file == "twice.mlir" and errors[0].notes == ["the first value of that name"]

    with pytest.raises(core.Error) as caught:
        small_net().run("no-such-pass")
    only, = caught.value.diagnostics
    assert only.location == "" and only.file is None and only.line is None
    assert only.message == str(caught.value)


def test_graph_tells_the_network():
    graph = small_net().graph()
    assert graph["stage"] == "imported"
    assert graph["inputs"] == [{"id": 0, "name": "x", "shape": [None, 3, 8, 8], "element": "f32"}]
    conv = next(op for op in graph["ops"] if op["op"] == "nn.conv2d")
    assert conv["name"] == "conv" and conv["layer"] == "features.conv"
    assert conv["roles"] == ["activation", "weight", "bias"]
    assert conv["attrs"]["padding"] == [1, 1, 1, 1] and conv["attrs"]["groups"] == 1
    assert graph["outputs"] == [{"name": "logits", "id": graph["ops"][-1]["results"][0]["id"]}]


def test_graph_tells_quantization():
    module = small_net()
    module.run("qopt-fuse-pipeline")
    module.configure()
    module.run("qopt-prepare-pipeline")
    graph = module.graph()
    point = next(op for op in graph["ops"] if op["op"] == "qopt.observe")
    q = graph["qparams"][point["attrs"]["qparams"]]
    assert q["scales"] is None and q["bits"] == 8 and q["granularity"] == "per_tensor"
    assert q["observer_enabled"] is True and q["fixed"] is None
    conv = next(op for op in graph["ops"] if op["op"] == "nn.conv2d")
    assert conv["attrs"]["act"] == {"kind": "relu", "a": 0.0, "b": 0.0}
    qopt.calibrate(module, [np.ones((2, 3, 8, 8), np.float32)])
    module.run("qopt-convert-pipeline")
    conv = next(op for op in module.graph()["ops"] if op["op"] == "nn.conv2d")
    element = conv["results"][0]["element"]
    assert element["storage"] == "u8" and len(element["scales"]) == 1 and element["axis"] is None


def test_text_and_bytecode_come_back(tmp_path):
    module = small_net()
    assert core.Module.parse(module.text()).text() == module.text()
    assert core.Module.parse(module.bytecode()).text() == module.text()
    for name in ("net.mlir", "net.mlirbc"):
        module.save(tmp_path / name)
        assert core.Module.parse_file(tmp_path / name).text() == module.text()
    assert len(module.text(elide=True)) < len(module.text())


def test_parameters_are_read_and_written():
    module = small_net()
    weight = module.data("conv.weight")
    assert weight.shape == (4, 3, 3, 3) and weight.dtype == np.float32
    assert not weight.flags.writeable
    copy = module.clone()
    copy.set_data("conv.weight", weight * 2)
    np.testing.assert_array_equal(copy.data("conv.weight"), weight * 2)
    np.testing.assert_array_equal(module.data("conv.weight"), weight)
    with pytest.raises(core.Error, match="no parameter is called 'conv.weigt'.*conv.weight"):
        module.data("conv.weigt")
    with pytest.raises(core.Error, match="got an array of shape"):
        module.set_data("conv.bias", np.zeros(3, np.float32))


def test_a_view_of_data_outlives_the_module():
    data = small_net().data("fc.weight")
    assert np.isfinite(data).all() and data.shape == (5, 4)


def test_qparams_are_read_and_written():
    module = small_net()
    module.run("qopt-fuse-pipeline")
    module.configure('{"global": {"weight": {"granularity": "per_tensor"}}}')
    module.run("qopt-prepare-pipeline")
    module.set_qparams("x", [0.5], [3])
    assert module.qparams("x")["scales"] == [0.5] and module.qparams("x")["zero_points"] == [3]
    with pytest.raises(core.Error, match="qparams_c4.*zero point 300"):
        module.set_qparams("x", [0.5], [300])
    assert module.qparams("x")["zero_points"] == [3]
    with pytest.raises(core.Error, match="no qopt.qparams is called @y"):
        module.qparams("y")


def test_remarks_are_returned_and_errors_raised():
    module = small_net()
    module.run("qopt-fuse-pipeline")
    module.configure('{"module_name": {"fc": null}}')
    module.run("qopt-prepare-pipeline")
    qopt.calibrate(module, [np.ones((2, 3, 8, 8), np.float32)])
    heard = module.run("qopt-convert-pipeline")
    assert any(d.severity == "remark" and "left in float" in d.message for d in heard)
    with pytest.raises(core.Error, match="pipeline 'no-such-pass'"):
        module.run("no-such-pass")
    with pytest.raises(core.Error, match="<memory>:1:"):
        core.Module.parse("not a module")
    with pytest.raises(core.Error, match="absent.onnx"):
        core.Module.import_onnx("absent.onnx")


@pytest.mark.parametrize("operands, attrs, message", [
    ([0], {}, "got 1 operands, expected 2"),
    ([0, 1, None, None], {"pading": [1] * 4}, "no attribute 'pading'.*did you mean 'padding'"),
    ([0, 1, None, None], {"padding": "much"}, "attribute 'padding' does not take that value"),
    ([0, 1, None, None], {"groups": 2}, "conv2d_c2"),
    ([0, 9, None, None], {}, "there is no value 9"),
])
def test_builder_refuses_what_no_conv_can_be(operands, attrs, message):
    build = core.Builder([("x", (1, 3, 8, 8))])
    build.parameter("w", np.zeros((4, 3, 3, 3), np.float32))
    with pytest.raises(core.Error, match=message):
        build.op("nn.conv2d", operands, attrs, name="conv")


def test_builder_takes_every_kind_of_attribute():
    build = core.Builder([("x", (2, 4, 6, 6))])
    y = build.op("nn.leaky_relu", [0], {"alpha": 0.1}, name="leaky")
    y = build.op("nn.mul_scalar", [y], {"scalar": 2}, name="twice")
    y = build.op("nn.resize_nearest", [y], {"output_size": [12, 12], "scales": [2.0, 2.0],
                                            "coord_mode": "asymmetric", "nearest_mode": "floor"},
                 name="resized")
    a, b = build.op("nn.split", [y], {"axis": 1, "sizes": [1, 3]}, name="parts", results=2)
    y = build.op("nn.cat", [b, a], {"axis": 1}, name="cat")
    y = build.op("nn.add", [y, y], {"act": {"kind": "clip", "a": -1, "b": 4}}, name="sum")
    module = build.finish([("sum", y)])
    attrs = {op["name"]: op["attrs"] for op in module.graph()["ops"]}
    assert attrs["leaky"]["alpha"] == 0.1 and attrs["twice"]["scalar"] == 2.0
    assert attrs["resized"]["coord_mode"] == "asymmetric"
    assert attrs["sum"]["act"] == {"kind": "clip", "a": -1.0, "b": 4.0}


def test_builder_refuses_an_incomplete_op_and_network():
    build = core.Builder([("x", (2, 4))])
    with pytest.raises(core.Error, match="attribute 'axis' is missing"):
        build.op("nn.cat", [0, 0], name="cat")
    with pytest.raises(core.Error, match="there is no op 'nn.conv9d'"):
        build.op("nn.conv9d", [0], name="c")
    with pytest.raises(core.Error, match="at least one output"):
        build.finish([])
    with pytest.raises(core.Error, match="rank of 1 to 8"):
        core.Builder([("x", ())])


def test_calibration_refuses_bad_batches():
    module = small_net()
    with pytest.raises(core.Error, match="samples"):
        qopt.calibrate(prepared := quantizable(module), [])
    del prepared
    calibration = core.Calibration(quantizable(small_net()))
    bad = np.zeros((1, 3, 8, 8), np.float32)
    bad[0, 0, 0, 0] = np.nan
    for batch, message in [({"y": bad}, "no array for input 'x'"), (bad, "is NaN"),
                           (np.zeros((1, 3, 9, 8), np.float32), "expected the shape")]:
        with pytest.raises(core.Error, match=message):
            calibration.add(batch)


def quantizable(module):
    module.run("qopt-fuse-pipeline")
    module.configure()
    module.run("qopt-prepare-pipeline")
    return module


def test_calibration_in_memory_is_that_of_the_driver(tmp_path):
    if not DIGITS.exists():
        pytest.skip("the digits example is not there")
    with np.load(SAMPLES) as file:
        x = file["pixels"][:64].reshape(-1, 1, 8, 8).astype(np.float32) / 16
    qopt.quantize(DIGITS, x, tmp_path / "q.mlir")
    module = quantizable(core.Module.import_onnx(DIGITS))
    seen = []
    qopt.calibrate(module, [x[:16], x[16:]], progress=seen.append)
    module.run("qopt-convert-pipeline")
    assert seen == [16, 64]
    # Only the driver knows a file that the float model lies in.
    whole = core.Module.parse_file(tmp_path / "q.mlir").text()
    assert module.text() == re.sub(r'qopt\.source = "[^"]*", ', "", whole)


def test_programs_are_saved_loaded_and_watched(tmp_path):
    program = qopt.Program.compile(quantized(small_net()), threads=2)
    x = np.random.default_rng(5).normal(size=(2, 3, 8, 8)).astype(np.float32)
    kept = program.save(tmp_path / "net.so")
    np.testing.assert_array_equal(qopt.load(kept)(x), program(x))
    watched = {name: (array, scale) for name, array, scale, _ in program.tensors({"x": x})}
    array, scale = watched["relu"]
    assert array.shape == (2, 4, 4, 4) and array.dtype == np.uint8 and scale > 0
    with pytest.raises(qopt.ProgramError, match="input 'x' is missing"):
        program.tensors({"y": x})


def address(array):
    return array.ctypes.data


def test_kernels_observe_and_quantize_numpy_memory():
    x = np.random.default_rng(2).normal(size=(6, 5, 7)).astype(np.float32)
    least, greatest = core.observe(address(x), (1, 6, 35), per_channel=True, threads=2)
    np.testing.assert_array_equal(least, x.min(axis=(1, 2)))
    np.testing.assert_array_equal(greatest, x.max(axis=(1, 2)))
    scales, zero = core.choose_qparams(least, greatest, bits=8, signed=True, qmin=-127, qmax=127,
                                       symmetric=True)
    assert zero == [0] * 6
    np.testing.assert_array_equal(
        np.float32(scales), np.abs(x).max(axis=(1, 2)) / np.float32(127))
    out, mask = np.empty_like(x), np.empty(x.shape, np.uint8)
    core.fake_quant(address(x), (1, 6, 35), core.Grid(scales, zero, -127, 127), address(out),
                    address(mask))
    step = np.float32(scales).reshape(6, 1, 1)
    np.testing.assert_array_equal(out, np.rint(x / step) * step)
    assert mask.all()


def test_kernels_refuse_what_they_cannot_do():
    x = np.zeros(4, np.float32)
    with pytest.raises(core.Error, match="scale 0.0.* of channel 0; expected a positive finite"):
        core.fake_quant(address(x), (1, 1, 4), core.Grid([0.0], [0], 0, 255), address(x))
    with pytest.raises(core.Error, match="zero point 300 of channel 0 lies outside"):
        core.fake_quant(address(x), (1, 1, 4), core.Grid([1.0], [300], 0, 255), address(x))
    with pytest.raises(core.Error, match="expected 1 scale or one per channel"):
        core.fake_quant(address(x), (1, 4, 1), core.Grid([1.0] * 3, [0] * 3, 0, 255), address(x))
    with pytest.raises(core.Error, match="sizes of at least 1"):
        core.observe(address(x), (1, 0, 4))
    with pytest.raises(ValueError, match="as many zero points as scales"):
        core.Grid([1.0], [0, 1], 0, 255)
    with pytest.raises(core.Error, match="channel 0.*NaN"):
        core.choose_qparams([float("nan")], [1.0], 8, False, 0, 255, False)
