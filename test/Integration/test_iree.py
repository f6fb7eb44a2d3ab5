"""Exports to linalg and TOSA, compiled and run by IREE.

For linalg 0 codes may differ from ours: the whole net by the bits of its outputs, each op alone, on
our codes as its inputs, by its codes. TOSA rounds otherwise (docs/stages/LowerOut.md), so there each
op alone is counted; how many differ is printed. QOPT_EXCHANGE=all runs every net.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import ireerun
from qopt import driver

pytestmark = pytest.mark.skipif(bool(ireerun.missing()), reason=ireerun.missing() or "-")

ALL = os.environ.get("QOPT_EXCHANGE") == "all"
NETS = ["digits", "resnet20"] + (["mobilenet_v2", "resnet18", "squeezenet"] if ALL else [])
BATCH = 8
# What TOSA computes without rounding.
EXACT_IN_TOSA = {"max_pool2d", "flatten", "reshape", "transpose", "slice", "cat", "pad", "requantize",
                 "dequantize"}

Ours = collections.namedtuple("Ours", "inputs outputs values")


def signed(codes):
    """Codes as the exports hold them: unsigned ones less 128."""
    return (codes ^ np.uint8(128)).view(np.int8) if codes.dtype == np.uint8 else codes


@pytest.fixture(scope="module")
def ours(made, out):
    """ours(net) -> inputs, the program's outputs and the interpreter's named values."""
    cache = {}

    def run(net):
        if net not in cache:
            files = made(net)
            few, outputs, values = (out / f"{net}.iree.{part}.npz" for part in ("x", "y", "v"))
            with np.load(files.test) as stored:
                np.savez(few, x=stored["x"][:BATCH])
            driver.run("run", files.program, "--input", few, "--output", outputs)
            driver.run("run", files.quantized, "--oracle", "--input", few, "--output", out / "y.npz",
                       "--record", values)
            cache[net] = Ours(*(dict(np.load(path)) for path in (few, outputs, values)))
        return cache[net]
    return run


def exported(files, out, net, dialect, *options):
    path = out / f"{net}.{dialect}{len(options)}.mlir"
    driver.run("export", files.quantized, "-o", path, f"--format={dialect}", "--batch", BATCH,
               *options)
    return ireerun.Module(path, dialect)


def differing_by_op(module, ours):
    """{mnemonic: (codes that differ, codes)} of each op on our own codes, and the greatest distance."""
    counts, farthest = collections.defaultdict(lambda: np.zeros(2, np.int64)), 0
    for function, (arguments, results) in module.functions.items():
        kind = function.split("_", 2)[2]
        held = ours.inputs if kind == "quantize" else ours.values
        given = [signed(held[name]) for name in arguments]
        for name, codes in zip(results, module.call(function, *given)):
            expected = signed(ours.values[name]) if name in ours.values else ours.outputs[name]
            assert codes.dtype == expected.dtype and codes.shape == expected.shape, function
            counts[kind] += [np.sum(codes != expected), codes.size]
            if codes.dtype == np.int8:
                distance = np.abs(codes.astype(int) - expected.astype(int))
                farthest = max(farthest, int(distance.max()))
    return {kind: tuple(map(int, pair)) for kind, pair in counts.items()}, farthest


@pytest.mark.parametrize("net", NETS)
def test_linalg_net(net, made, out, ours):
    files = made(net)
    module = exported(files, out, net, "linalg")
    (arguments, results) = module.functions["main"]
    given = ours(net)
    got = module.call("main", *(given.inputs[name] for name in arguments))
    for name, values in zip(results, got):
        assert np.array_equal(values, given.outputs[name]), name


@pytest.mark.parametrize("net", NETS)
def test_linalg_ops(net, made, out, ours):
    counts, _ = differing_by_op(exported(made(net), out, net, "linalg", "--per-op"), ours(net))
    assert {kind for kind, (differ, _) in counts.items() if differ} == set()
    assert {"quantize", "conv2d"} <= set(counts)


@pytest.mark.parametrize("net", NETS)
def test_tosa_ops(net, made, out, ours):
    counts, farthest = differing_by_op(exported(made(net), out, net, "tosa", "--per-op"), ours(net))
    print(f"{net}, codes that differ in TOSA, by op:", counts)
    for kind, (differ, codes) in counts.items():
        assert differ == 0 if kind in EXACT_IN_TOSA else differ < 1e-3 * codes + 1, (kind, differ, codes)
    assert farthest <= 2  # a step at the point before a residual counts by its share of the scale


@pytest.mark.parametrize("net", NETS if ALL else NETS[:1])
def test_tosa_net(net, made, out, ours):
    """The whole net in one piece: its outputs stay within a few steps of ours."""
    module = exported(made(net), out, net, "tosa")
    (arguments, results) = module.functions["main"]
    given = ours(net)
    got = module.call("main", *(given.inputs[name] for name in arguments))
    for name, values in zip(results, got):
        expected = given.outputs[name]
        assert np.abs(values - expected).max() <= 0.05 * np.ptp(expected), name


def test_commands_of_the_page(made, tmp_path, ours):
    """docs/stages/LowerOut.md shows IREE's own commands; here they run."""
    page = (driver.ROOT / "docs" / "stages" / "LowerOut.md").read_text(encoding="utf-8")
    commands = re.search(r"## IREE\n```bash\n(.*?)```", page, re.DOTALL)[1]
    given = ours("digits")
    driver.run("export", made("digits").quantized, "-o", tmp_path / "linalg.mlir",
               "--format=linalg")
    np.save(tmp_path / "x.npy", given.inputs["x"])
    path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(["bash", "-euc", commands], cwd=tmp_path, env={**os.environ, "PATH": path},
                   check=True, timeout=300)
    assert np.array_equal(np.load(tmp_path / "y.npy"), *given.outputs.values())
