#!/usr/bin/env bash
# Compares with the current PyTorch and JAX: installs them from PyPI into build/pypi and runs compare_bench with that
# Python. PyTorch's own index has a build without CUDA, 0.2 GB; where it does not answer, PyPI's takes 3 GB and more.
# Usage: bench/pypi.sh [--installed PYTHON] [--build BUILD] [options of compare_bench]
#   --installed PYTHON: install nothing, compare with what this interpreter has
#   --build BUILD: where the programs lie; build/bench unless it is said
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/pypi python= build=build/bench
while :; do
  case "${1:-}" in
    --installed) python=$2; shift 2 ;;
    --build) build=$2; shift 2 ;;
    *) break ;;
  esac
done

has() { "$python" -c "import $1" 2> /dev/null; }

install_peers() {
  local install=("$python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20)
  [ -x "$python" ] || /usr/bin/python3 -m venv "$folder"
  if ! has jax && ! "${install[@]}" jax; then
    echo "bench-pypi: PyPI cannot be reached; nothing was compared" >&2
    return 1
  fi
  if ! has torch; then
    "${install[@]}" torch --index-url https://download.pytorch.org/whl/cpu ||
      "${install[@]}" torch ||
      echo "bench-pypi: no torch to be had; comparing with jax alone" >&2
  fi
}

if [ -z "$python" ]; then
  python=$folder/bin/python
  install_peers
fi
peers=()
if [ -x "$build/bench/footprint_torch" ]; then peers+=(libtorch); fi
if has jax; then peers+=(jax); fi
if has torch; then peers+=(pytorch); fi
if has torch._dynamo; then peers+=(compiled); fi
if [ ${#peers[@]} -eq 0 ]; then
  echo "bench-pypi: $python has neither jax nor torch; nothing was compared" >&2
  exit 77
fi
results=$build/bench/results
mkdir -p "$results"
"$build/bench/compare_bench" --python "$python" --peers "$(IFS=,; echo "${peers[*]}")" \
  --json "$results/pypi.json" --svg "$results/pypi.svg" "$@"
