"""Equality of codes: the f64 simulation of the prepared graph, the int8 module, the program.

The simulation works from dequantized values and shares no code with convert or the kernels, so
0 differing codes over every tensor says that both are right.
"""
import pytest

from qopt import driver, machine

NETS = ["fiveop", "digits", "resnet20", "mobilenet_v2", "resnet50"]
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
