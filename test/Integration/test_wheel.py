"""The wheel: built from what the build made, installed into a clean virtual environment, used there
without the source tree; and what it says on a system without MLIR."""
import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

from qopt import driver

ROOT = driver.ROOT
BUILD = pathlib.Path(driver.binary()).resolve().parents[1]

SMOKE = """
import numpy as np, qopt, sys
assert "site-packages" in qopt.__file__, qopt.__file__
module = qopt.Module.import_onnx(sys.argv[1])
module.run("qopt-fuse-pipeline")
module.configure()
module.run("qopt-prepare-pipeline")
x = np.random.default_rng(0).random((64, 1, 8, 8), np.float32)
qopt.calibrate(module, [x])
module.run("qopt-convert-pipeline")
program = qopt.Program.compile(module)
assert program(x).shape == (64, 10)
print(qopt.binary())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("scikit_build_core", reason="scripts/setup.sh installs scikit-build-core")
    if not list((BUILD / "python" / "qopt").glob("_core*.so")):
        pytest.skip("the build has no Python module")
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w",
         folder, f"--config-settings=build-dir={folder}/build"], cwd=ROOT,
        env={**os.environ, "QOPT_PREBUILT": str(BUILD)})
    return next(folder.glob("qopt-*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of a new environment with the wheel; numpy is that of this one, by a link, since
    it is large."""
    folder = tmp_path_factory.mktemp("venv")
    run([sys.executable, "-m", "venv", folder])
    binary = folder / "bin" / "python"
    run([binary, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel])
    import numpy
    site = next((folder / "lib").glob("python*/site-packages"))
    for part in ("numpy", "numpy.libs"):
        (site / part).symlink_to(pathlib.Path(numpy.__file__).parents[1] / part)
    return binary


def run(command, **options):
    environment = options.pop("env", os.environ)
    clean = {k: v for k, v in environment.items() if k not in ("PYTHONPATH", "QOPT_BIN")}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, env=clean, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_names_what_it_needs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(n for n in names if n.endswith("METADATA"))).decode()
    assert "libMLIR.so.22.1" in metadata
    for part in ("qopt/_core.pyi", "qopt/py.typed", "qopt/lib/libqrt.a", "qopt/bin/qopt"):
        assert part in names


def test_wheel_works_in_a_clean_environment(python, tmp_path):
    told = run([python, "-c", SMOKE, ROOT / "examples" / "digits.onnx"], cwd=tmp_path)
    assert "site-packages" in told
    assert '"name": "nn.conv2d"' in run([python.parent / "qopt", "ops", "--json"], cwd=tmp_path)


def test_wheel_says_what_is_missing(python, tmp_path):
    """A loader that cannot find MLIR: its name is replaced in a copy of the library."""
    site = next(python.parents[1].glob("lib/python*/site-packages"))
    library = next((site / "qopt" / "lib").glob("libqopt-c.so.*"))
    whole = library.read_bytes()
    try:
        library.write_bytes(whole.replace(b"libMLIR.so.22.1\0", b"libMLIR.so.99.9\0"))
        told = run([python, "-c", "import qopt\ntry:\n qopt._core\nexcept ImportError as e: print(e)"],
                   cwd=tmp_path)
    finally:
        library.write_bytes(whole)
    assert "needs shared libraries" in told and "libmlir-22" in told and "libMLIR.so.99.9" in told
