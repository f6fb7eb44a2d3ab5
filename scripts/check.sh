#!/usr/bin/env bash
# The checks of the source itself: format, layers, sizes, names, shell scripts, and clang-tidy on
# the C++ files that differ from a branch.
#
#   scripts/check.sh [--base REF]      REF: what changed files are told by, default origin/main
set -euo pipefail
cd "$(dirname "$0")/.."

base=origin/main
case ${1-} in
  --base) base=${2:?--base needs a commit or branch} ;;
  "") ;;
  *) echo "check: unknown option '$1'" >&2; exit 2 ;;
esac

failed=0
scripts/check_format.sh || failed=1
python3 scripts/check_layers.py || failed=1
python3 test/Scripts/check_layers_test.py 2>/dev/null || { echo "check: check_layers.py fails its own test"; failed=1; }
if command -v shellcheck >/dev/null; then
  shellcheck scripts/*.sh .ci/run || failed=1
else
  echo "check: shellcheck is not installed, shell scripts unchecked"
fi

build=build/dev
[[ -f $build/compile_commands.json ]] || build=build/release
if ! command -v clang-tidy-22 >/dev/null; then
  echo "check: clang-tidy-22 is not installed, changed files unchecked"
elif [[ ! -f $build/compile_commands.json ]]; then
  echo "check: nothing is built yet, changed files unchecked by clang-tidy"
else
  git rev-parse -q --verify "$base" >/dev/null || base=HEAD~1
  mapfile -t changed < <({ git diff --name-only --diff-filter=d "$base" -- '*.cpp'; git ls-files -o --exclude-standard -- '*.cpp'; } | sort -u)
  # The precompiled header was made by the compiler, whose format clang-tidy shares only by luck.
  if ((${#changed[@]})); then
    clang-tidy-22 -quiet -p "$build" "${changed[@]}" 2>/dev/null || failed=1
  fi
fi
((failed)) || echo "check: fine"
exit "$failed"
