#include <algorithm>

#include "catenary/derive/code.h"
#include "catenary/derive/render.h"
#include "catenary/ir/verify.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

bool is_size(const Derivation& d, Value leaf) {
  return &leaf.op() == &ops::kSharedInput &&
         std::ranges::any_of(d.dimensions.symbols(), [&](const auto& s) { return s.first == leaf.name(); });
}

// Simplifying may have brought sizes in, tr(I) = n.
void add_sizes(const Derivation& d, CodeRequest& request) {
  std::vector<Value> derivatives;
  for (const CodeRequest::Named& gradient : request.gradients) derivatives.push_back(gradient.value);
  for (const CodeRequest::Named& hessian : request.hessians) derivatives.push_back(hessian.value);
  for (const Value v : reachable(derivatives)) {
    if (is_size(d, v) && std::ranges::find(request.sizes, v) == request.sizes.end())
      request.sizes.push_back(v);
  }
}

CodeRequest request_of(const Derivation& d, CheckedPart which) {
  const Part& part = d.batch && which == CheckedPart::kBatch ? *d.batch : d.sample;
  CodeRequest request{.value = part.scalar, .dimensions = &d.dimensions};
  std::vector<Value> leaves = d.leaves;
  std::ranges::sort(leaves, {}, &Value::id);  // in the order of their declaration
  for (const Value v : leaves) (is_size(d, v) ? request.sizes : request.parameters).push_back(v);
  for (const Result& r : part.results) {
    const DType dtype = r.variable.type().dtype;
    const Value zero = d.graph->constant(0, r.variable.shape(), dtype);
    request.gradients.push_back(
        {r.variable.name(), r.traced ? simplify(r.traced, d.assumptions()).value : zero});
  }
  if (d.hessian) {
    for (const SecondDerivative& block : d.hessian->blocks) {
      const std::string name = block.x == block.y ? block.x.name() : block.x.name() + "," + block.y.name();
      request.hessians.push_back({name, block.value()});
    }
  }
  add_sizes(d, request);
  return request;
}

}  // namespace

std::string render_numpy(const Derivation& derivation, CheckedPart part) {
  return numpy_code(request_of(derivation, part));
}

std::string render_cpp(const Derivation& derivation, CheckedPart part) {
  return cpp_code(request_of(derivation, part));
}

}  // namespace catenary::derive
