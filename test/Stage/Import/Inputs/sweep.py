"""Runs every pass and pipeline of qopt on every case of a file: each run ends, and ends by itself.

  sweep.py CASES.mlir

A pass may refuse a case: exit code 1 with an error. Signals, other codes and runs of more than a minute
fail.
"""
import re
import subprocess
import sys


def passes():
    """The names that the driver's help lists under passes and pipelines."""
    text = subprocess.run(["qopt", "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^      --([\w-]+)", text, re.MULTILINE)


def main():
    bad, names = [], passes()
    for name in names:
        run = subprocess.run(["qopt", sys.argv[1], f"--{name}", "--split-input-file", "-o", "/dev/null"],
                             capture_output=True, text=True, timeout=60, check=False)
        if run.returncode not in (0, 1) or (run.returncode == 1 and "error:" not in run.stderr):
            bad.append(f"--{name}: exit code {run.returncode}\n{run.stderr[-2000:]}")
    print("\n".join(bad) or f"{len(names)} passes ended by themselves")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
