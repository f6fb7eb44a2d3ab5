"""qopt from Python: a thin front of the `qopt` driver and of compiled programs.

    module = qopt.quantize("model.onnx", calibration_array, "int8.mlir")
    program = qopt.Program(qopt.compile(module, "model.so"))
    logits = program(x)

No algorithm lives here.
"""
from .driver import QoptError, bench, binary, compare, compile, evaluate, quantize, run, run_json

__all__ = ["Program", "ProgramError", "QoptError", "bench", "binary", "compare", "compile",
           "evaluate", "quantize", "run", "run_json"]


def __getattr__(name):
    """Programs need numpy, which calling the driver does not: imported when asked for."""
    if name in ("Program", "ProgramError"):
        from . import program
        return getattr(program, name)
    raise AttributeError(f"module 'qopt' has no '{name}'")
