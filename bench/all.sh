#!/usr/bin/env bash
# Runs all benchmarks; what `make bench` calls after building. Tables go to stdout, JSON and plots to
# build/bench/results.
# Usage: bench/all.sh [--quick]    --quick: three minutes, to see that everything works; its figures mean little
set -euo pipefail
cd "$(dirname "$0")/.."
programs=build/bench/bench
results=build/bench/results
mkdir -p "$results"

kernels=() compare=(--rounds 5) growth=() end_to_end=()
case "${1:-}" in
  '') ;;
  --quick)
    kernels=(--benchmark_filter=64x64x64) growth=(--quick) end_to_end=(--epochs 1 --threads 1)
    compare=(--rounds 1 --turn 0.02 --only=-10) ;;
  *) echo "usage: bench/all.sh [--quick]" >&2; exit 2 ;;
esac

step() {
  printf '\n== %s\n' "$1"
  shift
  "$@"
}

step 'The product kernel' "$programs/kernels_bench" "${kernels[@]}" \
  --benchmark_out="$results/kernels.json" --benchmark_out_format=json
[ "${1:-}" = --quick ] || step 'Epochs on Fashion-MNIST against the peak' "$programs/training_bench"
step 'Training steps beside other libraries' "$programs/compare_bench" "${compare[@]}" \
  --json "$results/compare.json" --svg "$results/compare.svg"
step 'Growth over width and batch' "$programs/growth_bench" "${growth[@]}" \
  --json "$results/growth.json" --svg "$results/growth.svg"
step 'Other activations and optimizers' "$programs/variants_bench" --json "$results/variants.json"
step 'Whole trainings beside Python frameworks' bench/end_to_end.py "${end_to_end[@]}" \
  --json "$results/end_to_end.json"
step 'Derivations' bench/derive.py --json "$results/derive.json"
step 'Memory, size and start-up' bench/footprint.py --json "$results/footprint.json"
