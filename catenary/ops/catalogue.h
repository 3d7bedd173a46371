#pragma once

#include <span>
#include <string_view>

#include "catenary/ir/graph.h"

/// The catalogue: every operator that a graph can call, with all that it means. Tests, documentation and the
/// `ops` command loop over it.
namespace catenary::ops {

extern const Op kAdd, kSub, kMul, kDiv, kNeg, kSquare, kSqrt, kPow, kExp, kLog, kSin, kCos, kSinh, kCosh,
    kAtan, kAbs, kSign, kStep, kEqual, kClip, kErf;
extern const Op kSigmoid, kTanh, kRelu, kLeakyRelu, kElu, kSoftplus, kGelu, kSilu, kMish, kSoftsign,
    kHardSigmoid, kSoftmax, kLogSoftmax;
extern const Op kMatVec, kMatMul, kOuter, kDot, kTranspose, kVec, kUnvec, kKron, kKronAdjointLeft,
    kKronAdjointRight;
extern const Op kInv, kDet, kLogDet, kTrace, kIdentity, kDiag, kDiagonal;
extern const Op kSum, kMean, kMax, kNorm1, kNorm2, kUnitVector, kLogSumExp, kArgmax, kArgmaxMask;
extern const Op kReshape, kSlice, kConcat, kBroadcast, kSumTo;
extern const Op kOneHot, kPick;
extern const Op kBatchSum, kBatchMean, kBatchBroadcast, kBatchSize;
extern const Op kSquaredError, kCrossEntropy, kSoftmaxCrossEntropy, kSoftmaxCrossEntropyLabels,
    kSigmoidCrossEntropy, kHuber;

/// All of the above, in this order.
inline constexpr const Op* kCatalogue[] = {
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
    &kSin,
    &kCos,
    &kSinh,
    &kCosh,
    &kAtan,
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
    &kMish,
    &kSoftsign,
    &kHardSigmoid,
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
[[nodiscard]] constexpr std::span<const Op* const> catalogue() { return kCatalogue; }

/// The operator of that name; null if there is none.
[[nodiscard]] const Op* find(std::string_view name);

}  // namespace catenary::ops
