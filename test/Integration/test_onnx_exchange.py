"""Quantized models in and out: those of ONNX Runtime's quantizer and of NNCF, and our own.

Each op is judged alone: it is fed ONNX Runtime's own codes, and its codes are compared with ONNX
Runtime's. Convolutions and linear layers must agree to the last code, others may be one apart
(QLinearAdd and the float functions round in another order); how many are is printed. Where ONNX
Runtime itself computes a convolution in float (it does not fuse all QDQ), one apart is allowed.
QOPT_EXCHANGE=all runs every net, form and type with 1,000 samples, minutes in place of seconds.
"""
import collections
import os
import pathlib
import re

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

import models  # noqa: E402
import quantizers  # noqa: E402
from qopt import driver  # noqa: E402

ALL = os.environ.get("QOPT_EXCHANGE") == "all"
SAMPLES = 1000 if ALL else 48
EXACT = {"conv2d", "linear", "conv_transpose2d", "matmul"}
MOVES = {"max_pool2d", "reshape", "flatten", "transpose", "slice", "squeeze", "unsqueeze", "pad",
         "depth_to_space", "cat", "split", "resize_nearest"}
NETS = ["digits", "mnist", "ds_cnn"]
BIG_NETS = ["resnet8", "resnet20", "mobilenet_v2", "resnet18", "squeezenet"]
# ONNX Runtime has no QGemm for QOperator in s8.
KINDS = [("qdq", True, "u8", "s8"), ("qdq", False, "u8", "u8"), ("qdq", True, "s8", "s8"),
         ("qoperator", False, "u8", "s8"), ("qoperator", True, "u8", "u8")]
# The quantizer fails on this net's constant operands per channel.
SKIPPED = {"mnist": lambda per_channel: per_channel}


def needed(name):
    try:
        return quantizers.real_net(name, None)
    except models.Missing as reason:
        pytest.skip(f"{name}: {reason}")


def ops_of(module):
    """{value name: mnemonic} of the ops on codes, and the mnemonics of those in float."""
    codes, in_float = {}, []
    for line in pathlib.Path(module).read_text().splitlines():
        found = re.search(r"= (nn|qopt)\.(\w+) ", line)
        name = re.search(r'nn\.name = "([^"]+)"', line)
        if not found or found[2] == "parameter" or not name:
            continue
        if "qopt.float_reason" in line:
            in_float.append(found[2])
        else:
            codes[name[1]] = found[2]
    return codes, in_float


def code_values(path):
    """{value name as import has it: tensor of codes} of a quantized ONNX model."""
    model = onnx.load(str(path))
    stored = {t.name for t in model.graph.initializer}
    values = {}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear" and node.input[0] not in stored:
            values[node.input[0].removesuffix("_QuantizeLinear_Input")] = node.output[0]
        elif node.op_type.startswith("QLinear") or node.op_type == "QGemm":
            values[node.output[0].removesuffix("_quantized")] = node.output[0]
    return model, values


def their_codes(path, samples, folder):
    """ONNX Runtime's codes of each quantized value, its output, and what it made by QLinear ops."""
    model, values = code_values(path)
    outputs = [o.name for o in model.graph.output]
    for name in set(values.values()) - set(outputs):
        model.graph.output.append(onnx.ValueInfoProto(name=name))
    session = quantizers.exact_session(model.SerializeToString(), folder / "optimized.onnx")
    integer = {o for node in onnx.load(str(folder / "optimized.onnx")).graph.node
               if node.op_type in ("QLinearConv", "QLinearMatMul", "QGemm") for o in node.output}
    wanted = list(dict.fromkeys([*outputs, *values.values()]))
    parts = [session.run(wanted, feed) for feed in quantizers.feeds(path, samples)]
    arrays = dict(zip(wanted, (np.concatenate(p) for p in zip(*parts))))
    return ({name: arrays[tensor] for name, tensor in values.items()}, arrays[outputs[0]],
            {name for name, tensor in values.items() if tensor in integer})


def judge(module, theirs, ours, integer, inputs):
    """{kind: (values, elements, differing, most)} of the codes that both have; a layer that ONNX
    Runtime computes in float is a kind of its own."""
    kinds, _ = ops_of(module)
    found = collections.defaultdict(lambda: np.zeros(4, np.int64))
    for name, codes in ours.items():
        if name not in theirs or codes.dtype == np.float32:
            continue
        distance = np.abs(codes.astype(np.int64) - theirs[name].reshape(codes.shape))
        kind = kinds[name]
        if kind in EXACT and name not in integer:
            kind += " (theirs in float)"
        if kind == "quantize" and name not in inputs:
            kind += " behind a float layer"
        row = found[kind]
        row += [1, codes.size, np.count_nonzero(distance), 0]
        row[3] = max(row[3], distance.max())
    return dict(found)


