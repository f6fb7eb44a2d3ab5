"""Calibration of a module in memory from batches of arrays."""
import sys

from . import _native

try:
    from ._core import Calibration, Diagnostic, Module
except ImportError as error:
    raise ImportError(_native.missing(error)) from error


def calibrate(module: Module, batches, progress=None) -> list[Diagnostic]:
    """Runs batches through a prepared module, which is then calibrated; returns remarks.

    `batches` yields {input name: float32 array} or, for a single input, arrays, with the samples
    along dimension 0. `progress(samples)` is called after each batch; without it a counter is shown
    on a terminal. Errors (qopt.Error): no samples, wrong names or shapes, NaN or infinity.
    """
    calibration, samples = Calibration(module), 0
    show = progress or (_count if sys.stderr.isatty() else None)
    for batch in batches:
        calibration.add(batch)
        samples += len(next(iter(batch.values())) if isinstance(batch, dict) else batch)
        if show:
            show(samples)
    if show is _count:
        print(file=sys.stderr)
    return calibration.finish()


def _count(samples):
    print(f"\rcalibrate: {samples} samples", end="", file=sys.stderr, flush=True)
