"""The demo: a trained float network becomes an int8 program, and one table says what that cost.

    python -m qopt.demo [--data X.npz --model M.onnx] [--out build/demo] [--seconds S]

Without --data and --model it trains a small residual network on handwritten digits; where
PyTorch is absent it takes the one that comes with the project. X.npz holds x (and y for
accuracy): the first part calibrates, the rest judges.
"""
import argparse
import json
import pathlib
import shutil
import sys
import time

import numpy as np

from . import digits, driver

CALIBRATION = 512  # samples, or half of the data where there are fewer
THREADS = (1, 2)


class Steps:
    """Progress on stderr: one line per step, with its time."""

    def __init__(self):
        self.begin = None

    def start(self, text):
        self.finish()
        print(f"  {text} ...", end="", flush=True, file=sys.stderr)
        self.begin = time.monotonic()

    def detail(self, text):
        if sys.stderr.isatty():
            print(f"\r\033[K  {text} ...", end="", flush=True, file=sys.stderr)

    def finish(self):
        if self.begin is not None:
            print(f" {time.monotonic() - self.begin:.1f} s", file=sys.stderr)
        self.begin = None


def train_quantized(network, data, out, steps):
    """A short quantization-aware training of the demo's network: accuracy of its int8 program. None where
    the native module is not built."""
    try:
        import torch as pytorch

        from . import _core  # noqa: F401  (only whether it is there)
        from . import torch as bridge
    except ImportError as missing:
        print(f"  no training with quantization: {missing}", file=sys.stderr)
        return None
    steps.start("training with quantization (PyTorch)")
    x, y, x_test, y_test = (pytorch.from_numpy(a) for a in data)
    prepared = bridge.prepare_qat(network, (x[:2],))
    optimizer = pytorch.optim.SGD(prepared.parameters(), lr=1e-3, momentum=0.9)
    for start in range(0, len(x) - 63, 64):
        loss = pytorch.nn.functional.cross_entropy(prepared(x[start:start + 64]), y[start:start + 64])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    program = bridge.convert(prepared.eval(), (x[:2],))
    program.save(out / "model_qat.so")
    return float((program(x_test).argmax(1) == y_test).float().mean())


def digits_inputs(out, steps):
    """(ONNX, calibration npz, test npz, where the network comes from, accuracy after QAT or None) of the
    built-in demo."""
    x, y, x_test, y_test = digits.load()
    calib, test, model = out / "calib.npz", out / "test.npz", out / "model.onnx"
    np.savez(calib, x=x[:CALIBRATION])
    np.savez(test, x=x_test, y=y_test)
    try:
        import torch  # noqa: F401  (only whether it is there)
    except ImportError:
        shutil.copyfile(digits.EXAMPLES / "digits.onnx", model)
        print("  PyTorch is not installed: taking examples/digits.onnx, which this project trained",
              file=sys.stderr)
        return model, calib, test, "examples/digits.onnx, trained earlier by this project", None
    steps.start("training a residual network on handwritten digits (PyTorch)")
    network = digits.train(progress=lambda text: steps.detail(f"training: {text}"))
    steps.start("exporting ONNX")
    digits.export(network, x[:2], model)
    trained = train_quantized(network, (x, y, x_test, y_test), out, steps)
    return model, calib, test, "trained just now with PyTorch", trained


