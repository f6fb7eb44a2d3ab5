#!/usr/bin/env bash
# Configures and builds one preset and says how long it took.
#
#   scripts/build.sh [PRESET] [TARGET...]      PRESET: release (default), dev, asan-ubsan
#
# One compiler job per core, less where memory is short (QOPT_JOBS overrides).
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
shift || true
for tool in cmake ninja clang++-22; do
  command -v "$tool" >/dev/null || { echo "build: $tool is missing; run scripts/setup.sh" >&2; exit 1; }
done
grep -q "\"name\": \"$preset\", \"configurePreset\"" CMakePresets.json ||
  { echo "build: no preset '$preset'; there are: $(sed -n 's/.*"name": "\([^"]*\)", "configurePreset".*/\1/p' CMakePresets.json | paste -sd' ')" >&2; exit 2; }

# A file on MLIR needs up to 1.5 GB while it compiles.
jobs=$(nproc)
memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
((memory >= jobs)) || jobs=$((memory > 1 ? memory : 1))
jobs=${QOPT_JOBS:-$jobs}

begin=$SECONDS
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
ninja -C "build/$preset" -j"$jobs" "$@" | { if [[ -t 1 ]]; then cat; else grep -vE '^(\[[0-9]+/[0-9]+\]|ninja: Entering)' || true; fi; }
printf 'build: %s in %d min %d s, %d jobs\n' "$preset" $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60)) "$jobs"
