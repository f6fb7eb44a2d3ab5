"""Networks that come as MLIR: what torch-mlir exports is the network that ONNX brings.

ResNet18 and MobileNetV2 as torch-mlir lowers them, to linalg and to TOSA, go through quantize and
come out with the very codes and scales of the same network from ONNX; a PT2E-quantized net keeps the
integers that it has.
"""
import re

import numpy as np
import pytest

import models
from conftest import SIZE
from qopt import driver

FORMS = {"linalg": "linalg-on-tensors", "tosa": "tosa"}


def exporter():
    """torch_mlir.fx; skips where there is none."""
    pytest.importorskip("torch")
    return pytest.importorskip("torch_mlir.fx", reason="torch-mlir is not installed")


def layers(path):
    """Of a converted module: its layers with types but without names, padding and batch size, and
    its constants."""
    text, _, resources = path.read_text().partition("{-#")
    types = dict(re.findall(r"^(![\w.]+) = (.*)$", text, re.MULTILINE))
    ops = []
    for line in text.splitlines():
        found = re.search(r"= nn\.(\w+) .*? : (\(.*)$", line)
        if found and found[1] not in ("parameter", "reshape", "flatten"):
            spelled = re.sub(r"![\w.]+", lambda m: types.get(m[0], m[0]), found[2])
            ops.append((found[1], re.sub(r"tensor<(1|\?)x", "tensor<Nx", spelled)))
    return ops, sorted(re.findall(r'"0x[0-9A-F]+"', resources))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_same_codes_as_from_onnx(made, out, name, form):
    fx = exporter()
    import torch
    ours = made(name)
    with np.load(ours.calib) as stored:
        sample = torch.from_numpy(stored["x"][:1])
    text = out / f"{name}.{form}.mlir"
    text.write_text(str(fx.export_and_import(models.torch_model(name, SIZE), sample,
                                             output_type=FORMS[form], func_name="forward")))
    floats, codes, program = (out / f"{name}.{form}{end}" for end in (".nn.mlir", ".q.mlir", ".so"))
    driver.run("import", text, "-o", floats)
    text.unlink()
    driver.quantize(floats, ours.calib, codes)
    made_ops, made_constants = layers(codes)
    ops, constants = layers(ours.quantized)
    assert made_ops == ops
    assert made_constants == constants
    assert any(op == "conv2d" and "!quant.uniform" in types for op, types in made_ops)
    driver.compile(codes, program)
    results = []
    for so in (program, ours.program):
        driver.run("run", so, "--input", ours.samples, "--output", out / "result.npz")
        with np.load(out / "result.npz") as stored:
            results.append(stored[stored.files[0]])
    assert np.array_equal(*results)


def pt2e(torch):
    """A net that PyTorch's export path quantized: u8 activations, weights per channel, a grouped
    convolution; and a sample."""
    quantize = pytest.importorskip("torchao.quantization.pt2e.quantize_pt2e")
    quantizers = pytest.importorskip(
        "torchao.quantization.pt2e.quantizer.x86_inductor_quantizer")
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, padding=1)
            self.groups = nn.Conv2d(8, 8, 3, groups=4, stride=2)
            self.linear = nn.Linear(72, 10)

        def forward(self, x):
            return self.linear(self.groups(torch.relu(self.conv(x))).flatten(1))

    torch.manual_seed(0)
    sample = torch.randn(1, 3, 8, 8)
    quantizer = quantizers.X86InductorQuantizer().set_global(
        quantizers.get_default_x86_inductor_quantization_config())
    prepared = quantize.prepare_pt2e(torch.export.export(Net().eval(), (sample,)).module(), quantizer)
    for _ in range(4):
        prepared(torch.randn(1, 3, 8, 8))
    prepared(sample)
    return quantize.convert_pt2e(prepared), sample


def test_pt2e_becomes_integer(out):
    fx = exporter()
    import torch
    net, sample = pt2e(torch)
    text, codes = out / "pt2e.mlir", out / "pt2e.q.mlir"
    text.write_text(str(fx.export_and_import(torch.export.export(net, (sample,)), output_type="linalg-on-tensors")))
    done = driver.run(text, "--qopt-qdq-to-integer", "-o", codes)
    # Its output is not quantized, so the last layer's sums leave as numbers.
    ops, _ = layers(codes)
    assert [op for op, types in ops if "!quant.uniform" in types.split("->")[0]] == ["conv2d"] * 2 + ["linear"]
    assert "left in float" not in done.stderr
    samples = {"arg0": np.random.default_rng(0).standard_normal((16, 3, 8, 8)).astype(np.float32)}
    np.savez(out / "pt2e.npz", **samples)
    driver.compile(codes, out / "pt2e.so")
    driver.run("run", out / "pt2e.so", "--input", out / "pt2e.npz", "--output", out / "pt2e.out.npz")
    with np.load(out / "pt2e.out.npz") as stored:
        found = stored[stored.files[0]]
    with torch.no_grad():
        wanted = np.concatenate([net(torch.from_numpy(x[None])).numpy() for x in samples["arg0"]])
    # torch sums the dequantized products in float, which can pick the neighbour of a code at a tie.
    assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()
