"""examples/c/main.c: a compiled program used from C, native and under emulation."""
import shutil
import subprocess

import numpy as np
import pytest

from qopt import driver, machine

SOURCE = driver.ROOT / "examples" / "c" / "main.c"


def build(compiler, program, out):
    """Builds the example against one program, with nothing but the header."""
    subprocess.run([*compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{driver.ROOT / 'include'}",
                    SOURCE, program, f"-Wl,-rpath,{program.parent}", "-o", out], check=True)
    return out


def run(command, x, folder, *arguments, env=None):
    """Feeds x as raw floats; returns the raw floats that come back."""
    given, got = folder / "x.f32", folder / "y.f32"
    x.astype(np.float32).tofile(given)
    got.unlink(missing_ok=True)
    done = subprocess.run([*command, given, got, *map(str, arguments)], capture_output=True,
                          text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return np.fromfile(got, np.float32), done.stdout


def through_driver(program, x, folder):
    np.savez(folder / "x.npz", x=x)
    driver.run("run", program, "--input", folder / "x.npz", "--output", folder / "y.npz")
    with np.load(folder / "y.npz") as outputs:
        return next(iter(outputs.values())).ravel()


@pytest.fixture(scope="module")
def digits(made):
    net = made("digits")
    with np.load(net.test) as stored:
        return net, stored["x"][:16]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("isa", ["scalar", "avx2", "avxvnni", "avx512vnni"])
def test_c_equals_driver(digits, tmp_path, isa, threads):
    if isa not in machine.isas():
        pytest.skip(f"this CPU has no {isa}")
    net, x = digits
    example = build(["clang-22"], net.program, tmp_path / "main")
    got, said = run([example], x, tmp_path, threads, env={"QRT_ISA": isa})
    assert f"16 samples on {isa}" in said
    assert np.array_equal(got, through_driver(net.program, x, tmp_path))


def test_c_says_what_is_wrong(digits, tmp_path):
    net, x = digits
    example = build(["clang-22"], net.program, tmp_path / "main")
    x.astype(np.float32).ravel()[:-1].tofile(tmp_path / "x.f32")
    done = subprocess.run([example, tmp_path / "x.f32", tmp_path / "y.f32"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 1 and "whole number of samples" in done.stderr
    assert not (tmp_path / "y.f32").exists()


def test_aarch64_equals_native(digits, tmp_path):
    """The cross-compiled program under emulation gives the native program's bytes, by every ISA."""
    compiler = shutil.which("aarch64-linux-gnu-gcc")
    emulator = shutil.which("qemu-aarch64")
    if not compiler or not emulator:
        pytest.skip("no AArch64 cross compiler and emulator (scripts/setup.sh installs them)")
    net, x = digits
    program = tmp_path / "aarch64.so"
    driver.compile(net.quantized, program, "--mtriple=aarch64-linux-gnu")
    example = build([compiler], program, tmp_path / "main")
    expected = through_driver(net.program, x, tmp_path)
    emulated = [emulator, "-cpu", "max", "-L", "/usr/aarch64-linux-gnu", example]
    for isa in ("scalar", "neon", "neon_dot", "neon_i8mm"):
        got, said = run(emulated, x, tmp_path, env={"QRT_ISA": isa})
        assert f"on {isa}\n" in said
        assert np.array_equal(got, expected), isa
