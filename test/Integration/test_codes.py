"""Equality of codes: the f64 simulation of the prepared graph, the int8 module, the program.

The simulation works from dequantized values and shares no code with convert or the kernels, so
0 differing codes over every tensor says that both are right. QOPT_TEST_SIZE=224 takes the
torchvision nets at full size, ResNet18 among them.
"""
import shutil
import subprocess

import conftest
import numpy as np
import pytest

from qopt import driver, machine

NETS = ["fiveop", "digits", "resnet20", "mobilenet_v2", "resnet50"]
NETS += ["resnet18"] if conftest.SIZE > 64 else []
ALL_ISAS = ["scalar", "avx2", "avxvnni", "avx512vnni"]


def assert_equal_codes(tensors):
    """Every compared tensor agrees, and something was compared."""
    compared = [t for t in tensors if t["codes_differ"] is not None]
    assert compared, "no tensor was compared"
    assert {t["name"]: t["codes_differ"] for t in compared if t["codes_differ"]} == {}
    assert all(t["elements"] > 0 for t in compared)
    return compared


def quantized_results(module):
    """The quantized results of a module, as the driver lists them."""
    return [t for t in driver.run_json("info", module)["tensors"] if t["quantized"]]


@pytest.mark.parametrize("name", NETS)
def test_simulation_equals_module(made, name):
    net = made(name)
    compared = assert_equal_codes(driver.compare(net.prepared, net.quantized, net.samples))
    assert len(compared) == len(quantized_results(net.quantized))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("isa", ALL_ISAS)
@pytest.mark.parametrize("name", NETS)
def test_simulation_equals_program(made, name, isa, threads):
    if isa not in machine.isas():
        pytest.skip(f"this CPU has no {isa}")
    net = made(name)
    compared = assert_equal_codes(driver.compare(net.prepared, net.program, net.samples,
                                                 "--threads", threads, env={"QRT_ISA": isa}))
    assert len(compared) == len(quantized_results(net.quantized))


@pytest.mark.parametrize("name", NETS)
def test_codes_spread(made, name):
    """Equality says little where nothing varies: 90 % of the tensors show at least 32 codes."""
    net = made(name)
    tensors = driver.compare(net.quantized, net.quantized, net.samples)
    spread = [t["distinct_codes"] >= 32 for t in tensors if t["codes_differ"] is not None]
    assert sum(spread) >= 0.9 * len(spread)


@pytest.mark.parametrize("name", NETS)
def test_module_equals_program(made, name):
    net = made(name)
    compared = assert_equal_codes(driver.compare(net.quantized, net.program, net.samples))
    assert len(compared) == len(quantized_results(net.quantized))


@pytest.mark.parametrize("name", NETS)
def test_float_side_has_no_codes(made, name):
    """Against the float network there are errors to report, but no codes to count."""
    net = made(name)
    tensors = driver.compare(net.onnx, net.program, net.samples)
    assert tensors and all(t["codes_differ"] is None for t in tensors)
    assert all(t["sqnr_db"] is not None for t in tensors)


def told(command, program, x, folder, threads):
    """All tensors that a run of Inputs/tensors.c on `program` tells, as bytes."""
    compiler, runner = command
    main, given, got = folder / f"{program.stem}.main", folder / "x.f32", folder / "told.bin"
    subprocess.run([*compiler, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror",
                    f"-I{driver.ROOT / 'include'}", conftest.HERE / "Inputs" / "tensors.c", program,
                    f"-Wl,-rpath,{program.parent}", "-o", main], check=True)
    x.astype(np.float32).tofile(given)
    subprocess.run([*runner, main, given, got, str(threads)], check=True, capture_output=True)
    return got.read_bytes()


@pytest.mark.parametrize("name, threads", [("digits", 2), ("resnet20", 1), ("mobilenet_v2", 2),
                                           ("resnet50", 1)])
def test_aarch64_equals_native(made, tmp_path, name, threads):
    """Every tensor of the program for AArch64, under emulation, has the native one's bytes."""
    compiler, emulator = shutil.which("aarch64-linux-gnu-gcc"), shutil.which("qemu-aarch64")
    if not compiler or not emulator:
        pytest.skip("no AArch64 cross compiler and emulator (scripts/setup.sh installs them)")
    net, program = made(name), tmp_path / "aarch64.so"
    driver.compile(net.quantized, program, "--mtriple=aarch64-linux-gnu")
    with np.load(net.samples) as stored:
        x = stored["x"][-2:]  # an extreme and a tiny one, in a random net
    native = told((["clang-22"], []), net.program, x, tmp_path, 1)
    emulated = told(([compiler], [emulator, "-L", "/usr/aarch64-linux-gnu"]), program, x, tmp_path,
                    threads)
    assert len(native) > x.size
    assert native == emulated
