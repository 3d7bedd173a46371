#include "catenary/derive/code/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"

namespace catenary::derive {

namespace {

std::vector<Value> roots(const CodeRequest& request) {
  std::vector<Value> values = {request.value};
  for (const CodeRequest::Named& gradient : request.gradients) values.push_back(gradient.value);
  for (const CodeRequest::Named& hessian : request.hessians) values.push_back(hessian.value);
  return values;
}

bool is_letter(char c) {
  const bool beyond_ascii = (c & 0x80) != 0;  // α is as good as a
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || beyond_ascii;
}

// With no underscore before a name or beside another, as C++ keeps those for itself.
std::string identifier(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const char next = is_letter(c) || (c >= '0' && c <= '9') ? c : '_';
    if (next != '_' || (!result.empty() && result.back() != '_')) result += next;
  }
  return result.empty() || !is_letter(result[0]) ? "v" + result : result;
}

}  // namespace

std::string Identifiers::claim(std::string_view wanted) {
  const std::string own = identifier(wanted), end = own.ends_with('_') ? "" : "_";
  std::string name = own;
  for (int count = 1; !taken_.insert(name).second; ++count)
    name = own + end + (count == 1 && !end.empty() ? "" : std::to_string(count));
  return name;
}

std::string Identifiers::claim_next() {
  std::string name;
  do name = fmt::format("v{}", next_++);
  while (!taken_.insert(name).second);
  return name;
}

CodePlan::CodePlan(const CodeRequest& request, Identifiers& names)
    : request_(request), order_(reachable(roots(request))) {
  if (request.value.shape().rank() > 0) {
    fail(ErrorKind::kShape, "code computes a scalar and its gradients; the value has shape {}",
         request.value.shape().str());
  }
  parameter_names_ = name_parameters(names);
  check_leaves();
  samples_ = name_samples(names);
  forms_ = find_forms();
  literals_ = fold_literals();
  uses_ = count_uses();
  sizes_ = name_sizes(names);
  check_sizes();
  readings_ = find_readings();
}

bool CodePlan::is_elementwise(const Op& op) { return op.traits.elementwise; }

std::vector<std::string> CodePlan::name_parameters(Identifiers& names) const {
  std::vector<std::string> all;
  for (const Value p : request_.parameters) all.push_back(names.claim(p.name()));
  return all;
}

void CodePlan::check_leaves() const {
  for (const Value v : order_) {
    if (!is_leaf(v.op()) || is(v, ops::kConstant) || is_size(v)) continue;
    const auto& all = request_.parameters;
    if (std::find(all.begin(), all.end(), v) == all.end())
      fail(ErrorKind::kConfig, "code: '{}' is read, but it is no parameter of the function", v.name());
  }
}

const std::string& CodePlan::name(Value leaf) const {
  if (is_size(leaf)) {
    const auto size =
        std::find_if(sizes_.begin(), sizes_.end(), [&](const Size& s) { return s.symbol == leaf.name(); });
    return size->variable;
  }
  const auto& all = request_.parameters;
  return parameter_names_[static_cast<std::size_t>(std::find(all.begin(), all.end(), leaf) - all.begin())];
}

bool CodePlan::is_size(Value leaf) const {
  return std::find(request_.sizes.begin(), request_.sizes.end(), leaf) != request_.sizes.end();
}

std::string CodePlan::name_samples(Identifiers& names) const {
  const auto has_samples = [](std::span<const Value> values) {
    return std::ranges::any_of(values, &Value::batched);
  };
  const bool is_batch =
      !request_.value.batched() && (has_samples(order_) || has_samples(request_.parameters));
  return is_batch ? names.claim("N") : "";
}

std::vector<Form> CodePlan::find_forms() const {
  NodeId last = order_.back().id();
  for (const Value p : request_.parameters) last = std::max(last, p.id());
  std::vector<Form> forms(static_cast<std::size_t>(last) + 1);
  for (const Value p : request_.parameters) forms[static_cast<std::size_t>(p.id())] = form_of(p, forms);
  for (const Value v : order_) {
    if (v.op().batch == BatchRule::kReduces && request_.value.batched()) {
      fail(ErrorKind::kConfig, "code: {} needs the whole batch, but the value is one sample's", v.op().name);
    }
    forms[static_cast<std::size_t>(v.id())] = form_of(v, forms);
  }
  return forms;
}

