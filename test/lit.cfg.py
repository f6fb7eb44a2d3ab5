"""lit configuration: substitutions and features of the test suite.

Tools come by name through PATH (qopt, FileCheck, not, split-file, mlir-opt). Substitutions:
  %python   Python with the project's packages (build/venv, or QOPT_PYTHON)
  %data     folder of real data and models (feature `data`), from QOPT_TEST_DATA
  %plugin   the dialect and pass plugin's shared library
  %llvm_libs  LLVM's shared libraries
  %source   the source tree; %tools the built tools; %lib the built libraries
Features: torch, onnxruntime, data, qemu, plugin, asan, and the ISAs of this CPU (avx2, avx512vnni).
"""
import os
import pathlib
import shutil
import subprocess
import sys

import lit.formats

# config and lit_config are given by lit.
source = pathlib.Path(config.qopt_source_dir)
sys.path.insert(0, str(source / "python"))
from qopt import machine  # noqa: E402  (after the path that finds it)

config.name = "qopt"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "Kernels", "Runtime", "Integration"]
config.test_source_root = str(source / "test")
config.test_exec_root = str(pathlib.Path(config.qopt_binary_dir) / "test")

config.environment["PATH"] = os.pathsep.join(
    [config.qopt_tools_dir, config.llvm_tools_dir, os.environ.get("PATH", "")])
config.environment["FILECHECK_OPTS"] = "-enable-var-scope --dump-input=fail"
config.environment["PYTHONPATH"] = str(source / "python")
for name in ("HOME", "QRT_ISA", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"):
    if name in os.environ:
        config.environment[name] = os.environ[name]


def find_python():
    """The interpreter with numpy, onnx and, where it could be had, torch."""
    candidates = [os.environ.get("QOPT_PYTHON"), str(source / "build" / "venv" / "bin" / "python")]
    return next((c for c in candidates if c and os.path.exists(c)), shutil.which("python3"))


def python_modules(python, names):
    """Those of `names` that `python` could import, without importing them (torch takes seconds)."""
    code = ("import importlib.util as u, sys\n"
            "print(*[n for n in sys.argv[1:] if u.find_spec(n)])")
    run = subprocess.run([python, "-c", code, *names], capture_output=True, text=True, check=False)
    return run.stdout.split()


python = find_python()
data = pathlib.Path(os.environ.get("QOPT_TEST_DATA", source / ".." / "shared" / "data")).resolve()
plugin = pathlib.Path(config.qopt_lib_dir) / "libqopt-plugin.so"

for module in python_modules(python, ["torch", "onnxruntime", "onnx", "numpy"]):
    config.available_features.add(module)
for isa in machine.isas():
    config.available_features.add(isa)
if (data / "cifar10.py").exists():
    config.available_features.add("data")
if shutil.which("qemu-aarch64") and shutil.which("aarch64-linux-gnu-gcc"):
    config.available_features.add("qemu")
if plugin.exists():
    config.available_features.add("plugin")
if "address" in config.qopt_sanitize:
    config.available_features.add("asan")

config.substitutions += [
    ("%python", python), ("%data", str(data)), ("%plugin", str(plugin)), ("%source", str(source)),
    ("%tools", config.qopt_tools_dir), ("%lib", config.qopt_lib_dir),
    ("%llvm_libs", str(pathlib.Path(config.llvm_tools_dir).parent / "lib"))]
