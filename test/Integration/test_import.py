"""ONNX Runtime as an independent oracle: our float run of an imported model gives its results."""
import numpy as np
import pytest

import models
from qopt import digits, driver

ort = pytest.importorskip("onnxruntime")

NETS = ["fiveop", "digits", "resnet20", "mobilenet_v2", "resnet18", "resnet50"]
REAL = {"mnist": "mnist/mnist-8.onnx", "resnet8": "resnet8/ResNet8_fp32.onnx",
        "kws": "kws/ds_cnn.onnx"}


def oracle(onnx, x):
    """Outputs of ONNX Runtime, fed in the model's own batch size."""
    session = ort.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    batch = entry.shape[0] if isinstance(entry.shape[0], int) else len(x)
    parts = [session.run(None, {entry.name: x[i:i + batch]}) for i in range(0, len(x), batch)]
    return entry.name, [o.name for o in session.get_outputs()], [np.concatenate(p) for p in zip(*parts)]


def assert_same_floats(onnx, x, out):
    name, outputs, expected = oracle(onnx, x)
    given, got = out / "x.npz", out / "y.npz"
    np.savez(given, **{name: x})
    driver.run("run", onnx, "--input", given, "--output", got)
    with np.load(got) as ours:
        assert sorted(ours) == sorted(outputs)
        for label, reference in zip(outputs, expected):
            assert ours[label].shape == reference.shape
            scale = np.abs(reference).max()
            assert np.abs(ours[label] - reference).max() <= 1e-4 * max(scale, 1.0), label


@pytest.mark.parametrize("name", NETS)
def test_made_networks(model, name, tmp_path):
    onnx, calib, _ = model(name)
    with np.load(calib) as stored:
        assert_same_floats(onnx, stored["x"][:8], tmp_path)


@pytest.mark.parametrize("opset", [9, 10, 11, 13, 15, 17, 18, 20, 21, 23])
def test_opsets(model, opset, tmp_path):
    """The same network written in old and new ONNX; PyTorch writes up to 20, the rest is converted."""
    model("fiveop")  # skips where PyTorch is absent
    net, calib, _ = models.MODELS["fiveop"](16)
    onnx = tmp_path / "model.onnx"
    digits.export(net, calib["x"][:2], onnx, min(opset, 20))
    if opset > 20:
        package = pytest.importorskip("onnx")
        converter = pytest.importorskip("onnx.version_converter")
        package.save(converter.convert_version(package.load(onnx), opset), onnx)
    assert_same_floats(onnx, calib["x"][:4], tmp_path)


def test_external_weights(model, tmp_path):
    """Weights beside the model instead of in it."""
    package = pytest.importorskip("onnx")
    source, calib, _ = model("fiveop")
    onnx = tmp_path / "model.onnx"
    package.save_model(package.load(source), str(onnx), save_as_external_data=True,
                       location="weights.bin", size_threshold=0)
    with np.load(calib) as stored:
        assert_same_floats(onnx, stored["x"][:4], tmp_path)
    (tmp_path / "weights.bin").unlink()
    done = driver.run("import", onnx, "-o", tmp_path / "m.mlir", check=False)
    assert done.returncode == 1 and "weights.bin" in done.stderr


def test_exporter_that_folds(model, tmp_path):
    """PyTorch's default: batch-norms already folded by the exporter."""
    model("fiveop")
    torch = pytest.importorskip("torch")
    net, calib, _ = models.MODELS["fiveop"](16)
    torch.onnx.export(net, (torch.from_numpy(calib["x"][:2]),), str(tmp_path / "m.onnx"),
                      dynamo=False, opset_version=17, input_names=["x"], output_names=["y"])
    assert_same_floats(tmp_path / "m.onnx", calib["x"][:4], tmp_path)


def test_dynamo_exporter(model, tmp_path):
    """PyTorch's newer exporter writes other shapes of the same graph."""
    model("fiveop")
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    net, calib, _ = models.MODELS["fiveop"](16)
    torch.onnx.export(net, (torch.from_numpy(calib["x"][:2]),), str(tmp_path / "m.onnx"),
                      dynamo=True, input_names=["x"], output_names=["y"], external_data=False)
    assert_same_floats(tmp_path / "m.onnx", calib["x"][:4], tmp_path)


def real_model(name):
    """A network of the folder of real data; operator sets 8 to 13."""
    try:
        onnx = models.data_folder() / REAL[name]
    except models.Missing as reason:
        pytest.skip(str(reason))
    if not onnx.exists():
        pytest.skip(f"no {REAL[name]} in the folder of real data")
    return onnx


@pytest.mark.parametrize("name", REAL)
def test_real_networks(name, tmp_path):
    onnx = real_model(name)
    shape = ort.InferenceSession(str(onnx)).get_inputs()[0].shape
    shape = [4 if not isinstance(n, int) or i == 0 else n for i, n in enumerate(shape)]
    assert_same_floats(onnx, np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32), tmp_path)
