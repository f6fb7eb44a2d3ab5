#!/usr/bin/env bash
# Runs integration tests with the project's Python; exit code 77 (skipped) where it has no pytest.
#   QOPT_BIN=.../bin/qopt test/Integration/run.sh FILE... [pytest options]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${QOPT_PYTHON:-$here/../../build/venv/bin/python}
if ! "$python" -c 'import pytest' 2>/dev/null; then
  echo "skipped: no Python with pytest; run scripts/setup.sh or set QOPT_PYTHON"
  exit 77
fi
cd "$here"
exec "$python" -m pytest -q -rs -p no:cacheprovider "$@"
