#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

// The samples of the operand stand one after another; the result has the size of one of them.
constexpr auto kSumSamples = [](const auto& call) {
  std::fill(call.output.begin(), call.output.end(), 0.0);
  for (std::size_t i = 0; i < call.inputs[0].size(); ++i)
    call.output[i % call.output.size()] += call.inputs[0][i];
};

}  // namespace

constinit const Op kBatchSum = {
    .name = "batch_sum",
    .summary = "Sum over the samples of the batch.",
    .notation = {"Σₙ {0}", R"(\sum_{n} {0})", Notation::kBigSum},
    .operands = "n",
    .traits = {.linear = true, .odd_operands = 1},
    .infer = same_shape,
    .reference = kSumSamples,
    .gradient = [](const Pullback& p) -> Adjoints { return {batch_broadcast(p.dy)}; },
    .batch = BatchRule::kReduces,
};

constinit const Op kBatchMean = {
    .name = "batch_mean",
    .summary = "Mean over the samples of the batch.",
    .notation = {"1/N Σₙ {0}", R"(\frac1N \sum_{n} {0})", Notation::kBigSum},
    .operands = "n",
    .traits = {.linear = true, .odd_operands = 1},
    .infer = same_shape,
    .reference =
        [](const auto& call) {
          kSumSamples(call);
          for (auto& x : call.output) x /= static_cast<double>(call.batch_size);
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {batch_broadcast(p.dy / batch_size(p.dy.graph(), p.dy.type().dtype))};
    },
    .batch = BatchRule::kReduces,
};

constinit const Op kBatchBroadcast = {
    .name = "batch_broadcast",
    .summary = "The same value for each sample of the batch.",
    .notation = {"{0}", "{0}"},
    .operands = "n",
    .infer = same_shape,
    .reference = each<[](auto x) { return x; }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {batch_sum(p.dy)}; },
    .batch = BatchRule::kSpreads,
};

constinit const Op kBatchSize = {
    .name = "batch_size",
    .summary = "The number N of samples in the batch.",
    .notation = {"N", "N"},
    .operands = "",
    .traits = {.nonnegative = true},
    .infer = scalar,
    .reference = [](const auto& call) { call.output[0] = static_cast<double>(call.batch_size); },
    .gradient = not_differentiable,
};

}  // namespace ops

Value batch_sum(Value x) { return x.graph().call(ops::kBatchSum, {x}); }
Value batch_mean(Value x) { return x.graph().call(ops::kBatchMean, {x}); }
Value batch_broadcast(Value x) { return x.graph().call(ops::kBatchBroadcast, {x}); }

// Its operand carries nothing but the number type, which a call without operands could not.
Value batch_size(Graph& graph, DType dtype) {
  return graph.call(ops::kBatchSize, {graph.constant(1, {}, dtype)});
}

}  // namespace catenary
