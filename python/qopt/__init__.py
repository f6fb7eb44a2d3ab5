"""qopt from Python: a thin front of the `qopt` driver. No algorithm lives here."""
from .driver import QoptError, bench, binary, compare, compile, evaluate, quantize, run, run_json

__all__ = ["QoptError", "bench", "binary", "compare", "compile", "evaluate", "quantize", "run",
           "run_json"]