def check_import(path, samples, folder, floats=(), on_codes=True):
    """Imports a quantized model and judges each op on ONNX Runtime's own inputs to it.

    `on_codes`: ONNX Runtime is known to run the layers on codes (on x86 not with s8 activations).
    """
    module, data = folder / "imported.mlir", folder / "x.npz"
    samples = samples[:len(samples) // 8 * 8]
    np.savez(data, x=samples)
    driver.run("import", path, "-o", module)
    codes, in_float = ops_of(module)
    assert set(in_float) <= set(floats), in_float
    theirs, their_output, integer = their_codes(path, samples, folder)
    np.savez(folder / "theirs.npz", **{n: v for n, v in theirs.items() if n in codes})
    driver.run("run", module, "--oracle", "--input", data, "--output", folder / "y.npz",
               "--feed", folder / "theirs.npz", "--record", folder / "ours.npz")
    with np.load(folder / "ours.npz") as stored:
        judged = judge(module, theirs, dict(stored), integer,
                       {name for name, _ in quantizers.inputs_of(path)})
    for kind, (values, elements, differing, most) in sorted(judged.items()):
        print(f"{path.name} {kind}: {values} values, {differing} of {elements} codes differ, "
              f"by at most {most}")
        assert most <= 1, kind
        if kind in EXACT | MOVES | {"quantize"}:
            assert differing == 0, kind
    layers = EXACT if on_codes else {f"{kind} (theirs in float)" for kind in EXACT}
    assert layers & judged.keys(), "no layer was compared"
    return module, data, their_output


def end_to_end(module, data, expected, folder):
    """The compiled program on the same samples: its codes differ where theirs did on the way."""
    driver.run("run", module, "--input", data, "--output", folder / "y.npz")
    with np.load(folder / "y.npz") as stored:
        ours = next(iter(stored.values())).reshape(expected.shape)
    error = np.abs(ours - expected).max() / np.abs(expected).max()
    print(f"{module}: end to end at most {error:.3g} of the largest output, "
          f"{np.mean(ours.argmax(-1) == expected.argmax(-1)):.4f} of the classes equal")
    assert error < 0.05


@pytest.mark.parametrize("form,per_channel,activation,weight", KINDS)
@pytest.mark.parametrize("name", NETS + (BIG_NETS if ALL else []))
def test_onnx_runtime_models(name, form, per_channel, activation, weight, tmp_path):
    path, calib, test = needed(name)
    if SKIPPED.get(name, lambda _: False)(per_channel):
        per_channel = False
    quantized = quantizers.by_onnx_runtime(path, calib[:32], tmp_path / f"{name}.onnx", form,
                                           per_channel, activation, weight)
    module, data, expected = check_import(quantized, test[:SAMPLES], tmp_path, {"softmax"},
                                          on_codes=activation == "u8")
    end_to_end(module, data, expected, tmp_path)


@pytest.mark.parametrize("name", ["digits"] + (["ds_cnn", *BIG_NETS] if ALL else []))
def test_nncf_models(name, tmp_path):
    pytest.importorskip("nncf")
    path, calib, test = needed(name)
    quantized = quantizers.by_nncf(path, calib[:32], tmp_path / f"{name}.onnx")
    # NNCF leaves the network's output in float, and with it the layer that makes it.
    module, data, expected = check_import(quantized, test[:SAMPLES], tmp_path,
                                          {"softmax", "linear"})
    end_to_end(module, data, expected, tmp_path)


@pytest.fixture(scope="module")
def int8(tmp_path_factory):
    """int8(name) -> (module, samples): a net that this project quantized."""
    folder, cache = tmp_path_factory.mktemp("int8"), {}

    def make(name):
        if name not in cache:
            path, calib, test = needed(name)
            np.savez(folder / "calib.npz", x=calib[:64])
            module = folder / f"{name}.mlir"
            driver.quantize(path, folder / "calib.npz", module)
            cache[name] = module, test
        return cache[name]
    return make


@pytest.mark.parametrize("form", ["qdq", "qoperator"])
@pytest.mark.parametrize("name", ["digits", "ds_cnn"] +
                         (["resnet20", "mobilenet_v2", "squeezenet", "resnet50"] if ALL else []))
def test_export(int8, name, form, tmp_path):
    module, test = int8(name)
    exported = tmp_path / f"{name}.onnx"
    driver.run("export", module, "-o", exported, "--format", form)
    onnx.checker.check_model(str(exported), full_check=True)
    imported, data, expected = check_import(exported, test[:SAMPLES], tmp_path, {"softmax"})
    end_to_end(module, data, expected, tmp_path)
    tensors = driver.compare(module, imported, data, "--limit", 8)
    compared = [t for t in tensors if t["codes_differ"] is not None]
    assert compared and not [t["name"] for t in compared if t["codes_differ"]]


def test_export_runs_in_openvino(int8, tmp_path):
    openvino = pytest.importorskip("openvino")
    module, test = int8("digits")
    exported = tmp_path / "digits.onnx"
    driver.run("export", module, "-o", exported)
    np.savez(tmp_path / "x.npz", x=test[:64])
    driver.run("run", module, "--input", tmp_path / "x.npz", "--output", tmp_path / "y.npz")
    with np.load(tmp_path / "y.npz") as stored:
        ours = next(iter(stored.values()))
    core = openvino.Core()
    theirs = core.compile_model(core.read_model(str(exported)), "CPU")(test[:64])[0]
    same = np.mean(ours.argmax(1) == theirs.argmax(1))
    print(f"OpenVINO: {same:.4f} of the classes equal, at most {np.abs(ours - theirs).max():.3g} apart")
    assert same > 0.95


def top1(session, test, labels):
    name = session.get_inputs()[0].name
    hits = [np.argmax(session.run(None, {name: test[i:i + 50]})[0], 1) == labels[i:i + 50]
            for i in range(0, len(labels), 50)]
    return float(np.concatenate(hits).mean())


@pytest.mark.skipif(not ALL, reason="10,000 images: QOPT_EXCHANGE=all")
def test_resnet20_accuracy(int8, tmp_path):
    module, test = int8("resnet20")
    labels = np.load(models.make("resnet20")[2])["y"]
    driver.run("export", module, "-o", tmp_path / "q.onnx")
    np.savez(tmp_path / "test.npz", x=test, y=labels)
    ours = driver.run_json("eval", module, "--data", tmp_path / "test.npz")["top1"]
    theirs = top1(quantizers.exact_session(tmp_path / "q.onnx"), test, labels)
    print(f"ResNet20 top-1: ours {100 * ours:.2f} %, ONNX Runtime on our export {100 * theirs:.2f} %")
    assert abs(ours - theirs) <= 2e-4
