#!/usr/bin/env bash
# Compares with the current PyTorch and JAX: installs them from PyPI into build/pypi and runs compare_bench with that
# Python. PyTorch's own index has a build without CUDA, 0.2 GB; where it does not answer, PyPI's takes 3 GB and more.
# Usage: bench/pypi.sh [options of compare_bench]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/pypi
python=$folder/bin/python
results=build/bench/results
install=("$python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20)

[ -x "$python" ] || /usr/bin/python3 -m venv "$folder"
if ! "$python" -c 'import jax' 2> /dev/null && ! "${install[@]}" jax; then
  echo "bench-pypi: PyPI cannot be reached; nothing was compared" >&2
  exit 1
fi
if ! "$python" -c 'import torch' 2> /dev/null; then
  "${install[@]}" torch --index-url https://download.pytorch.org/whl/cpu ||
    "${install[@]}" torch ||
    echo "bench-pypi: no torch to be had; comparing with jax alone" >&2
fi
peers=libtorch,jax
if "$python" -c 'import torch' 2> /dev/null; then peers+=,pytorch; fi
mkdir -p "$results"
build/bench/bench/compare_bench --python "$python" --peers "$peers" \
  --json "$results/pypi.json" --svg "$results/pypi.svg" "$@"
