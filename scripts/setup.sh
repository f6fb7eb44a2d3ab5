#!/usr/bin/env bash
# Installs what is missing to build, test and demonstrate qopt on Debian 12: system packages with
# apt (as root), Python packages with pip into build/venv. Says first what and how big; quiet when
# nothing is missing.
#
#   scripts/setup.sh [--python none|demo|all] [--no-optional] [--browser]
#
#   --python       none: only what the compiler needs; demo: what scripts/demo.sh needs;
#                  all (default): what the integration tests need too
#   --no-optional  leave out cross compiler, emulators, PyTorch and IREE
#   --browser      Chromium too, for the tests of the report's page (they are skipped without)
#
# PIP_* variables and pip's own configuration hold: PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL and the
# like say where packages come from (see README.md for PyTorch's CPU build).
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=build/venv
# What lit and the tests skip without these is said at the end of this script.
readonly APT_NEEDED=(ca-certificates git cmake ninja-build ccache pkg-config
  clang-22 lld-22 libclang-rt-22-dev clang-format-22
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools libpolly-22-dev
  zlib1g-dev libzstd-dev libzip-dev nlohmann-json3-dev libgtest-dev libdnnl-dev
  libprotobuf-dev protobuf-compiler libonnx-dev libgomp1 python3 python3-dev python3-venv)
APT_OPTIONAL=(g++-aarch64-linux-gnu qemu-user libsimde-dev)
readonly PIP_DEMO=(numpy onnx scikit-learn matplotlib nanobind)
readonly PIP_ALL=(onnxruntime onnxscript pillow pytest scikit-build-core)
readonly TORCH=torch==2.13.0

python=all
optional=yes
pip_reason= # what pip said when a package could not be had

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; }
say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

while (($#)); do
  case $1 in
    --python) [[ ${2-} =~ ^(none|demo|all)$ ]] || fail "--python takes none, demo or all"
              python=$2; shift ;;
    --no-optional) optional=no ;;
    --browser) APT_OPTIONAL+=(chromium) ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown option '$1'; see scripts/setup.sh --help" ;;
  esac
  shift
done

# Those of the named Debian packages that are not installed.
apt_missing() {
  dpkg-query -W -f='${db:Status-Status} ${binary:Package} ${Package}\n' "$@" 2>/dev/null |
    awk -v want="$*" '$1 == "installed" { have[$3] = 1 }
      END { n = split(want, w, " "); for (i = 1; i <= n; i++) if (!(w[i] in have)) print w[i] }'
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 "$@"; }

# Sizes as apt itself counts them; it stops before doing anything.
apt_size() {
  LC_ALL=C apt_get install --assume-no --no-install-recommends "$@" 2>/dev/null |
    sed -n 's/^Need to get \(.*\) of archives\./\1 to download/p
            s/^After this operation, \(.*\) of additional disk space will be used\./\1 on disk/p' |
    paste -sd, | sed 's/,/, /'
}

apt_install() { # LABEL PACKAGES...
  local label=$1 log; shift
  say "$label: $# system packages ($(apt_size "$@")): $*"
  log=$(mktemp)
  if apt_get install -y -qq --no-install-recommends "$@" >"$log" 2>&1; then rm -f "$log"; return 0; fi
  tail -n 5 "$log" >&2; rm -f "$log"
  return 1
}

