// Cards of the operators of ops/batch.cc.
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kBatchCards = {
    {&ops::kBatchSum,
     {"sum over the samples", {"Each sample enters with the factor 1."}},
     {"对样本求和", {"每个样本的系数都是 1。"}}},
    {&ops::kBatchMean,
     {"mean over the samples", {"Each of the N samples enters with the weight 1/N."}},
     {"对样本求平均", {"N 个样本的权重都是 1/N。"}}},
    {&ops::kBatchBroadcast,
     {"one value for all samples", {"What every sample shares collects the sum over the samples."}},
     {"所有样本共享", {"共享的量收集各样本贡献之和。"}}},
};

}  // namespace

std::span<const OperatorCard> batch_cards() { return kBatchCards; }

}  // namespace catenary::derive
