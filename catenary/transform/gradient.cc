#include "catenary/transform/gradient.h"

#include <utility>

#include "catenary/base/error.h"
#include "catenary/ops/ops.h"

namespace catenary {

namespace {

Value zero_like(Value v, bool per_sample) {
  const Value zero = v.graph().constant(0, v.shape(), v.type().dtype);
  return v.batched() || per_sample ? batch_broadcast(zero) : zero;
}

void check(Value y, std::span<const Value> wrt) {
  for (const Value v : wrt) {
    if (!v)
      fail(ErrorKind::kConfig,
           "gradient needs variables of the graph of what is differentiated, found an empty value");
    check_same_graph(y, v, "gradient");
  }
  if (y.shape().rank() != 0) {
    fail(ErrorKind::kShape, "gradient needs a scalar [], found {} of type {}; sum or mean it first",
         y.op().name, y.type().str());
  }
}

}  // namespace

Gradient gradient(Value y, std::span<const Value> wrt) {
  check(y, wrt);
  const bool per_sample = y.batched();
  const Value one = y.graph().constant(1, {}, y.type().dtype);
  const Seed seed{y, per_sample ? batch_broadcast(one) : one};
  Backward found =
      backward(std::span(&seed, 1), wrt, per_sample ? SharedAdjoints::kPerSample : SharedAdjoints::kSummed);
  Gradient result{.adjoints = {}, .trace = std::move(found.trace), .adjoint_of = std::move(found.adjoint_of)};
  for (const Value v : wrt) {
    const bool reached = v.id() <= y.id() && result.adjoint_of[static_cast<std::size_t>(v.id())];
    result.adjoints.push_back(reached ? result.adjoint_of[static_cast<std::size_t>(v.id())]
                                      : zero_like(v, per_sample));
  }
  return result;
}

}  // namespace catenary
