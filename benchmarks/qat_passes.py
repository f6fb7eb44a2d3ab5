#!/usr/bin/env python3
"""Preparing and converting for QAT beside PyTorch's own: qopt's passes, and torch.ao's FX, in one run.

    qat_passes.py [--model resnet50] [--rounds 5] [--threads 2] [--parts] [--json FILE]

Rows: qopt's own passes, from the exported graph to the converted module (import, fuse, configure,
prepare; trained values in, settle, convert), without torch.export and code generation; the same with
both (qopt.torch.prepare_qat and convert); torch.ao's prepare_qat_fx and convert_fx. Each figure is the
least of --rounds rounds, wall clock and processor time. --parts lists the passes. Needs torch and
torchvision.
"""
import argparse
import copy
import json
import pathlib
import sys
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "test" / "Integration")]

import models  # noqa: E402


class Clock:
    """Sums wall and processor time of named parts."""

    def __init__(self):
        self.parts = {}

    def __call__(self, name, call, *args):
        wall, cpu = time.perf_counter(), time.process_time()
        result = call(*args)
        self.parts[name] = (1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu))
        return result

    def total(self):
        return tuple(map(sum, zip(*self.parts.values())))


def own_passes(exported, prepared):
    """One round of qopt's own passes; `prepared` holds the trained values."""
    from qopt import Builder
    from qopt.torch import native, qconfig
    from qopt.torch.convert import trained_module
    from qopt.torch.importer import import_graph
    clock = Clock()
    imported = clock("import", import_graph, exported, Builder)
    config = qconfig.to_json(None, True, None)
    clock("fuse", imported.module.run, native.FUSE)
    clock("qconfig", imported.module.configure, config, "x86")
    clock("prepare", imported.module.run, native.PREPARE)
    module = clock("trained values", trained_module, prepared)
    clock("settle", module.run, native.SETTLE)
    clock("convert", module.run, native.CONVERT)
    return clock


def whole(model, x):
    """One round of the calls that users make; the observation between them is not counted."""
    import qopt.torch
    clock = Clock()
    prepared = clock("prepare_qat", qopt.torch.prepare_qat, model, x)
    prepared(x)
    clock("convert", qopt.torch.convert, prepared, x)
    return clock


def fx(model, x):
    """The same with torch.ao."""
    from torch.ao.quantization import get_default_qat_qconfig_mapping
    from torch.ao.quantization.quantize_fx import convert_fx, prepare_qat_fx
    clock = Clock()
    model = copy.deepcopy(model).train()
    prepared = clock("prepare_qat_fx", prepare_qat_fx, model, get_default_qat_qconfig_mapping("x86"), (x,))
    prepared(x)
    clock("convert_fx", convert_fx, prepared.eval())
    return clock


def measure(torch, model, x, rounds):
    """{row: [Clock of each round]}, in turns."""
    import qopt.torch
    from qopt.torch.export import export
    prepared = qopt.torch.prepare_qat(model, x)
    prepared(x)
    exported = export(model, x)
    calls = {"qopt, own passes": lambda: own_passes(exported, prepared),
             "qopt, with export and code": lambda: whole(model, x),
             "torch.ao FX": lambda: fx(model, x)}
    taken = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(call())
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=64, help="of the example image")
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch")
    parser.add_argument("--parts", action="store_true", help="list the parts of each row")
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    try:
        torch, zoo = models.torch_or_missing(), models.torchvision_models()
    except models.Missing as reason:
        raise SystemExit(f"qat_passes: {reason}") from reason
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = getattr(zoo, options.model)().train()
    taken = measure(torch, model, torch.randn(2, 3, options.size, options.size), options.rounds)
    figures = {}
    print(f"{options.model}: {'wall':>28} {'processor':>12}")
    for name, rounds in taken.items():
        best = min(rounds, key=lambda clock: clock.total())
        figures[name] = {"wall_ms": best.total()[0], "cpu_ms": best.total()[1], "parts": best.parts}
        print(f"{name:28} {best.total()[0]:8.1f} ms {best.total()[1]:9.1f} ms")
        for part, (wall, cpu) in best.parts.items() if options.parts else ():
            print(f"    {part:24} {wall:8.1f} ms {cpu:9.1f} ms")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
