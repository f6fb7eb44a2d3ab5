#!/usr/bin/env python3
"""Times qopt beside what else runs an int8 network, in one run, slice by slice in turn.

    run.py [--models resnet18,...] [--sizes 224] [--threads 1,2] [--rounds 6] [--slice 0.5]
           [--isa NAME] [--json]

Every engine gets the same ONNX model, the same input and the same number of threads. In each
round every engine runs for one short slice, in turn, so that a slow minute of the machine hits
all of them; the figure is the minimum over all slices. What is not installed is named and left
out. `best peer` is the fastest engine that is not ours, int8 or float; ratio is its time over
ours (above 1: we are faster). --json prints {"rows": [{workload, threads, isa, ours_ms,
best_peer, best_peer_ms, ratio, engines: {name: ms}}], "cpu": ..., "missing": {name: reason}}.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
for found_in in (HERE, HERE.parent / "python", HERE.parent / "test" / "Integration"):
    sys.path.insert(0, str(found_in))

import models  # noqa: E402
import peers  # noqa: E402
from qopt import driver  # noqa: E402


class Workload:
    """One network at one size: its ONNX, an input, calibration samples, the torch model."""

    input = "x"

    def __init__(self, name, size, folder):
        import numpy as np
        self.name, self.size, self.folder = name, size, folder
        self.onnx, self.calib_file, test = models.make(name, size)
        with np.load(self.calib_file) as stored:
            self.calib = [stored["x"][i:i + 1] for i in range(min(8, len(stored["x"])))]
        with np.load(test) as stored:
            self.x = np.ascontiguousarray(stored["x"][:1])
        self.label = f"{name} {'x'.join(map(str, self.x.shape[1:]))}"

    def torch_model(self):
        """A torch model of the same structure; latency does not depend on the weights."""
        if self.name not in models.SIZED:
            raise peers.Absent("this network is no torchvision one")
        return getattr(models.torchvision_models(), self.name)(weights=None).eval()

    def program(self):
        """Quantizes and compiles once; returns the program's path."""
        stem = self.folder / f"{self.name}_{self.size}"
        quantized, program = stem.with_suffix(".mlir"), stem.with_suffix(".so")
        driver.quantize(self.onnx, self.calib_file, quantized)
        driver.compile(quantized, program)
        return program


class Ours:
    """Our own program or float network; the driver times inside its process, without Python."""

    def __init__(self, kind, path, threads, isa):
        self.name, self.kind, self.path, self.threads = "qopt", kind, path, threads
        self.env = {"QRT_ISA": isa} if isa else None
        self.isa = None

    def slice(self, seconds):
        timed = driver.bench(self.path, self.threads, 1, seconds, env=self.env)
        self.isa = timed.get("isa")
        return [timed["min_ms"]]


def engines_of(workload, threads, isa, missing):
    """Everything that can run the workload here; what cannot is written into `missing`."""
    found = [Ours("int8", workload.program(), threads, isa),
             Ours("float", workload.onnx, threads, None)]
    for peer in peers.PEERS:
        try:
            found.append(peer(workload, threads))
        except Exception as error:  # a peer's failure of any kind must not end the run
            reason = str(error).strip().splitlines() or [type(error).__name__]
            missing.setdefault(f"{peer.name} {peer.kind}", reason[0][:100])
    return found


def time_all(engines, rounds, seconds):
    """Minimum of each engine over alternating slices: {(name, kind): ms}."""
    best = {}
    for _ in range(rounds):
        for engine in engines:
            key = engine.name, engine.kind
            best[key] = min([best.get(key, float("inf")), *engine.slice(seconds)])
    return best


def row_of(workload, threads, isa, best):
    ours = best["qopt", "int8"]
    rivals = ({k: ms for k, ms in best.items() if k[0] != "qopt"} or
              {k: ms for k, ms in best.items() if k[1] == "float"})
    peer = min(rivals, key=rivals.get)
    return {"workload": workload.label, "threads": threads, "isa": isa, "ours_ms": ours,
            "best_peer": " ".join(peer), "best_peer_ms": rivals[peer],
            "ratio": rivals[peer] / ours, "engines": {" ".join(k): ms for k, ms in best.items()}}


def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else 'unknown CPU'}, {os.cpu_count()} cores"


def print_table(rows):
    width = max(len(name) for row in rows for name in row["engines"])
    for row in rows:
        print(f"\n{row['workload']}, {row['threads']} thread(s), isa {row['isa']}")
        for name, ms in row["engines"].items():
            print(f"  {name:{width}}  {ms:9.3f} ms   {ms / row['ours_ms']:5.2f} x ours")
        print(f"  best peer: {row['best_peer']}; ratio {row['ratio']:.2f}")


def in_own_process(options, threads):
    """Thread limits bind when a library is loaded, so each thread count gets a process."""
    command = [sys.executable, __file__, "--models", options.models, "--sizes", options.sizes,
               "--threads", threads, "--rounds", str(options.rounds), "--slice",
               str(options.slice), "--json"] + (["--isa", options.isa] if options.isa else [])
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout)


def measure(options, threads):
    """Rows of one thread count, in this process."""
    peers.limit_threads(threads)
    rows, missing = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models.split(","):
            for size in options.sizes.split(",") if name in models.SIZED else ["0"]:
                workload = Workload(name, int(size), pathlib.Path(folder))
                print(f"{workload.label}, {threads} thread(s) ...", file=sys.stderr, flush=True)
                engines = engines_of(workload, threads, options.isa, missing)
                best = time_all(engines, options.rounds, options.slice)
                rows.append(row_of(workload, threads, engines[0].isa, best))
    return {"cpu": cpu_name(), "rows": rows, "missing": missing}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="resnet18", help="comma list of models.py's names")
    parser.add_argument("--sizes", default="224", help="comma list, for the torchvision nets")
    parser.add_argument("--threads", default="1,2", help="comma list")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--slice", type=float, default=0.5, help="seconds of one engine's turn")
    parser.add_argument("--isa", help="QRT_ISA for our program; default the best of this CPU")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    unknown = [name for name in options.models.split(",") if name not in models.MODELS]
    if unknown:
        parser.error(f"no model named {', '.join(unknown)}; there are {', '.join(models.MODELS)}")
    counts = options.threads.split(",")
    try:
        parts = [measure(options, int(counts[0]))] if len(counts) == 1 else [
            in_own_process(options, count) for count in counts]
    except (driver.QoptError, models.Missing) as error:
        raise SystemExit(f"benchmark: {error}") from error
    result = {"cpu": parts[0]["cpu"], "rows": [row for part in parts for row in part["rows"]],
              "missing": {k: v for part in parts for k, v in part["missing"].items()}}
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(result["cpu"])
    print_table(result["rows"])
    for name, reason in result["missing"].items():
        print(f"not measured: {name}: {reason}")


if __name__ == "__main__":
    main()
