"""Dynamic quantization (N17) beside ONNX Runtime's quantize_dynamic: imported, from our own pipeline, exported."""
import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

import qopt  # noqa: E402

SIZES = (24, 40, 33, 10)
# 255 * 64 * 2 stays in 16 bits: without VNNI, ONNX Runtime's MatMulInteger saturates sums of two products.
DYNAMIC = """{"global": null, "object_type": {"linear": {"activation": {"observer": "dynamic"},
    "weight": {"quant_min": -64, "quant_max": 64}}}}"""


def make_model(path, opset=17):
    """x -> three linear layers with ReLU between, on [batch, 3, features]."""
    rng = np.random.default_rng(3)
    nodes, constants, value = [], [], "x"
    for i, (features, outputs) in enumerate(zip(SIZES, SIZES[1:])):
        constants += [onnx.numpy_helper.from_array(
            rng.normal(0, 0.2, (features, outputs)).astype("float32"), f"w{i}"),
            onnx.numpy_helper.from_array(rng.normal(0, 0.5, outputs).astype("float32"), f"b{i}")]
        nodes += [onnx.helper.make_node("MatMul", [value, f"w{i}"], [f"p{i}"], name=f"matmul{i}"),
                  onnx.helper.make_node("Add", [f"p{i}", f"b{i}"], [f"s{i}"], name=f"add{i}")]
        value = f"s{i}"
        if i < len(SIZES) - 2:
            nodes.append(onnx.helper.make_node("Relu", [value], [f"r{i}"], name=f"relu{i}"))
            value = f"r{i}"
    port = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes, "mlp", [port("x", onnx.TensorProto.FLOAT, ["batch", 3, SIZES[0]])],
        [port(value, onnx.TensorProto.FLOAT, ["batch", 3, SIZES[-1]])], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)],
                                   ir_version=8)
    onnx.save(model, path)
    return value


def reference(path, x):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def by_hand(x, layers):
    """N17 in numpy: layers of (weight codes [k, n], scales, zero points, bias), ReLU between."""
    f32 = np.float32
    for i, (codes, scale, zero, bias) in enumerate(layers):
        low, high = min(f32(0), x.min()), max(f32(0), x.max())
        s = f32(f32(high - low) / f32(255))
        z = np.clip(-np.rint(f32(low / s)), 0, 255)
        q = np.clip(np.rint(x / s) + z, 0, 255) - z
        acc = (q.astype("int64") @ (codes.astype("int64") - zero)).astype("float32")
        x = acc * (s * scale.astype("float32")) + bias
        x = np.maximum(x, f32(0)) if i < len(layers) - 1 else x
    return x


def layers_of(path):
    """What by_hand takes, of a model that quantize_dynamic wrote."""
    held = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    return [(held[f"w{i}_quantized"], held[f"w{i}_scale"],
             held[f"w{i}_zero_point"].astype("int64"), held[f"b{i}"]) for i in range(len(SIZES) - 1)]


def run(program, x, folder):
    np.savez(folder / "in.npz", x=x)
    qopt.run("run", program, "--input", folder / "in.npz", "--output", folder / "out.npz")
    return next(iter(np.load(folder / "out.npz").values()))


@pytest.fixture(scope="module")
def samples():
    return np.random.default_rng(4).normal(0, 2, (8, 3, SIZES[0])).astype("float32")