Form CodePlan::form_of(Value v, std::span<const Form> known) const {
  const bool has_axes = v.shape().rank() > 0;
  if (is(v, ops::kConstant)) return {.compact = has_axes};
  if (is_leaf(v.op())) return {.batched = v.batched() && !samples_.empty()};
  if (is(v, ops::kIdentity) || is(v, ops::kBatchSize)) return {};  // their operand is but a number type
  bool any_batched = false;
  bool all_compact = true;
  for (int i = 0; i < v.input_count(); ++i) {
    const Form operand = known[static_cast<std::size_t>(v.input(i).id())];
    any_batched = any_batched || operand.batched;
    all_compact = all_compact && operand.compact;
  }
  const bool from_scalar = v.input(0).shape().rank() == 0;
  if (is(v, ops::kBroadcast)) return {any_batched, from_scalar || all_compact};
  if (is(v, ops::kReshape) || is(v, ops::kTranspose) || is(v, ops::kVec) || is(v, ops::kUnvec))
    return {any_batched, has_axes && !any_batched && (from_scalar || all_compact)};
  if (v.op().batch == BatchRule::kReduces) return {false, all_compact && !any_batched};
  const bool keeps = is_elementwise(v.op()) || v.op().batch == BatchRule::kSpreads;
  return {any_batched, keeps && has_axes && all_compact};
}

// Elementwise calls on constants are done here and not by the code, where 1/0 might be an error. Repeating a
// number changes nothing.
std::vector<std::optional<double>> CodePlan::fold_literals() const {
  std::vector<std::optional<double>> literals(forms_.size());
  for (const Value v : order_) {
    bool known = is(v, ops::kConstant) || is_elementwise(v.op()) || form(v).compact;
    for (int i = 0; i < v.input_count(); ++i)
      known = known && literals[static_cast<std::size_t>(v.input(i).id())];
    if (known) literals[static_cast<std::size_t>(v.id())] = Evaluation({v}, {})[v].front();
  }
  return literals;
}

std::optional<double> CodePlan::literal(Value v) const { return literals_[static_cast<std::size_t>(v.id())]; }

std::vector<CodePlan::Use> CodePlan::count_uses() const {
  std::vector<Use> all(forms_.size());
  for (const Value v : order_) {
    for (int i = 0; i < v.input_count() && !literal(v); ++i) {
      Use& use = all[static_cast<std::size_t>(v.input(i).id())];
      ++use.count;
      use.last = v;
    }
  }
  for (const Value v : roots(request_)) ++all[static_cast<std::size_t>(v.id())].count;
  return all;
}

Value CodePlan::only_user(Value v) const {
  const Use& use = uses_[static_cast<std::size_t>(v.id())];
  return use.count == 1 ? use.last : Value{};
}

std::vector<CodePlan::Size> CodePlan::name_sizes(Identifiers& names) const {
  if (request_.dimensions == nullptr) {
    if (!request_.sizes.empty())
      fail(ErrorKind::kConfig, "code: a size needs dimensions, found '{}'", request_.sizes[0].name());
    return {};
  }
  std::vector<Size> all;
  std::vector<Value> shaped = order_;
  shaped.insert(shaped.end(), request_.parameters.begin(), request_.parameters.end());
  for (const auto& [symbol, prime] : request_.dimensions->symbols()) {
    const auto has_it = [&, symbol_prime = prime](Value v) { return v.shape().size() % symbol_prime == 0; };
    const auto is_it = [&, wanted = std::string_view(symbol)](Value v) { return v.name() == wanted; };
    const auto& sizes = request_.sizes;
    if (std::any_of(shaped.begin(), shaped.end(), has_it) || std::any_of(sizes.begin(), sizes.end(), is_it))
      all.push_back({symbol, names.claim(symbol), prime});
  }
  for (const Value leaf : request_.sizes) {
    if (std::none_of(all.begin(), all.end(), [&](const Size& s) { return s.symbol == leaf.name(); }))
      fail(ErrorKind::kConfig, "code: the size '{}' is no dimension's", leaf.name());
  }
  return all;
}

