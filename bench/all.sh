#!/usr/bin/env bash
# Runs all benchmarks; what `make bench` calls after building. Tables go to stdout, JSON and plots to build/bench/results.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=build/bench/bench
results=build/bench/results
mkdir -p "$results"

step() {
  printf '\n== %s\n' "$1"
  shift
  "$@"
}

step 'The product kernel' "$programs/kernels_bench" --benchmark_out="$results/kernels.json" --benchmark_out_format=json
step 'Epochs on Fashion-MNIST against the peak' "$programs/training_bench"
step 'Training steps beside other libraries' "$programs/compare_bench" --rounds 5 \
  --json "$results/compare.json" --svg "$results/compare.svg"
step 'Growth over width and batch' "$programs/growth_bench" --json "$results/growth.json" --svg "$results/growth.svg"
step 'Whole trainings beside Python frameworks' ./bench/end_to_end.py --json "$results/end_to_end.json"
step 'Memory, size and start-up' ./bench/footprint.py --json "$results/footprint.json"