@pytest.mark.parametrize("per_channel", [False, True])
def test_full_range_weights(tmp_path, samples, per_channel):
    """Where ONNX Runtime would saturate: the definition, written once more in numpy."""
    from onnxruntime.quantization import quantize_dynamic
    make_model(tmp_path / "float.onnx")
    quantize_dynamic(tmp_path / "float.onnx", tmp_path / "dynamic.onnx", per_channel=per_channel)
    qopt.run("import", tmp_path / "dynamic.onnx", "-o", tmp_path / "q.mlir")
    qopt.compile(tmp_path / "q.mlir", tmp_path / "p.so")
    wanted = by_hand(samples, layers_of(tmp_path / "dynamic.onnx"))
    assert np.array_equal(wanted.view("u4"), run(tmp_path / "p.so", samples, tmp_path).view("u4"))


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("weights", ["QInt8", "QUInt8"])
def test_import(tmp_path, samples, weights, per_channel):
    """What quantize_dynamic wrote has no float layer left, and ONNX Runtime's bits."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    make_model(tmp_path / "float.onnx")
    quantize_dynamic(tmp_path / "float.onnx", tmp_path / "dynamic.onnx", per_channel=per_channel,
                     weight_type=getattr(QuantType, weights), reduce_range=weights == "QInt8")
    qopt.run("import", tmp_path / "dynamic.onnx", "-o", tmp_path / "q.mlir")
    assert (tmp_path / "q.mlir").read_text().count("nn.dynamic_linear") == len(SIZES) - 1
    qopt.run("report", tmp_path / "q.mlir", "--fail-on-float=linear", "-o", tmp_path / "report.txt")
    qopt.compile(tmp_path / "q.mlir", tmp_path / "p.so")
    theirs = reference(tmp_path / "dynamic.onnx", samples)
    ours = run(tmp_path / "p.so", samples, tmp_path)
    differ = int((theirs.view("u4") != ours.view("u4")).sum())
    assert differ == 0, (differ, theirs.size, float(abs(theirs - ours).max()))


def test_joined_operator(tmp_path, samples):
    """com.microsoft.DynamicQuantizeMatMul, which ONNX Runtime's optimizer makes, is the same layer."""
    from onnxruntime.quantization import quantize_dynamic
    make_model(tmp_path / "float.onnx")
    quantize_dynamic(tmp_path / "float.onnx", tmp_path / "dynamic.onnx")
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "joined.onnx")
    ort.InferenceSession(str(tmp_path / "dynamic.onnx"), options, providers=["CPUExecutionProvider"])
    joined = onnx.load(tmp_path / "joined.onnx")
    if not any(node.op_type == "DynamicQuantizeMatMul" for node in joined.graph.node):
        pytest.skip("this ONNX Runtime does not join the nodes")
    for name in ("dynamic", "joined"):
        qopt.run("import", tmp_path / f"{name}.onnx", "-o", tmp_path / f"{name}.mlir")
        qopt.compile(tmp_path / f"{name}.mlir", tmp_path / f"{name}.so")
    results = [run(tmp_path / f"{name}.so", samples, tmp_path) for name in ("dynamic", "joined")]
    assert np.array_equal(*results)


def test_own_pipeline_and_export(tmp_path, samples):
    """Quantized here without data; simulation, program, exported model and its import agree in all bits."""
    make_model(tmp_path / "float.onnx")
    (tmp_path / "c.json").write_text(DYNAMIC)
    np.savez(tmp_path / "x.npz", x=samples)
    qopt.quantize(tmp_path / "float.onnx", None, tmp_path / "q.mlir", "--config", tmp_path / "c.json",
                  "--fail-on-float=linear", f"--dump-stages={tmp_path / 'stages'}")
    qopt.compile(tmp_path / "q.mlir", tmp_path / "p.so", "--isa=scalar,native")
    qopt.run("export", tmp_path / "q.mlir", "-o", tmp_path / "out.onnx")
    onnx.checker.check_model(str(tmp_path / "out.onnx"))
    qopt.run("import", tmp_path / "out.onnx", "-o", tmp_path / "back.mlir")
    for other in (tmp_path / "stages" / "050_calibrate.mlir", tmp_path / "p.so",
                  tmp_path / "back.mlir"):
        said = qopt.run("compare", tmp_path / "q.mlir", other, "--data", tmp_path / "x.npz").stdout
        assert "bits compared in 3 float results" in said, said
    theirs = reference(tmp_path / "out.onnx", samples)
    assert np.array_equal(theirs.view("u4"), run(tmp_path / "p.so", samples, tmp_path).view("u4"))
    # The float network is near: a part in a hundred of its range.
    plain = reference(tmp_path / "float.onnx", samples)
    assert abs(plain - theirs).max() < 0.02 * abs(plain).max()


def test_convolutions_are_refused(tmp_path):
    """DynamicQuantizeLinear before anything else: an error that says what is supported."""
    nodes = [onnx.helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
             onnx.helper.make_node("ConvInteger", ["q", "w", "z"], ["y"])]
    port = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes, "conv", [port("x", onnx.TensorProto.FLOAT, [1, 1, 4, 4])],
        [port("y", onnx.TensorProto.INT32, [1, 1, 2, 2])],
        [onnx.numpy_helper.from_array(np.ones((1, 1, 3, 3), "int8"), "w")])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)],
                                     ir_version=8), tmp_path / "conv.onnx")
    with pytest.raises(qopt.QoptError, match="supported for linear layers only"):
        qopt.run("import", tmp_path / "conv.onnx", "-o", tmp_path / "q.mlir")
