"""Fixtures of the integration tests: models, and what the driver makes of them.

Everything is made once per session in one folder (QOPT_TEST_OUT, else a temporary one), since
quantizing a network takes seconds and many tests look at the same one.
"""
import collections
import os
import pathlib
import sys

import numpy as np
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "python")]

import models  # noqa: E402
from qopt import driver  # noqa: E402

# Input size of the torchvision nets. 64 keeps the scalar and emulated runs short; 224 is full size.
SIZE = int(os.environ.get("QOPT_TEST_SIZE", "64"))

Made = collections.namedtuple("Made", "name onnx calib test prepared quantized program samples")


@pytest.fixture(scope="session")
def out(tmp_path_factory):
    named = os.environ.get("QOPT_TEST_OUT")
    folder = pathlib.Path(named) if named else tmp_path_factory.mktemp("made")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def model():
    """model(name) -> (onnx, calib, test); skips where something it needs is not here."""
    def make(name, size=SIZE):
        try:
            return models.make(name, size)
        except models.Missing as reason:
            pytest.skip(f"{name}: {reason}")
    return make


@pytest.fixture(scope="session")
def made(out, model):
    """made(name) -> everything quantize and compile left behind, with default settings."""
    cache = {}

    def make(name):
        if name not in cache:
            onnx, calib, test = model(name)
            stages, stem = out / f"{name}.stages", out / name
            quantized, program = stem.with_suffix(".mlir"), stem.with_suffix(".so")
            driver.quantize(onnx, calib, quantized, f"--dump-stages={stages}")
            driver.compile(quantized, program)
            cache[name] = Made(name, onnx, calib, test, calibrated(stages), quantized, program,
                               few_samples(test, stem.with_suffix(".few.npz"), name))
        return cache[name]
    return make


def calibrated(stages):
    """The dumped stage whose graph the f64 simulation runs on."""
    found = sorted(stages.glob("*calibrate*.mlir"))
    assert found, f"quantize dumped no calibrated stage, only {sorted(p.name for p in stages.iterdir())}"
    return found[-1]


def few_samples(test, path, model):
    """Some samples of a test set, the extremes at its end among them: enough to compare codes,
    quick in f64."""
    count = 2 if SIZE > 64 and model in models.SIZED else 8
    with np.load(test) as stored:
        np.savez(path, **{name: np.concatenate([array[:count], array[-count:]])
                          for name, array in stored.items()})
    return path
