"""Networks that stay in their dialect: float linalg or TOSA of torch-mlir in, integer linalg or TOSA out.

One pipeline of passes (qopt-ptq-pipeline) does it. IREE runs what came out: as linalg it gives the
very outputs of our own program, as TOSA, which rounds otherwise (docs/stages/LowerOut.md), nearly
so. ResNet18 and MobileNetV2 take minutes in IREE: QOPT_EXCHANGE=all runs them there, else they are
quantized and looked at, and a small net is run.
"""
import os
import re

import numpy as np
import pytest

import ireerun
import models
from conftest import SIZE
from qopt import driver

ALL = os.environ.get("QOPT_EXCHANGE") == "all"
SAMPLES = 4
FORMS = {"linalg": "linalg-on-tensors", "tosa": "tosa"}
NETS = ["small", "resnet18", "mobilenet_v2"]
LAYERS = {"linalg": r"linalg\.(?:\w*conv_2d\w*|matmul)\b", "tosa": r"tosa\.(?:\w*conv2d|matmul)\b"}


def small(torch):
    """A residual net with one of each: batch-norm, relu, max pool, global pool, linear."""
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8),
                                      nn.ReLU(), nn.MaxPool2d(2))
            self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.BatchNorm2d(8))
            self.linear = nn.Linear(8, 10)

        def forward(self, x):
            x = self.stem(x)
            x = torch.relu(x + self.block(x))
            return self.linear(torch.nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))

    torch.manual_seed(0)
    return Net().eval()


def network(name, made, out):
    """(torch module, path of the calibration data, images)."""
    import torch
    if name != "small":
        ours = made(name)
        with np.load(ours.samples) as stored:
            return models.torch_model(name, SIZE), ours.calib, stored["x"]
    x = np.random.default_rng(0).standard_normal((16, 3, 16, 16)).astype(np.float32)
    np.savez(out / "small.calib.npz", x=x)
    return small(torch), out / "small.calib.npz", x


def quantized(name, form, made, out):
    """(float module, integer module in the same dialect, calibration data, a few images)."""
    fx = pytest.importorskip("torch_mlir.fx", reason="torch-mlir is not installed")
    import torch
    net, calib, images = network(name, made, out)
    floats, codes = (out / f"{name}.{form}.{end}.mlir" for end in ("float", "int8"))
    floats.write_text(str(fx.export_and_import(net, torch.from_numpy(images[:1]), func_name="net",
                                               output_type=FORMS[form])))
    # IREE's TOSA is newer than ours: it reads the generic form.
    printed = ["--mlir-print-op-generic"] if form == "tosa" else []
    driver.run(floats, f"--qopt-ptq-pipeline=data={calib} to={form} fail-on-float=all", *printed,
               "-o", codes)
    return floats, codes, calib, images[:SAMPLES]


def check_integer(floats, codes, form):
    """No op of ours, the same function, and each layer on i8 with sums in i32."""
    before, after = floats.read_text(), codes.read_text()
    assert not re.search(r'= "?(nn|qopt)\.', after)
    kinds = LAYERS[form]
    layers = [line for line in after.splitlines() if re.search(kinds, line)]
    assert len(re.findall(kinds, before)) <= len(layers) > 1
    assert all(re.search(r"i8>.*i32>", line) and "f32" not in line for line in layers)
    assert re.search(r'@net\b|sym_name = "net"', after)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NETS)
def test_stays_in_its_dialect(name, form, made, out):
    pytest.importorskip("torch")
    floats, codes, calib, images = quantized(name, form, made, out)
    check_integer(floats, codes, form)
    if ireerun.missing() or (name != "small" and not ALL):
        floats.unlink()
        return
    # Our own way with the same float module.
    imported, converted, program = (out / f"{name}.{form}.{end}" for end in ("nn.mlir", "q.mlir", "so"))
    driver.run("import", floats, "-o", imported)
    driver.quantize(imported, calib, converted)
    driver.compile(converted, program)
    np.savez(out / "few.npz", x=images)
    driver.run("run", program, "--input", out / "few.npz", "--output", out / "y.npz")
    with np.load(out / "y.npz") as stored:
        ours = stored[stored.files[0]]
    module = ireerun.Module(codes, form)
    theirs = np.concatenate([module.call("net", image[None])[0] for image in images])
    differing = np.count_nonzero(theirs != ours)
    print(f"{name} in {form}: {differing} of {ours.size} outputs differ, by at most "
          f"{np.abs(theirs - ours).max() / np.abs(ours).max():.3g} of the largest")
    assert differing == 0 if form == "linalg" else np.abs(theirs - ours).mean() < 0.02 * np.ptp(ours)
