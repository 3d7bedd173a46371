#include <algorithm>
#include <optional>

#include "catenary/derive/code/code.h"
#include "catenary/derive/render/render.h"
#include "catenary/ir/walk.h"
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

// y / a where the value divides by a + [y = 0].
bool drops_guard(Value original, Value shortened) {
  const std::vector<Value> made = reachable({shortened});
  const auto divides_by = [&](Value a) {
    return std::ranges::any_of(made, [&](Value v) { return is(v, ops::kDiv) && v.input(1) == a; });
  };
  return std::ranges::any_of(reachable({original}), [&](Value v) {
    const bool is_guarded =
        is(v, ops::kDiv) && is(v.input(1), ops::kAdd) && is(v.input(1).input(1), ops::kEqual);
    return is_guarded && divides_by(v.input(1).input(0));
  });
}

// What a person would write, unless that is 0 / 0 where the value is a number.
Value for_code(const Derivation& d, Value v) {
  SimplifyOptions options = d.assumptions();
  const Value shortened = simplify(v, options).value;
  if (!drops_guard(v, shortened)) return shortened;
  options.guards = SimplifyOptions::kKept;
  return simplify(v, options).value;
}

CodeRequest request_of(const Derivation& d, CheckedPart which) {
  const Part& part = checked(d, which);
  CodeRequest request{.value = part.scalar, .dimensions = &d.dimensions};
  std::vector<Value> leaves = d.leaves;
  std::ranges::sort(leaves, {}, &Value::id);  // in the order of their declaration
  for (const Value v : leaves) (is_size(d, v) ? request.sizes : request.parameters).push_back(v);
  for (const Result& r : part.results) {
    const DType dtype = r.variable.type().dtype;
    const Value zero = d.graph->constant(0, r.variable.shape(), dtype);
    request.gradients.push_back({r.variable.name(), r.traced ? for_code(d, r.traced) : zero});
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

// Code has its steps written out, one after another: a loop would need a function of its own.
std::optional<Derivation> written_out(const Derivation& d) {
  if (d.recurrences.empty()) return std::nullopt;
  std::vector<Value> wrt;
  for (const Result& r : d.whole().results) wrt.push_back(r.variable);
  return derive(d.whole().scalar, wrt,
                {.dimensions = d.dimensions,
                 .symmetric = d.symmetric,
                 .leaves = d.leaves,
                 .scans = Scans::kWrittenOut,
                 .row_names = d.row_names});
}

}  // namespace

std::string render_numpy(const Derivation& derivation, CheckedPart part) {
  const std::optional<Derivation> long_form = written_out(derivation);
  return numpy_code(request_of(long_form ? *long_form : derivation, part));
}

std::string render_cpp(const Derivation& derivation, CheckedPart part, std::string_view cpp_namespace) {
  const std::optional<Derivation> long_form = written_out(derivation);
  CodeRequest request = request_of(long_form ? *long_form : derivation, part);
  request.cpp_namespace = cpp_namespace;
  return cpp_code(request);
}

}  // namespace catenary::derive
