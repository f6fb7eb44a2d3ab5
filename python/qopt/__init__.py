"""qopt from Python: a thin front of the compiler, its `qopt` driver, and compiled programs.

    module = qopt.quantize("model.onnx", calibration_array, "int8.mlir")
    program = qopt.Program(qopt.compile(module, "model.so"))
    logits = program(x)

`qopt._core` has the compiler in this process (modules, passes, calibration, training kernels).
No algorithm lives here.
"""
from . import _native
from .driver import QoptError, bench, binary, compare, compile, evaluate, quantize, run, run_json

_native.extend(__path__)

__all__ = ["Builder", "Calibration", "Diagnostic", "Error", "Module", "Program", "ProgramError",
           "QoptError", "bench", "binary", "calibrate", "compare", "compile", "evaluate", "load",
           "quantize", "run", "run_json"]

# Imported when asked for: programs need numpy, the compiler in this process libMLIR.
_LAZY = {"Program": "program", "ProgramError": "program", "load": "program",
         "Builder": "_core", "Calibration": "_core", "Diagnostic": "_core", "Error": "_core",
         "Module": "_core", "calibrate": "calibration"}


def __getattr__(name):
    import importlib
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    if name == "_core":
        try:
            return importlib.import_module(f"{__name__}._core")
        except ImportError as error:
            raise ImportError(_native.missing(error)) from error
    raise AttributeError(f"module 'qopt' has no '{name}'")
