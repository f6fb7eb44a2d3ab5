"""Accuracy of the trained networks after quantization with default settings."""
import pytest

from qopt import driver

CONV_OR_LINEAR = ("conv", "linear")


def test_resnet20_keeps_its_accuracy(made):
    net = made("resnet20")
    whole = driver.evaluate(net.program, net.test)
    assert whole["samples"] == 10000
    assert abs(whole["top1"] - 0.9173) <= 0.0015
    simulated = driver.evaluate(net.quantized, net.samples)
    assert simulated["top1"] == driver.evaluate(net.program, net.samples)["top1"]


def test_resnet20_float_is_the_published_one(made):
    net = made("resnet20")
    assert driver.evaluate(net.onnx, net.test)["top1"] == pytest.approx(0.9173, abs=1e-4)


def test_digits_keep_their_accuracy(made):
    net = made("digits")
    before = driver.evaluate(net.onnx, net.test)["top1"]
    after = driver.evaluate(net.program, net.test)["top1"]
    assert before > 0.97
    assert after >= before - 0.006, "more than three of 540 digits lost"


@pytest.mark.parametrize("name", ["fiveop", "digits", "resnet20", "mobilenet_v2", "resnet50"])
def test_no_layer_stays_float(made, name):
    """--fail-on-float makes a conv or linear left in float an error."""
    net = made(name)
    driver.quantize(net.onnx, net.calib, net.quantized.with_suffix(".again.mlir"),
                    "--fail-on-float=conv,linear")
