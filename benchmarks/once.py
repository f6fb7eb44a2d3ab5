#!/usr/bin/env python3
"""One engine in a fresh process: time from its file to the first result, and memory.

    once.py ENGINE FILE SHAPE THREADS [--isa NAME]        SHAPE as 1x3x32x32

Libraries and Python modules are imported before the clock runs. Prints
{"cold_ms": file to first result, "peak_mb": most memory above what the imports took}.
"""
import argparse
import json
import pathlib
import time

import numpy as np

import peers


def memory(field):
    """A line of this process's status, in MB."""
    for line in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {field} in /proc/self/status")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine")
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("shape")
    parser.add_argument("threads", type=int)
    parser.add_argument("--isa")
    options = parser.parse_args()
    peers.limit_threads(options.threads)
    engine = {e.key(): e for e in peers.engines(options.isa)}[options.engine]
    engine.load_modules()
    buffer = np.zeros([int(size) for size in options.shape.split("x")], np.float32)
    pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    before, begin = memory("VmRSS"), time.perf_counter()
    engine.open(options.file, buffer, options.threads)
    engine.run()
    cold = time.perf_counter() - begin
    for _ in range(3):
        engine.run()
    print(json.dumps({"cold_ms": cold * 1e3, "peak_mb": memory("VmHWM") - before}))


if __name__ == "__main__":
    main()
