"""benchmarks/run.py: what it prints about one small row; figures themselves are not judged."""
import json
import pathlib
import subprocess
import sys

import pytest

import models

RUN = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "run.py"


def bench(*words):
    return subprocess.run([sys.executable, str(RUN), *words], capture_output=True, text=True,
                          check=False)


@pytest.fixture(scope="module")
def row():
    try:
        models.make("mlp")
    except models.Missing as reason:
        pytest.skip(str(reason))
    done = bench("--rows", "mlp", "--quick", "--engines", "qopt,onnxruntime", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result) == {"cpu", "rows", "missing"}
    (only,) = result["rows"]
    return only


def test_row_has_its_keys(row):
    assert {"workload", "threads", "isa", "ours_ms", "best_peer", "best_peer_ms", "ratio", "floor",
            "goal"} <= set(row)
    assert (row["workload"], row["threads"]) == ("mlp", 1)
    ours = row["engines"]["qopt int8"]
    assert row["ours_ms"] == ours["ms"] > 0
    assert row["ratio"] == pytest.approx(row["best_peer_ms"] / row["ours_ms"])
    assert not row["best_peer"].startswith("qopt") or len(row["engines"]) == 2


def test_outputs_are_judged_against_float(row):
    for name, engine in row["engines"].items():
        assert ("sqnr_db" in engine) == (name != "qopt float"), name
        assert engine["file_mb"] > 0
    assert row["engines"]["qopt int8"]["sqnr_db"] > 20
    for name, engine in row["engines"].items():
        if name.endswith(" float") and "sqnr_db" in engine:
            assert engine["sqnr_db"] > 80, name


def test_unknown_row():
    done = bench("--rows", "nosuchnet@32")
    assert done.returncode != 0
    assert "'nosuchnet@32' is no row; write MODEL[@SIZE][xBATCH]" in done.stderr


def test_cold_start(row, tmp_path):
    """A fresh process opens a program and measures its start and memory."""
    from qopt import driver
    onnx, calib, _ = models.make("mlp")
    program = tmp_path / "mlp.so"
    driver.compile(driver.quantize(onnx, calib, tmp_path / "mlp.mlir"), program)
    done = subprocess.run([sys.executable, str(RUN.with_name("once.py")), "qopt int8", str(program),
                           "1x784", "1"], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["cold_ms"] > 0 and figures["peak_mb"] > 0
