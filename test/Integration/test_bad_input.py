"""What a user may get wrong: a clear error, exit code not 0, and nothing half-written."""
import json
import re
import shutil

import numpy as np
import pytest

from qopt import driver

TRACES = re.compile(r"Stack dump|PLEASE submit a bug report|Assertion|terminate called|Traceback|"
                    r"Sanitizer|#\d+ 0x[0-9a-f]+")


@pytest.fixture
def net(model, tmp_path):
    """Copies of the smallest network and its data, to be spoiled."""
    onnx, calib, test = (shutil.copy(f, tmp_path) for f in model("fiveop"))
    return tmp_path, onnx, calib, test


def refused(*arguments, says, leaves=None, **options):
    """The command fails by itself, says each of the words, and leaves no output behind."""
    done = driver.run(*arguments, check=False, timeout=120, **options)
    assert done.returncode > 0, f"exit code {done.returncode}: {done.stderr}"
    assert done.returncode < 126, f"ended by a signal or not found: {done.stderr}"
    assert not TRACES.search(done.stderr), done.stderr
    for word in [says] if isinstance(says, str) else says:
        assert word.lower() in done.stderr.lower(), f"'{word}' is not in: {done.stderr}"
    if leaves is not None:
        assert not leaves.exists(), f"{leaves} was left behind"
        strays = [p.name for p in leaves.parent.iterdir() if leaves.name in p.name]
        assert not strays, f"left behind: {strays}"


def quantize_refused(folder, onnx, calib, says, *options):
    out = folder / "q.mlir"
    refused("quantize", onnx, "--calib", calib, "-o", out, *options, says=says, leaves=out)


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.999])
def test_truncated_onnx(net, keep):
    folder, onnx, calib, _ = net
    with open(onnx, "rb") as whole:
        content = whole.read()
    cut = folder / "cut.onnx"
    cut.write_bytes(content[:keep if isinstance(keep, int) else int(keep * len(content))])
    quantize_refused(folder, cut, calib, "cut.onnx")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x7fELF" + bytes(200), b"PK\x03\x04" * 20])
def test_foreign_onnx(net, content):
    folder, _, calib, _ = net
    foreign = folder / "foreign.onnx"
    foreign.write_bytes(content)
    quantize_refused(folder, foreign, calib, "foreign.onnx")


def test_missing_files(net):
    folder, onnx, calib, _ = net
    quantize_refused(folder, folder / "absent.onnx", calib, "absent.onnx")
    quantize_refused(folder, onnx, folder / "absent.npz", "absent.npz")


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_truncated_npz(net, keep):
    folder, onnx, calib, _ = net
    with open(calib, "rb") as whole:
        content = whole.read()
    cut = folder / "cut.npz"
    cut.write_bytes(content[:int(keep * len(content))])
    quantize_refused(folder, onnx, cut, "cut.npz")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite_data(net, value):
    folder, onnx, calib, _ = net
    x = np.load(calib)["x"]
    x[1, 0, 2, 3] = value
    np.savez(folder / "bad.npz", x=x)
    quantize_refused(folder, onnx, folder / "bad.npz", ["inf" if np.isinf(value) else "nan"])


def test_not_finite_weights(net):
    folder, onnx, calib, _ = net
    package = pytest.importorskip("onnx")
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    loaded = package.load(onnx)
    weight = next(t for t in loaded.graph.initializer if t.name == "conv2.weight")
    values = numpy_helper.to_array(weight).copy()
    values.flat[7] = np.nan
    weight.CopyFrom(numpy_helper.from_array(values, "conv2.weight"))
    package.save(loaded, folder / "bad.onnx")
    quantize_refused(folder, folder / "bad.onnx", calib, ["conv2.weight", "nan"])


