"""Runs the `qopt` driver: the one place in Python that knows where it lies and how it fails.

Nothing is computed here; every call is one command line, so what a script does can be
repeated by hand (set QOPT_ECHO=1 to see the commands).
"""
import contextlib
import json as _json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


class QoptError(RuntimeError):
    """The driver refused; the message is what it printed."""

    def __init__(self, command, code, message):
        super().__init__(message or f"{command[0]} ended with exit code {code} and said nothing")
        self.command, self.code = command, code


def binary():
    """Path of the driver: QOPT_BIN, else the package's own, else the build's, else PATH's."""
    named = os.environ.get("QOPT_BIN")
    if named:
        if not os.access(named, os.X_OK):
            raise QoptError([named], 127, f"QOPT_BIN names {named}, which is not a program")
        return named
    builds = [ROOT / "build" / preset for preset in ("release", "dev")]
    for folder in (pathlib.Path(__file__).parent, *builds):
        if os.access(folder / "bin" / "qopt", os.X_OK):
            return str(folder / "bin" / "qopt")
    found = shutil.which("qopt")
    if found:
        return found
    raise QoptError(["qopt"], 127, "the driver is not built yet; run scripts/build.sh")


def main():
    """The command `qopt` of an installed package."""
    driver = binary()
    os.execv(driver, [driver, *sys.argv[1:]])


def run(*arguments, env=None, check=True, timeout=None):
    """Runs `qopt ARGUMENTS` and returns the finished process (stdout and stderr as text)."""
    command = [binary(), *map(str, arguments)]
    if os.environ.get("QOPT_ECHO"):
        print("+", " ".join(command), file=sys.stderr)
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False,
                          env={**os.environ, **(env or {})})
    if check and done.returncode != 0:
        raise QoptError(command, done.returncode, done.stderr.strip())
    return done


def run_json(*arguments, **options):
    """Runs `qopt ARGUMENTS --json` and returns what it printed, parsed."""
    done = run(*arguments, "--json", **options)
    try:
        return _json.loads(done.stdout)
    except ValueError as error:
        raise QoptError([binary(), *map(str, arguments)], 0,
                        f"--json printed something else: {done.stdout[:200]!r}") from error


def quantize(model, calib, out, *options):
    """Float ONNX and calibration data to a quantized module (.mlir); returns its path.

    `calib` is an .npz file, one array (for a model of one input), or {input name: array}; None where
    all quantization is dynamic (the configuration in `options`).
    `options` are further words of the command line, such as "--target", "arm".
    """
    if calib is None:
        run("quantize", model, "-o", out, *options)
        return out
    with as_npz(calib) as data:
        run("quantize", model, "--calib", data, "-o", out, *options)
    return out


@contextlib.contextmanager
def as_npz(data):
    """Path of an .npz with the data, which is one already or arrays in memory."""
    if isinstance(data, (str, os.PathLike)):
        yield data
        return
    import numpy
    arrays = data if isinstance(data, dict) else {"x": numpy.asarray(data)}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "data.npz"
        numpy.savez(path, **arrays)
        yield path


def compile(module, out, *options):  # the verb's own name
    """Quantized module to a program (.so); returns its path."""
    run("compile", module, "-o", out, *options)
    return out


def evaluate(model, data, *options, **keywords):
    """Top-1 accuracy on .npz data with arrays x and y: {"top1", "samples"}."""
    return run_json("eval", model, "--data", data, *options, **keywords)


def compare(a, b, data, *options, **keywords):
    """Tensor by tensor: [{"name", "elements", "codes_differ", "sqnr_db", "max_error", ...}].

    Codes that differ are a result here, not an error, though the driver's exit code says 1.
    """
    done = run("compare", a, b, "--data", data, "--json", *options, check=False, **keywords)
    try:
        return _json.loads(done.stdout)["tensors"]
    except (ValueError, KeyError) as error:
        raise QoptError([binary(), "compare", str(a), str(b)], done.returncode,
                        done.stderr.strip()) from error


def bench(model, threads=1, batch=None, seconds=1.0, **keywords):
    """Latency of one call: {"min_ms", "median_ms", "isa"}."""
    options = ["--threads", threads, "--seconds", seconds]
    if batch:
        options += ["--batch", batch]
    return run_json("bench", model, *options, **keywords)
