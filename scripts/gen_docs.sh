#!/usr/bin/env bash
# Writes docs/generated: reference pages of dialects, interfaces and passes, made by mlir-tblgen from
# the rows the code is made from, and ops.md, the table of ops by stage, made from what `qopt ops`
# reads in the stages' own tables.
#
#   scripts/gen_docs.sh [--check] [--no-build] [--build DIR]
#
#   --check      writes nothing; fails where the files in docs/generated are not current
#   --no-build   takes what DIR holds
#   --build DIR  build tree, default build/release
set -euo pipefail
cd "$(dirname "$0")/.."

check=no make=yes build=build/release
while (($#)); do
  case $1 in
    --check) check=yes ;;
    --no-build) make=no ;;
    --build) build=${2:?--build needs a folder}; shift ;;
    -h | --help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "gen_docs: unknown option '$1'; see scripts/gen_docs.sh --help" >&2; exit 2 ;;
  esac
  shift
done

[[ -f $build/CMakeCache.txt ]] || { echo "gen_docs: no build tree in $build; run scripts/build.sh" >&2; exit 1; }
[[ $make == no ]] || cmake --build "$build" --target qopt qopt-docs >/dev/null
[[ -x $build/bin/qopt && -f $build/docs/NN.json ]] || { echo "gen_docs: $build lacks bin/qopt or docs/NN.json; build the targets qopt and qopt-docs" >&2; exit 1; }

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$build/bin/qopt" ops --json >"$made/ops.json"
python3 scripts/ops_table.py --ops "$made/ops.json" --records "$build/docs/NN.json" --tests test --out "$made/ops.md"
rm "$made/ops.json"
while read -r page; do cp "$page" "$made"; done <"$build/docs/pages.txt"

if [[ $check == yes ]]; then
  diff -ru docs/generated "$made" || { echo "gen_docs: docs/generated is not current; run scripts/gen_docs.sh and commit what it writes" >&2; exit 1; }
else
  rm -rf docs/generated
  mkdir -p docs/generated
  cp "$made"/* docs/generated
fi
