"""The classic workflow as a program: python/examples/qat_resnet18.py on a few images."""
import importlib.util
import os
import subprocess
import sys

import models
import pytest

from qopt import driver

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("qopt._core", reason="the native module is not built (nanobind)")
EXAMPLE = driver.ROOT / "python" / "examples" / "qat_resnet18.py"


def example(*options):
    return subprocess.run([sys.executable, str(EXAMPLE), *map(str, options)], capture_output=True,
                          text=True, check=False, timeout=600,
                          env={**os.environ, "QOPT_BIN": driver.binary()})


def test_quick(tmp_path):
    try:
        folder = models.data_folder()
        models.torchvision_models()
    except models.Missing as reason:
        pytest.skip(str(reason))
    if importlib.util.find_spec("PIL") is None:
        pytest.skip("Pillow is not installed")
    done = example("--data", folder, "--quick", "--threads", 1, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = {line.split("  ")[0]: line for line in done.stdout.splitlines()}
    assert rows["outputs that differ"].split()[3] == "0"
    for name in ("accuracy, float", "accuracy, int8 (PTQ)", "accuracy, int8 (QAT)",
                 "latency, PyTorch float", "latency, qopt int8"):
        assert name in rows
    assert (tmp_path / "resnet18_int8.so").exists()


def test_without_data(tmp_path):
    done = example("--data", tmp_path, "--quick")
    assert done.returncode != 0 and "holds neither cifar10.npz nor cifar10.py" in done.stderr
