"""N6 and N8 against an independent implementation: ONNX Runtime's integer operators.

QLinearConv must agree to the last code. QLinearAdd computes (qa * sa + offset) in another order
and is allowed to differ by one code on a few pairs in a million (docs/Numerics.md); the test
counts them.
"""
import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

f32 = np.float32


def round_to_code(x, zero_point, qmin, qmax):
    """Clamp in f32, round half to even, add the zero point."""
    x = np.clip(x, f32(qmin - zero_point), f32(qmax - zero_point))
    return (np.rint(x).astype(np.int64) + zero_point)


def run_node(node, inputs, output_type, initializers):
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
         for n, a in inputs.items()],
        [helper.make_tensor_value_info("y", output_type, None)],
        [numpy_helper.from_array(a, n) for n, a in initializers.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = ort.SessionOptions()
    # The default kernels saturate on CPUs with AVX2 only.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = ort.InferenceSession(model.SerializeToString(), options,
                                   providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


@pytest.mark.parametrize("seed", range(8))
def test_conv_requantization(seed):
    rng = np.random.default_rng(seed)
    channels, filters, size = 16, 24, 12
    x = rng.integers(0, 256, (2, channels, size, size), dtype=np.uint8)
    w = rng.integers(-127, 128, (filters, channels, 3, 3), dtype=np.int8)
    bias = rng.integers(-20000, 20000, filters, dtype=np.int32)
    sx, sy = f32(rng.uniform(0.01, 0.1)), f32(rng.uniform(0.2, 0.8))
    sw = rng.uniform(0.001, 0.02, filters).astype(f32)
    zx, zy = np.uint8(rng.integers(0, 256)), np.uint8(rng.integers(0, 256))
    node = helper.make_node(
        "QLinearConv", ["x", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"], ["y"], pads=[1] * 4)
    theirs = run_node(node, {"x": x}, TensorProto.UINT8, dict(
        sx=np.array(sx), zx=np.array(zx), w=w, sw=sw, zw=np.zeros(filters, np.int8),
        sy=np.array(sy), zy=np.array(zy), b=bias))

    padded = np.pad(x.astype(np.int64) - int(zx), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    acc = np.einsum("nchwij,ocij->nohw", windows, w.astype(np.int64)) + bias[:, None, None]
    multiplier = (sx * sw) / sy
    scaled = acc.astype(f32) * multiplier[:, None, None]
    ours = round_to_code(scaled, int(zy), 0, 255)
    assert np.array_equal(ours, theirs)
    assert len(np.unique(ours)) > 32


def test_add_over_all_pairs():
    pairs = np.stack(np.meshgrid(np.arange(256), np.arange(256), indexing="ij")).astype(np.uint8)
    a, b = (plane.reshape(1, -1) for plane in pairs)
    rng = np.random.default_rng(0)
    total = differ = 0
    for _ in range(16):
        sa, sb, sy = rng.uniform(0.01, 0.1, 3).astype(f32)
        za, zb, zy = (int(z) for z in rng.integers(0, 256, 3))
        node = helper.make_node("QLinearAdd", ["a", "sa", "za", "b", "sb", "zb", "sy", "zy"], ["y"],
                                domain="com.microsoft")
        theirs = run_node(node, {"a": a, "b": b}, TensorProto.UINT8, {
            name: np.array(value) for name, value in dict(
                sa=sa, za=np.uint8(za), sb=sb, zb=np.uint8(zb), sy=sy, zy=np.uint8(zy)).items()})
        left = (a.astype(np.int64) - za).astype(f32) * f32(sa / sy)
        right = (b.astype(np.int64) - zb).astype(f32) * f32(sb / sy)
        ours = round_to_code(left + right, zy, 0, 255)
        distance = np.abs(ours - theirs.astype(np.int64))
        assert distance.max() <= 1
        total += distance.size
        differ += int((distance != 0).sum())
    print(f"QLinearAdd differs from N8 on {differ} of {total} pairs")
    assert differ < total * 1e-3