def own_inputs(model, data, out):
    """The same for the user's own network and data."""
    try:
        with np.load(data) as stored:
            arrays = dict(stored)
    except (OSError, ValueError) as error:
        raise SystemExit(f"demo: cannot read {data}: {error}; expected an .npz with x, and y for "
                         "accuracy") from error
    samples = min((len(a) for a in arrays.values() if a.ndim), default=0)
    if samples < 2:
        raise SystemExit(f"demo: {data} holds {samples} samples; at least 2 are needed, some to "
                         "calibrate and some to judge")
    cut = min(CALIBRATION, samples // 2)
    calib, test = out / "calib.npz", out / "test.npz"
    np.savez(calib, **{k: a[:cut] for k, a in arrays.items() if k != "y"})
    np.savez(test, **{k: a[cut:] for k, a in arrays.items()})
    return pathlib.Path(model), calib, test, str(model), None


def measure(model, calib, test, out, seconds, steps):
    """Runs every verb once and returns the figures of the table."""
    stages, quantized, program = out / "stages", out / "int8.mlir", out / "model.so"
    shutil.rmtree(stages, ignore_errors=True)
    steps.start("quantizing")
    driver.quantize(model, calib, quantized, f"--dump-stages={stages}")
    steps.start("compiling")
    driver.compile(quantized, program)
    about = {"float": driver.run_json("info", model), "int8": driver.run_json("info", quantized)}
    figures = {"layers": {kind: about["int8"]["layers"][kind] for kind in ("int8", "float")},
               "weight_bytes": {k: info["parameters"]["bytes"] for k, info in about.items()}}
    with np.load(test) as stored:
        labelled = "y" in stored
    if labelled:
        steps.start("evaluating")
        figures["top1"] = {"float": driver.evaluate(model, test)["top1"],
                           "int8": driver.evaluate(program, test)["top1"]}
    steps.start("comparing the simulation with the program")
    tensors = driver.compare(simulation(stages), program, test)
    figures["codes_differ"] = sum(t["codes_differ"] or 0 for t in tensors)
    figures["tensors_compared"] = sum(t["codes_differ"] is not None for t in tensors)
    figures["elements_compared"] = sum(t["elements"] for t in tensors
                                       if t["codes_differ"] is not None)
    figures["bytes"] = {"float": model.stat().st_size, "int8": program.stat().st_size}
    figures["latency_ms"] = {}
    for threads in THREADS:
        steps.start(f"timing with {threads} thread{'s' if threads > 1 else ''}")
        timed = {kind: driver.bench(path, threads, 1, seconds)
                 for kind, path in (("float", model), ("int8", program))}
        # The fastest call: what the machine can do, whatever else it is busy with.
        figures["latency_ms"][str(threads)] = {k: t["min_ms"] for k, t in timed.items()}
        figures["isa"] = timed["int8"]["isa"]
    steps.finish()
    return figures


def simulation(stages):
    """The calibrated graph with its observers: the f64 simulation runs on this one."""
    found = sorted(stages.glob("*calibrate*.mlir")) or sorted(stages.glob("*prepare*.mlir"))
    if not found:
        raise SystemExit(f"demo: quantize left no calibrated stage in {stages}")
    return found[-1]


def table(figures):
    """The figures as rows (label, float, int8, note)."""
    rows = []
    if "top1" in figures:
        top1 = figures["top1"]
        rows.append(("accuracy (top-1)", f"{100 * top1['float']:.2f} %", f"{100 * top1['int8']:.2f} %",
                     f"{100 * (top1['int8'] - top1['float']):+.2f} points"))
        if "qat" in top1:
            rows.append(("accuracy after QAT", "", f"{100 * top1['qat']:.2f} %",
                         f"{100 * (top1['qat'] - top1['float']):+.2f} points, one epoch of qopt.torch"))
    size = figures["bytes"]
    weights = figures["weight_bytes"]
    rows.append(("weights", kilobytes(weights["float"]), kilobytes(weights["int8"]),
                 f"{weights['float'] / weights['int8']:.1f}x smaller"))
    rows.append(("model size", kilobytes(size["float"]), kilobytes(size["int8"]),
                 "ONNX; program with kernels and weights for each ISA"))
    for threads, ms in figures["latency_ms"].items():
        rows.append((f"latency, {threads} thread{'s' if threads != '1' else ''}",
                     f"{ms['float']:.3f} ms", f"{ms['int8']:.3f} ms",
                     f"{ms['float'] / ms['int8']:.1f}x faster, {figures['isa']}"))
    layers = figures["layers"]
    rows.append(("layers", f"{layers['float']} float", f"{layers['int8']} int8", "of the int8 program"))
    rows.append(("codes that differ", "", f"{figures['codes_differ']}",
                 f"simulation and program, {figures['tensors_compared']} tensors, "
                 f"{figures['elements_compared']} codes"))
    return rows


def kilobytes(count):
    return f"{count / 1024:.0f} KB"


def render(rows):
    """Rows as text with aligned columns."""
    head = ("", "float", "int8", "")
    width = [max(len(r[i]) for r in [head, *rows]) for i in range(4)]
    line = "  ".join("-" * w for w in width)
    text = [f"{r[0]:{width[0]}}  {r[1]:>{width[1]}}  {r[2]:>{width[2]}}  {r[3]}".rstrip()
            for r in [head, *rows]]
    return "\n".join([text[0], line, *text[1:]])


def picture(figures, path):
    """Draws accuracy, size and latency side by side; returns whether matplotlib was there."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot
    panels = [("weights, KB", ["float", "int8"], [b / 1024 for b in figures["weight_bytes"].values()])]
    if "top1" in figures:
        panels.insert(0, ("accuracy, %", ["float", "int8"], [100 * figures["top1"][k] for k in ("float", "int8")]))
    labels, values = [], []
    for threads, ms in figures["latency_ms"].items():
        labels += [f"float\n{threads} thr.", f"int8\n{threads} thr."]
        values += [ms["float"], ms["int8"]]
    panels.append(("latency, ms", labels, values))
    figure, axes = pyplot.subplots(1, len(panels), figsize=(3.4 * len(panels), 3.2))
    for axis, (title, names, heights) in zip(axes, panels):
        colours = ["#8a8f98", "#2f6fb3"] * (len(names) // 2)
        bars = axis.bar(range(len(names)), heights, color=colours, width=0.65)
        axis.bar_label(bars, fmt="%.3g", padding=2)
        axis.set_xticks(range(len(names)), names)
        axis.set_title(title)
        axis.margins(y=0.15)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{figures['codes_differ']} of {figures['elements_compared']} codes differ between "
                    f"simulation and program ({figures['isa']})", fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=140)
    pyplot.close(figure)
    return True


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help=".npz with x, and y for accuracy")
    parser.add_argument("--model", help="float ONNX")
    parser.add_argument("--out", type=pathlib.Path, default=driver.ROOT / "build" / "demo")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each latency measurement")
    options = parser.parse_args()
    if bool(options.data) != bool(options.model):
        parser.error("--data and --model belong together: a network, and data that it takes")
    options.out.mkdir(parents=True, exist_ok=True)
    steps = Steps()
    try:
        if options.model:
            model, calib, test, source, qat = own_inputs(options.model, options.data, options.out)
        else:
            model, calib, test, source, qat = digits_inputs(options.out, steps)
        figures = {"model": source, **measure(model, calib, test, options.out, options.seconds, steps)}
        if qat is not None:
            figures["top1"]["qat"] = qat
    except driver.QoptError as error:
        print(file=sys.stderr)
        raise SystemExit(f"demo: {' '.join(error.command)}\n{error}") from error
    print(f"\n{render(table(figures))}\n")
    summary = options.out / "summary.json"
    summary.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    drawn = picture(figures, options.out / "summary.png")
    print(f"same figures: {summary}" + (f", {options.out / 'summary.png'}" if drawn else ""))
    return 1 if figures["codes_differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
