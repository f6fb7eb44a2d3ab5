#!/usr/bin/env bash
# Builds and runs every test, from a fresh clone on a bare machine too. The last line is alone and
# plain: 'N passed, N failed, N skipped'; the exit code is 0 only if nothing failed.
#
#   scripts/test.sh [--quick] [--no-setup]
#
#   --quick     without the sanitizer build
#   --no-setup  install nothing
# Tests on real data look in QOPT_TEST_DATA (default: ../shared/data) and skip where it is absent.
set -euo pipefail
cd "$(dirname "$0")/.."

quick=no setup=yes
for option in "$@"; do
  case $option in
    --quick) quick=yes ;;
    --no-setup) setup=no ;;
    -h | --help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "test: unknown option '$option'; see scripts/test.sh --help" >&2; exit 2 ;;
  esac
done

results=build/test-results
rm -rf "$results"
mkdir -p "$results"
failed=0
[[ -n ${QOPT_PYTHON-} ]] || QOPT_PYTHON=$PWD/build/venv/bin/python
export QOPT_PYTHON

section() { printf '\n== %s (after %d min)\n' "$*" $((SECONDS / 60)); }

# lit and pytest name their own cases, so they are run for their reports and not through ctest.
run_ctest() { # PRESET NAME [ctest options]
  local preset=$1 name=$2; shift 2
  ctest --test-dir "build/$preset" --output-junit "$PWD/$results/$name.xml" --output-on-failure \
    --timeout 1800 -j"$(nproc)" --progress -Q -O "$results/$name.log" "$@" || { failed=1; grep -A60 -E '\*\*\*(Failed|Timeout|Exception)|The following tests FAILED' "$results/$name.log" | tail -n 150; }
}

run_lit() { # PRESET
  lit-22 -s --no-progress-bar --xunit-xml-output="$results/lit-$1.xml" -v "build/$1/test" || failed=1
}

# Exit code 77: no Python with pytest, which is said and counted as nothing.
run_pytest() { # PRESET
  local code=0
  QOPT_BIN=$PWD/build/$1/bin/qopt QOPT_TEST_OUT=$PWD/build/$1/test/made \
    test/Integration/run.sh --junitxml="$PWD/$results/integration-$1.xml" || code=$?
  ((code == 0 || code == 77)) || failed=1
}

[[ $setup == no ]] || scripts/setup.sh
section "build release"
scripts/build.sh release
section "unit and kernel tests, checks of the source"
run_ctest release ctest-release -LE 'lit|integration'
section "lit"
run_lit release
section "integration"
run_pytest release

if [[ $quick == no ]]; then
  section "build with address and undefined-behaviour sanitizers"
  scripts/build.sh asan-ubsan
  # libMLIR itself is built without sanitizers, so neither its containers nor its allocators, which
  # our code and libMLIR use by turns, can be annotated. Tests of memory that cannot be had expect null.
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=0:allocator_may_return_null=1} UBSAN_OPTIONS=print_stacktrace=1
  section "unit and kernel tests with sanitizers"
  run_ctest asan-ubsan ctest-asan -LE 'lit|integration|source'
  section "lit with sanitizers"
  run_lit asan-ubsan
fi

section "result"
printf 'took %d min %d s\n' $((SECONDS / 60)) $((SECONDS % 60))
python3 scripts/count_tests.py "$results" || failed=1
exit "$failed"