// An extent tells its symbols by its factors alone: not from a sum of sizes, nor from the number by which the
// gradient of mean divides.
void CodePlan::check_sizes() const {
  const auto is_symbolic = [&](std::int64_t extent) {
    return std::any_of(sizes_.begin(), sizes_.end(), [&](const Size& s) { return extent % s.prime == 0; });
  };
  for (const Value v : reachable({request_.value})) {
    if (is(v, ops::kMean) && is_symbolic(v.input(0).shape().size())) {
      fail(ErrorKind::kConfig,
           "code: mean needs an operand whose size is a number, found [{}]; write sum(x) / n",
           fmt::join(extents(v.input(0).shape()), ", "));
    }
    if (!is(v, ops::kConcat)) continue;
    const auto axis = static_cast<int>(std::get<std::int64_t>(v.attribute()));
    for (int i = 0; i < v.input_count(); ++i) {
      if (is_symbolic(v.input(i).shape()[axis])) {
        fail(ErrorKind::kConfig, "code: concat needs extents that are numbers along axis {}, found {}", axis,
             extent(v.input(i).shape()[axis]));
      }
    }
  }
}

std::vector<SizeReading> CodePlan::find_readings() const {
  std::vector<SizeReading> readings;
  for (const Size& size : sizes_) {
    const auto reading = find_reading(size);
    if (!reading) {
      fail(ErrorKind::kConfig,
           "code: the size '{}' can be read off no parameter's shape; needed one with an axis of {}",
           size.symbol, size.symbol);
    }
    readings.push_back(*reading);
  }
  std::sort(readings.begin(), readings.end(), [](const SizeReading& a, const SizeReading& b) {
    return std::pair(a.parameter, a.axis) < std::pair(b.parameter, b.axis);
  });
  const auto& parameters = request_.parameters;
  const auto is_batched = [&](Value v) { return form(v).batched; };
  if (!samples_.empty() && std::none_of(parameters.begin(), parameters.end(), is_batched))
    fail(ErrorKind::kConfig,
         "code: the number of samples can be read off no parameter; needed a batched one");
  return readings;
}

// An axis of that very size, or else one of a multiple of it.
std::optional<SizeReading> CodePlan::find_reading(const Size& size) const {
  std::optional<SizeReading> found;
  for (std::size_t i = 0; i < request_.parameters.size(); ++i) {
    const Shape& shape = request_.parameters[i].shape();
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const std::int64_t divisor = shape[axis] / size.prime;
      if (divisor * size.prime != shape[axis]) continue;
      const bool is_literal =
          std::none_of(sizes_.begin(), sizes_.end(), [&](const Size& s) { return divisor % s.prime == 0; });
      if (is_literal && (!found || divisor < found->divisor)) found = {size.variable, i, axis, divisor};
    }
  }
  return found;
}

std::string CodePlan::extent(std::int64_t extent) const {
  if (extent == 0) return "0";
  std::string factors;
  for (const Size& size : sizes_) {
    for (; extent % size.prime == 0; extent /= size.prime)
      factors += (factors.empty() ? "" : " * ") + size.variable;
  }
  if (factors.empty()) return std::to_string(extent);
  return extent == 1 ? factors : fmt::format("{} * {}", extent, factors);
}

std::vector<std::string> CodePlan::extents(const Shape& shape) const {
  std::vector<std::string> result;
  for (const std::int64_t n : shape.extents()) result.push_back(extent(n));
  return result;
}

std::vector<std::string> CodePlan::parameter_extents(std::size_t parameter) const {
  const Value p = request_.parameters[parameter];
  std::vector<std::string> result = extents(p.shape());
  if (form(p).batched) result.insert(result.begin(), samples_);
  return result;
}

}  // namespace catenary::derive
