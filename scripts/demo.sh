#!/usr/bin/env bash
# From a bare machine to a running int8 program, in one command: installs what is missing, builds
# the compiler, trains a small network on handwritten digits, quantizes and compiles it, and
# prints one table. The same figures go to build/demo/summary.json and summary.png.
#
#   scripts/demo.sh [--data X.npz --model M.onnx] [--out DIR] [--seconds S]
#
# With --data and --model: the same for your own network (x, and y for accuracy, in X.npz).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

case ${1-} in -h | --help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac

"$root/scripts/setup.sh" --python demo
"$root/scripts/build.sh" release qopt-demo
export PYTHONPATH=$root/python${PYTHONPATH:+:$PYTHONPATH}
exec "$root/build/venv/bin/python" -m qopt.demo "$@"
