#!/usr/bin/env python3
"""Times qopt beside what else runs an int8 network, in one run, slice by slice in turn.

    run.py [--rows resnet18@32,...] [--threads 1,2] [--quick] [--prepare] [--rounds 6]
           [--slice 0.5] [--engines WORD,...] [--isa NAME] [--json]

Rows are MODEL[@SIZE][xBATCH]; without --rows all of the project's table run, each with its
numbers of threads. Every engine gets the same ONNX, the same input and the same number of
threads, all called from Python in one process per row. In each round every engine runs for one
short slice, in turn, so that a slow minute of the machine hits all of them. A figure is the
median over the rounds of the median call of a slice. What is not installed is named and left out.
`best peer` is the fastest engine that is not ours, int8 or float; ratio is its time over ours
(above 1: we are faster). SQNR is that of the engine's outputs against the float network's, in dB.
Cold start (file to first result, libraries loaded) and memory are those of a fresh process.

--prepare makes networks, programs and the peers' quantized forms, and stops; a later run finds
them. --quick: short slices, two small rows. --json prints {"rows": [{workload, threads, isa,
ours_ms, best_peer, best_peer_ms, ratio, floor, goal, engines: {name: {ms, min_ms, sqnr_db,
cold_ms, peak_mb, file_mb}}}], "cpu": ..., "missing": {name: reason}}.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import workloads  # noqa: E402  (after the path that finds it)
import peers  # noqa: E402
from qopt import driver  # noqa: E402


def slice_of(engine, seconds):
    """Median and minimum of the calls of some seconds, in milliseconds."""
    engine.run()  # back into the caches
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        engine.run()
        times.append((time.perf_counter() - begin) * 1e3)
    return median(times), min(times)


def median(values):
    return sorted(values)[len(values) // 2]


def files_of(workload, options, missing):
    """{engine: its file}; what cannot be made here is written into `missing`."""
    found = {}
    for engine in peers.engines(options.isa):
        if options.engines and not any(word in engine.key() for word in options.engines):
            continue
        try:
            found[engine] = engine.path(workload)
        except (driver.QoptError, workloads.models.Missing):
            raise
        except Exception as error:  # a peer's failure of any kind must not end the run
            reason = str(error).strip().splitlines() or [type(error).__name__]
            missing[engine.key()] = reason[0][:100]
    return found


def open_all(files, buffer, threads, missing):
    opened = []
    for engine, path in files.items():
        try:
            engine.open(path, buffer, threads)
            engine.run()
            opened.append(engine)
        except Exception as error:  # as above; but ours must run
            if engine.name == "qopt":
                raise
            reason = str(error).strip().splitlines() or [type(error).__name__]
            missing[engine.key()] = reason[0][:100]
    return opened


def sqnr(reference, outputs):
    import numpy as np
    noise = np.square(outputs - reference, dtype=np.float64).sum()
    if not noise:
        return float("inf")
    return float(10 * np.log10(np.square(reference, dtype=np.float64).sum() / noise))


def judge(engines, workload, buffer):
    """{engine: SQNR of its outputs against the float network's, as our float program runs it}."""
    import numpy as np
    results = {engine: [] for engine in engines}
    for batch in workload.batches():
        buffer[...] = batch
        for engine in engines:
            engine.run()
            results[engine].append(np.array(engine.output(), np.float64))
    reference = next((engine for engine in engines if engine.kind == "float"), None)
    if reference is None:
        return {}
    return {engine: sqnr(np.concatenate(results[reference]), np.concatenate(result))
            for engine, result in results.items() if engine is not reference}


def time_all(engines, rounds, seconds):
    """{engine: (median of the slices' medians, minimum of all)} over alternating slices."""
    slices = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            slices[engine].append(slice_of(engine, seconds))
    return {engine: (median([m for m, _ in got]), min(low for _, low in got))
            for engine, got in slices.items()}


def start_cold(engine, path, workload, threads, isa):
    """Cold start and memory in fresh processes: the median start of three."""
    shape = "x".join(map(str, (workload.batch, *workload.samples.shape[1:])))
    command = [sys.executable, str(HERE / "once.py"), engine.key(), str(path), shape, str(threads)]
    runs = [json.loads(subprocess.run(command + (["--isa", isa] if isa else []), check=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
            for _ in range(3)]
    return sorted(runs, key=lambda run: run["cold_ms"])[1]


def describe(engine, path, timed, quality, cold):
    found = {"ms": timed[0], "min_ms": timed[1], **cold,
             "file_mb": sum(f.stat().st_size for f in engine.files(path)) / 1e6}
    if quality is not None:
        found["sqnr_db"] = quality
    return found


def row_of(workload, threads, options, missing):
    """Measures one row in this process; None where it was only prepared."""
    import numpy as np
    print(f"{workload.row}, {threads} thread(s) ...", file=sys.stderr, flush=True)
    files = files_of(workload.make(), options, missing)
    if options.prepare:
        return None
    buffer = np.zeros((workload.batch, *workload.samples.shape[1:]), np.float32)
    engines = open_all(files, buffer, threads, missing)
    quality = judge(engines, workload, buffer)
    timed = time_all(engines, options.rounds, options.slice)
    colds = {} if options.no_cold else {
        e: start_cold(e, files[e], workload, threads, options.isa) for e in engines}
    ours = next(e for e in engines if e.name == "qopt" and e.kind == "int8")
    rivals = ([e for e in engines if e.name != "qopt"] or [e for e in engines if e is not ours] or
              [ours])
    best = min(rivals, key=lambda e: timed[e][0])
    row = {"workload": workload.row, "threads": threads, "isa": ours.isa,
           "ours_ms": timed[ours][0], "best_peer": best.key(), "best_peer_ms": timed[best][0],
           "ratio": timed[best][0] / timed[ours][0],
           "engines": {e.key(): describe(e, files[e], timed[e], quality.get(e), colds.get(e, {}))
                       for e in engines}}
    target = workload.target(ours.isa)
    if target:
        row["floor"], row["goal"] = target
    return row


def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else 'unknown CPU'}, {os.cpu_count()} cores"


def column(figures, name, form):
    return form.format(figures[name]) if name in figures else ""


def print_row(row):
    width = max(map(len, row["engines"]))
    print(f"\n{row['workload']}, {row['threads']} thread(s), isa {row['isa']}\n"
          f"  {'':{width}}  median ms  of ours  SQNR dB   cold ms  peak MB  file MB")
    for name, figures in row["engines"].items():
        print(f"  {name:{width}}  {figures['ms']:9.3f}  {figures['ms'] / row['ours_ms']:6.2f}x  "
              f"{column(figures, 'sqnr_db', '{:7.1f}'):>7}  {column(figures, 'cold_ms', '{:8.2f}'):>8}  "
              f"{column(figures, 'peak_mb', '{:7.1f}'):>7}  {figures['file_mb']:7.1f}")
    target = f"; floor {row['floor']}, goal {row['goal']}" if "floor" in row else ""
    print(f"  best peer: {row['best_peer']}; ratio {row['ratio']:.2f}{target}", flush=True)


def parts_of(options):
    """(workload, threads) of each row that was asked for."""
    rows = options.rows or (workloads.QUICK if options.quick else list(workloads.ROWS))
    for row in rows:
        workload = workloads.Workload(row)
        for threads in options.threads or workload.threads:
            yield workload, threads


def in_own_process(workload, threads, options):
    """Thread limits bind when a library is loaded, so each part gets a process."""
    command = [sys.executable, __file__, "--rows", workload.row, "--threads", str(threads),
               "--rounds", str(options.rounds), "--slice", str(options.slice), "--json",
               *(["--engines", ",".join(options.engines)] if options.engines else []),
               *(["--isa", options.isa] if options.isa else []),
               *(["--no-cold"] if options.no_cold else []),
               *(["--prepare"] if options.prepare else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout)


def measure(workload, threads, options):
    peers.limit_threads(threads)
    missing = {}
    row = row_of(workload, threads, options, missing)
    return {"cpu": cpu_name(), "rows": [row] if row else [], "missing": missing}


def parse():
    words = lambda text: text.split(",")
    numbers = lambda text: [int(word) for word in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=words, metavar="ROW,...",
                        help=f"default: {','.join(workloads.ROWS)}")
    parser.add_argument("--threads", type=numbers, metavar="N,...", help="default: the row's")
    parser.add_argument("--quick", action="store_true",
                        help=f"2 rounds of 0.1 s without cold starts; {','.join(workloads.QUICK)}")
    parser.add_argument("--prepare", action="store_true", help="make what is run, and stop")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--slice", type=float, help="seconds of one engine's turn (0.5)")
    parser.add_argument("--engines", type=words, metavar="WORD,...",
                        help="only engines with one of these words in their names")
    parser.add_argument("--no-cold", action="store_true", help="no cold starts")
    parser.add_argument("--isa", help="of our program; default the best of this CPU")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 6)
    options.slice = options.slice or (0.1 if options.quick else 0.5)
    options.no_cold = options.no_cold or options.quick
    return options


def run(options):
    parts = list(parts_of(options))
    result = {"cpu": cpu_name(), "rows": [], "missing": {}}
    if not options.json:
        print(result["cpu"], flush=True)
    for workload, threads in parts:
        part = (measure if len(parts) == 1 else in_own_process)(workload, threads, options)
        result["rows"] += part["rows"]
        result["missing"].update(part["missing"])
        if not options.json:
            for row in part["rows"]:
                print_row(row)
    return result


def main():
    options = parse()
    try:
        result = run(options)
    except (driver.QoptError, workloads.models.Missing, workloads.BadRow) as error:
        raise SystemExit(f"benchmark: {error}") from error
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for name, reason in result["missing"].items():
        print(f"not measured: {name}: {reason}")


if __name__ == "__main__":
    main()
