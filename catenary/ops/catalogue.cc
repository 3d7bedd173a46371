#include "catenary/ops/catalogue.h"

#include <algorithm>
#include <array>

namespace catenary::ops {

namespace {

constexpr std::array kCatalogue = {
    &kAdd,
    &kSub,
    &kMul,
    &kDiv,
    &kNeg,
    &kSquare,
    &kSqrt,
    &kPow,
    &kExp,
    &kLog,
    &kAbs,
    &kSign,
    &kStep,
    &kEqual,
    &kClip,
    &kErf,
    &kSigmoid,
    &kTanh,
    &kRelu,
    &kLeakyRelu,
    &kElu,
    &kSoftplus,
    &kGelu,
    &kSilu,
    &kSoftmax,
    &kLogSoftmax,
    &kMatVec,
    &kMatMul,
    &kOuter,
    &kDot,
    &kTranspose,
    &kVec,
    &kUnvec,
    &kKron,
    &kKronAdjointLeft,
    &kKronAdjointRight,
    &kInv,
    &kDet,
    &kLogDet,
    &kTrace,
    &kIdentity,
    &kDiag,
    &kDiagonal,
    &kSum,
    &kMean,
    &kMax,
    &kNorm1,
    &kNorm2,
    &kUnitVector,
    &kLogSumExp,
    &kArgmax,
    &kArgmaxMask,
    &kReshape,
    &kSlice,
    &kConcat,
    &kBroadcast,
    &kSumTo,
    &kOneHot,
    &kPick,
    &kBatchSum,
    &kBatchMean,
    &kBatchBroadcast,
    &kBatchSize,
    &kSquaredError,
    &kCrossEntropy,
    &kSoftmaxCrossEntropy,
    &kSoftmaxCrossEntropyLabels,
    &kSigmoidCrossEntropy,
    &kHuber,
};

}  // namespace

std::span<const Op* const> catalogue() { return kCatalogue; }

const Op* find(std::string_view name) {
  const auto it =
      std::find_if(kCatalogue.begin(), kCatalogue.end(), [&](const Op* op) { return op->name == name; });
  return it == kCatalogue.end() ? nullptr : *it;
}

}  // namespace catenary::ops
