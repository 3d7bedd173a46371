#!/usr/bin/env bash
# Runs all benchmarks; what `make bench` calls after building. Tables go to stdout, JSON and plots to
# BUILD/bench/results.
# Usage: bench/all.sh [--quick] [BUILD]    BUILD: where the programs lie, build/bench unless it is said
#   --quick: a second or so of each, to see that everything works; its figures mean nothing
set -euo pipefail
cd "$(dirname "$0")/.."

quick=() kernels=() rounds=(--rounds 5) end_to_end=() derive=() streaming=()
if [ "${1:-}" = --quick ]; then
  shift
  quick=(--quick) kernels=(--benchmark_filter=64x64x64) rounds=() derive=(--runs 1)
  end_to_end=(--epochs 1 --threads 1 --optimizers sgd) streaming=(--rows 1000 --rounds 1)
fi
[ $# -le 1 ] && [[ "${1:-}" != -* ]] || { echo "usage: bench/all.sh [--quick] [BUILD]" >&2; exit 2; }
build=${1:-build/bench}
programs=$build/bench
results=$programs/results
mkdir -p "$results"

step() {
  printf '\n== %s\n' "$1"
  shift
  "$@"
}

step 'The product kernel' "$programs/kernels_bench" "${kernels[@]}" \
  --benchmark_out="$results/kernels.json" --benchmark_out_format=json
step 'Epochs on Fashion-MNIST against the peak' "$programs/training_bench" "${quick[@]}"
step 'Training steps beside other libraries' "$programs/compare_bench" "${rounds[@]}" "${quick[@]}" \
  --json "$results/compare.json" --svg "$results/compare.svg"
step 'Growth over width and batch' "$programs/growth_bench" "${quick[@]}" \
  --json "$results/growth.json" --svg "$results/growth.svg"
step 'Other activations and optimizers' "$programs/variants_bench" "${quick[@]}" --json "$results/variants.json"
step 'Recurrent layers that recompute' "$programs/recompute_bench" "${quick[@]}" --json "$results/recompute.json"
step 'The gradient of an LSTM over its objective' "$programs/lstm_objective_bench" "${quick[@]}" \
  --json "$results/lstm_objective.json"
step 'Whole trainings beside Python frameworks' bench/end_to_end.py --program "$build/catenary" "${end_to_end[@]}" \
  --json "$results/end_to_end.json"
step 'Reading tables' "$programs/reading_bench" "${quick[@]}" --json "$results/reading.json"
step 'Rows from a file in place of memory' bench/streaming.py "$build/catenary" "${streaming[@]}" --json "$results/streaming.json"
step 'Derivations' bench/derive.py --program "$build/catenary" "${derive[@]}" --json "$results/derive.json"
if [ ${#quick[@]} -gt 0 ]; then
  step 'This version beside itself, as before.py compares it with an earlier one' bench/before.py --turn 0.001 --rounds 2 \
    --only 2-8-1 --old "$programs/steps_bench" --new "$programs/steps_bench" --json "$results/before.json"
fi
step 'Memory, size and start-up' bench/footprint.py --build "$build" "${quick[@]}" --json "$results/footprint.json"