@pytest.mark.parametrize("arrays, says", [
    ({"x": np.zeros((0, 3, 16, 16), np.float32)}, "x"),
    ({"x": np.zeros((4, 1, 16, 16), np.float32)}, ["x", "1"]),
    ({"x": np.zeros((4, 3, 17, 16), np.float32)}, ["x", "17"]),
    ({"x": np.zeros((3, 16, 16), np.float32)}, "x"),
    ({"image": np.zeros((4, 3, 16, 16), np.float32), "other": np.zeros(3)}, "x"),
    ({"x": np.array(["a", "b"])}, "x"),
    ({}, ""),
])
def test_wrong_calibration_arrays(net, arrays, says):
    folder, onnx, _, _ = net
    np.savez(folder / "bad.npz", **arrays)
    quantize_refused(folder, onnx, folder / "bad.npz", says)


@pytest.mark.parametrize("config, says", [
    ({"globel": {}}, "globel"),
    ({"global": {"activation": {"observr": "min_max"}}}, "observr"),
    ({"global": {"activation": {"observer": "min_maxx"}}}, ["min_maxx", "min_max"]),
    ({"global": {"activation": {"bits": 99}}}, "bits"),
    ([1, 2], ""),
])
def test_wrong_config(net, config, says):
    folder, onnx, calib, _ = net
    (folder / "c.json").write_text(json.dumps(config), encoding="utf-8")
    quantize_refused(folder, onnx, calib, says, "--config", folder / "c.json")


def test_config_that_is_no_json(net):
    folder, onnx, calib, _ = net
    (folder / "c.json").write_text('{"global": ', encoding="utf-8")
    quantize_refused(folder, onnx, calib, "c.json", "--config", folder / "c.json")


def test_unwritable_outputs(net, made):
    folder, onnx, calib, test = net
    nowhere = folder / "no" / "such" / "folder"
    refused("quantize", onnx, "--calib", calib, "-o", nowhere / "q.mlir", says="q.mlir")
    small = made("fiveop")
    refused("compile", small.quantized, "-o", nowhere / "p.so", says="p.so")
    refused("run", small.program, "--input", test, "--output", nowhere / "y.npz", says="y.npz")


def test_programs_that_are_none(net):
    folder, _, _, test = net
    fake = folder / "fake.so"
    for content in (b"", b"no program", b"\x7fELF" + bytes(500)):
        fake.write_bytes(content)
        refused("run", fake, "--input", test, "--output", folder / "y.npz", says="fake.so",
                leaves=folder / "y.npz")


def test_isa_that_is_not_in_the_program(made, net):
    folder, _, _, test = net
    small, program = made("fiveop"), folder / "scalar.so"
    driver.compile(small.quantized, program, "--isa=scalar")
    refused("run", program, "--input", test, "--output", folder / "y.npz",
            says=["avx2", "scalar"], leaves=folder / "y.npz", env={"QRT_ISA": "avx2"})
    refused("run", program, "--input", test, "--output", folder / "y.npz",
            says=["avx9", "scalar"], leaves=folder / "y.npz", env={"QRT_ISA": "avx9"})


def test_wrong_words_on_the_command_line(net):
    folder, onnx, calib, _ = net
    refused("quantise", onnx, says="quantise")
    refused("quantize", onnx, "--calib", calib, "--colour=red", "-o", folder / "q.mlir", says="colour")
    refused("quantize", onnx, "-o", folder / "q.mlir", says="calib", leaves=folder / "q.mlir")
    quantize_refused(folder, onnx, calib, ["toaster", "x86"], "--target", "toaster")
    quantize_refused(folder, onnx, calib, "toast", "--fail-on-float=toast")


def test_dead_channels_and_constants_are_defined(net):
    """Not an error: a channel that is always 0 and a constant input give a program that runs."""
    folder, onnx, _, test = net
    np.savez(folder / "flat.npz", x=np.zeros((4, 3, 16, 16), np.float32))
    driver.quantize(onnx, folder / "flat.npz", folder / "q.mlir")
    driver.compile(folder / "q.mlir", folder / "p.so")
    driver.run("run", folder / "p.so", "--input", test, "--output", folder / "y.npz")
    with np.load(folder / "y.npz") as outputs:
        assert all(np.isfinite(array).all() for array in outputs.values())
