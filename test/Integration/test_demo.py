"""The demo itself: its table, its figures, its ways without PyTorch and with one's own network."""
import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from qopt import driver

ROWS = ["accuracy (top-1)", "weights", "model size", "latency, 1 thread", "latency, 2 threads", "layers",
        "codes that differ"]


def demo(out, *options, hide_torch=False, check=True):
    """Runs the demo quickly; returns (process, summary)."""
    path = [str(driver.ROOT / "python")]
    if hide_torch:
        (out / "hidden").mkdir(parents=True)
        (out / "hidden" / "torch.py").write_text("raise ImportError('hidden by the test')\n")
        path.insert(0, str(out / "hidden"))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "QOPT_BIN": driver.binary()}
    done = subprocess.run([sys.executable, "-m", "qopt.demo", "--out", out, "--seconds", "0.05",
                           *map(str, options)], capture_output=True, text=True, env=env, check=False)
    if not check:
        return done, None
    assert done.returncode == 0, done.stderr
    return done, json.loads((out / "summary.json").read_text(encoding="utf-8"))


def check_summary(summary):
    assert summary["codes_differ"] == 0
    assert summary["tensors_compared"] > 3 and summary["elements_compared"] > 1000
    assert summary["layers"]["int8"] > 0 and summary["layers"]["float"] == 0
    assert set(summary["latency_ms"]) == {"1", "2"}
    assert all(ms > 0 for timed in summary["latency_ms"].values() for ms in timed.values())
    assert summary["bytes"]["int8"] > 0
    assert 3 < summary["weight_bytes"]["float"] / summary["weight_bytes"]["int8"] < 4.1


def test_digits(model, tmp_path):
    model("digits")  # skips where PyTorch is absent
    done, summary = demo(tmp_path / "demo")
    for row in ROWS:
        assert row in done.stdout
    check_summary(summary)
    assert summary["top1"]["float"] > 0.97
    assert summary["top1"]["int8"] >= summary["top1"]["float"] - 0.006
    assert "trained just now" in summary["model"]
    if importlib.util.find_spec("qopt._core") is not None:
        assert "accuracy after QAT" in done.stdout
        assert summary["top1"]["qat"] >= summary["top1"]["float"] - 0.006
    else:
        assert "no training with quantization: " in done.stderr
    assert (tmp_path / "demo" / "summary.png").stat().st_size > 1000


def test_without_torch(tmp_path):
    done, summary = demo(tmp_path / "demo", hide_torch=True)
    assert "PyTorch is not installed" in done.stderr
    assert "trained earlier" in summary["model"]
    check_summary(summary)
    assert summary["top1"]["float"] > 0.97


def test_own_network(model, tmp_path):
    onnx, _, test = model("fiveop")
    done, summary = demo(tmp_path / "demo", "--model", onnx, "--data", test)
    check_summary(summary)
    assert "top1" not in summary and "accuracy" not in done.stdout


@pytest.mark.parametrize("options, says", [
    (["--model", "m.onnx"], "belong together"),
    (["--model", "m.onnx", "--data", "absent.npz"], "absent.npz"),
])
def test_errors(tmp_path, options, says):
    done, _ = demo(tmp_path / "demo", *options, check=False)
    assert done.returncode != 0
    assert says in done.stderr and "Traceback" not in done.stderr


def test_one_sample_is_too_few(tmp_path):
    np.savez(tmp_path / "one.npz", x=np.zeros((1, 3, 16, 16), np.float32))
    done, _ = demo(tmp_path / "demo", "--model", "m.onnx", "--data", tmp_path / "one.npz", check=False)
    assert done.returncode != 0 and "at least 2" in done.stderr
