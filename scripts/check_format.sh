#!/usr/bin/env bash
# Checks that every C and C++ file is formatted by .clang-format; --fix rewrites those that are not.
#
#   scripts/check_format.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang-format-22 >/dev/null || { echo "format: clang-format-22 is missing; run scripts/setup.sh" >&2; exit 1; }
# Without git (an unpacked archive) every file counts.
mapfile -t files < <({ git ls-files -co --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -printf '%P\n'; } |
  grep -E '\.(c|h|cpp)$' | while IFS= read -r file; do [[ -f $file ]] && printf '%s\n' "$file"; done)
((${#files[@]})) || exit 0

case ${1-} in
  --fix) clang-format-22 -i "${files[@]}" ;;
  "")
    if ! clang-format-22 --dry-run --Werror "${files[@]}" 2>&1 | { grep -E 'error: code' || true; } | cut -d: -f1 | sort | uniq -c |
      awk '{ bad = 1; printf "format: %s has %d places to mend\n", $2, $1 } END { exit bad }'; then
      echo "format: mend them with scripts/check_format.sh --fix"
      exit 1
    fi
    echo "format: ${#files[@]} files fine" ;;
  *) echo "format: unknown option '$1'" >&2; exit 2 ;;
esac