setup_apt() {
  command -v apt-get >/dev/null || { tools_without_apt; return; }
  local needed wanted=()
  mapfile -t needed < <(apt_missing "${APT_NEEDED[@]}")
  [[ $optional == no ]] || mapfile -t wanted < <(apt_missing "${APT_OPTIONAL[@]}")
  ((${#needed[@]} + ${#wanted[@]})) || return 0
  if ((EUID != 0)); then
    ((${#needed[@]})) || { say "without root, these stay out: ${wanted[*]} (tests that need them will be skipped)"; return 0; }
    fail "these system packages are missing and installing them needs root: ${needed[*]}
       run 'sudo scripts/setup.sh --python none' once, then this again"
  fi
  apt_get update -qq >/dev/null 2>&1 || say "apt could not refresh its lists; going on with those it has"
  if ((${#needed[@]})); then
    apt-cache show clang-22 >/dev/null 2>&1 ||
      fail "apt knows no clang-22: it comes with Debian 12's security suite; check the network and the apt sources"
    apt_install "needed" "${needed[@]}" || fail "apt could not install them; is there a network?"
  fi
  if ((${#wanted[@]})) && ! apt_install "for optional tests" "${wanted[@]}"; then
    say "skipped: ${wanted[*]}; tests that need them will be skipped"
  fi
}

# Not Debian: nothing is installed, but what is missing is named.
tools_without_apt() {
  local tool missing=()
  for tool in git cmake ninja clang-22 ld.lld-22 python3; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) || fail "there is no apt-get here to install what is missing: ${missing[*]}
       (Debian's names of all packages stand at the top of scripts/setup.sh)"
}

pip_quiet() { "$VENV/bin/python" -m pip --disable-pip-version-check "$@"; }

# Those of the requirements that the venv lacks and that were not given up on before.
pip_missing() {
  "$VENV/bin/python" - "$VENV/skipped" "$@" <<'PY'
import importlib.metadata as metadata, pathlib, sys
record = pathlib.Path(sys.argv[1])
skipped = record.read_text().split() if record.exists() else []
for wanted in sys.argv[2:]:
    name, _, version = wanted.partition("==")
    try:
        have = metadata.version(name).partition("+")[0]
    except metadata.PackageNotFoundError:
        have = None
    if (have is None or version and have != version) and wanted not in skipped:
        print(wanted)
PY
}

pip_skip() { # PACKAGE REASON: remembered, so that later runs do not try again
  say "skipped: $1, $2 (remove $VENV/skipped to try again)"
  printf '%s\n' "$1" >>"$VENV/skipped"
}

# 0 installed, 1 not to be had (pip_reason says why, in pip's words), 3 would be a CUDA build
pip_install() { # PACKAGES...
  local report size code=0
  report=$(mktemp)
  if ! pip_reason=$(pip_quiet install -q --dry-run --report "$report" "$@" 2>&1); then
    pip_reason=$(grep -m1 -oE '(ERROR|SSLError|error): ?.*' <<<"$pip_reason" | cut -c1-200) || true
    rm -f "$report"; return 1
  fi
  size=$("$VENV/bin/python" scripts/pip_size.py "$report") || code=$?
  rm -f "$report"
  ((code == 0)) || return "$code"
  say "Python into $VENV ($size): $*"
  pip_reason=$(pip_quiet install -q "$@" 2>&1) || { pip_reason=${pip_reason##*ERROR: }; return 1; }
}

setup_torch() {
  local code=0
  [[ -n $(pip_missing "$TORCH") ]] || return 0
  pip_install "$TORCH" || code=$?
  case $code in
    0) ;;
    3) pip_skip "$TORCH" "only the CUDA build (gigabytes) was found; README.md says how to get the CPU build" ;;
    *) pip_skip "$TORCH" "it could not be had from where pip looks (${pip_reason:-pip gave no reason}); the demo takes the network that comes with it" ;;
  esac
}

# Packages without what they ask for: torchvision's wheels name one torch, though only its model
# definitions are used; the others need nothing that is not here.
setup_alone() { # PACKAGE SIZE WHAT_FOR
  [[ -n $(pip_missing "$1") ]] || return 0
  say "Python into $VENV (about $2): $1, for $3"
  pip_quiet install -q --no-deps "$1" >/dev/null 2>&1 ||
    pip_skip "$1" "it could not be had; tests with it will be skipped"
}

# For tests of networks in other dialects; it needs nothing that is not here.
setup_torch_mlir() {
  [[ -n $(pip_missing torch-mlir) ]] && "$VENV/bin/python" -c 'import torch' 2>/dev/null || return 0
  say "Python into $VENV (about 80 MB): torch-mlir, to export networks as MLIR"
  pip_quiet install -q --no-deps torch-mlir >/dev/null 2>&1 ||
    pip_skip torch-mlir "it could not be had; tests on its exports will be skipped"
}

# For tests of networks in other dialects; it needs nothing that is not here.
setup_torch_mlir() {
  [[ -n $(pip_missing torch-mlir) ]] && "$VENV/bin/python" -c 'import torch' 2>/dev/null || return 0
  say "Python into $VENV (about 80 MB): torch-mlir, to export networks as MLIR"
  pip_quiet install -q --no-deps torch-mlir >/dev/null 2>&1 ||
    pip_skip torch-mlir "it could not be had; tests on its exports will be skipped"
}

setup_python() {
  [[ $python != none ]] || return 0
  local wanted=("${PIP_DEMO[@]}") missing package
  [[ $python == demo ]] || wanted+=("${PIP_ALL[@]}")
  if [[ ! -x $VENV/bin/python ]]; then
    python3 -m venv "$VENV" || fail "python3 cannot make $VENV; is python3-venv installed?"
    pip_quiet install -q --upgrade pip >/dev/null 2>&1 || true # a newer one reads sizes without downloads
  fi
  mapfile -t missing < <(pip_missing "${wanted[@]}")
  if ((${#missing[@]})) && ! pip_install "${missing[@]}"; then
    for package in "${missing[@]}"; do
      pip_install "$package" || pip_skip "$package" "it could not be had from where pip looks (${pip_reason:-pip gave no reason})"
    done
  fi
  [[ $optional == no ]] || setup_torch
  if [[ $optional == yes && $python == all ]]; then
    setup_alone iree-base-compiler "85 MB" "tests of the exports to linalg and TOSA"
    setup_alone iree-base-runtime "15 MB" "the same"
    if "$VENV/bin/python" -c 'import torch' 2>/dev/null; then
      setup_alone torchvision "10 MB" "its model definitions"
      setup_alone torch-mlir "80 MB" "networks in other dialects"
    fi
  fi
  "$VENV/bin/python" -c 'import numpy' 2>/dev/null ||
    fail "numpy could not be installed into $VENV; check the network and pip's settings, remove $VENV/skipped and run this again"
}

setup_apt
setup_python
[[ $optional == no || $python != all ]] || setup_torch_mlir
