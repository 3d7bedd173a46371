#include "catenary/train/config/loss.h"

#include <algorithm>
#include <iterator>

#include "catenary/base/error.h"
#include "catenary/ops/ops.h"

namespace catenary::train {

namespace {

constexpr LossFacts kFacts[] = {
    {.loss = Loss::kSoftmaxCrossEntropy,
     .name = "softmax_cross_entropy",
     .takes_labels = true,
     .is_binary = false,
     .build = softmax_cross_entropy_labels,
     .prediction = softmax},
    {.loss = Loss::kBinaryCrossEntropy,
     .name = "binary_cross_entropy",
     .takes_labels = true,
     .is_binary = true,
     .build = [](Value logit, Value label) { return sigmoid_cross_entropy(logit, reshape(label, {1})); },
     .prediction = sigmoid},
    {.loss = Loss::kSquaredError,
     .name = "squared_error",
     .takes_labels = false,
     .is_binary = false,
     .build = squared_error,
     .prediction = [](Value output) { return output; }},
    {.loss = Loss::kHuber,
     .name = "huber",
     .takes_labels = false,
     .is_binary = false,
     .build = [](Value output, Value target) { return huber(output, target); },
     .prediction = [](Value output) { return output; }},
};

}  // namespace

std::span<const LossFacts> losses() { return kFacts; }

const LossFacts& facts_of(Loss loss) {
  const auto* const facts = std::ranges::find(kFacts, loss, &LossFacts::loss);
  if (facts == std::end(kFacts)) fail(ErrorKind::kInternal, "needed a known loss, found none");
  return *facts;
}

}  // namespace catenary::train
