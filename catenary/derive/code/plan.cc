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

CodePlan::CodePlan(const CodeRequest& request, std::span<const std::string_view> reserved)
    : request_(request), order_(reachable(roots(request))), taken_(reserved.begin(), reserved.end()) {
  if (request.value.shape().rank() > 0) {
    fail(ErrorKind::kShape, "code computes a scalar and its gradients; the value has shape {}",
         request.value.shape().str());
  }
  name_parameters();
  check_leaves();
  find_forms();
  fold_literals();
  count_uses();
  name_sizes();
  check_sizes();
  find_readings();
}

bool CodePlan::is_elementwise(const Op& op) { return op.traits.elementwise; }

void CodePlan::name_parameters() {
  for (const Value p : request_.parameters) parameter_names_.push_back(claim(p.name()));
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

std::string CodePlan::claim(std::string_view wanted) {
  const std::string own = identifier(wanted), end = own.ends_with('_') ? "" : "_";
  std::string name = own;
  for (int count = 1; !taken_.insert(name).second; ++count)
    name = own + end + (count == 1 && !end.empty() ? "" : std::to_string(count));
  return name;
}

std::string CodePlan::claim_next() {
  std::string name;
  do name = fmt::format("v{}", next_++);
  while (!taken_.insert(name).second);
  return name;
}

void CodePlan::find_forms() {
  const auto is_batched = [](Value v) { return v.batched(); };
  const auto& parameters = request_.parameters;
  const bool one_sample = request_.value.batched();
  has_samples_ = !one_sample && (std::any_of(order_.begin(), order_.end(), is_batched) ||
                                 std::any_of(parameters.begin(), parameters.end(), is_batched));
  if (has_samples_) samples_ = claim("N");
  NodeId last = order_.back().id();
  for (const Value p : parameters) last = std::max(last, p.id());
  forms_.resize(static_cast<std::size_t>(last) + 1);
  for (const Value p : parameters) forms_[static_cast<std::size_t>(p.id())] = form_of(p);
  for (const Value v : order_) {
    if (v.op().batch == BatchRule::kReduces && one_sample) {
      fail(ErrorKind::kConfig, "code: {} needs the whole batch, but the value is one sample's", v.op().name);
    }
    forms_[static_cast<std::size_t>(v.id())] = form_of(v);
  }
}

Form CodePlan::form_of(Value v) const {
  const bool has_axes = v.shape().rank() > 0;
  if (is(v, ops::kConstant)) return {.compact = has_axes};
  if (is_leaf(v.op())) return {.batched = v.batched() && has_samples_};
  if (is(v, ops::kIdentity) || is(v, ops::kBatchSize)) return {};  // their operand is but a number type
  bool any_batched = false;
  bool all_compact = true;
  for (int i = 0; i < v.input_count(); ++i) {
    any_batched = any_batched || form(v.input(i)).batched;
    all_compact = all_compact && form(v.input(i)).compact;
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
void CodePlan::fold_literals() {
  literals_.resize(forms_.size());
  for (const Value v : order_) {
    bool known = is(v, ops::kConstant) || is_elementwise(v.op()) || form(v).compact;
    for (int i = 0; i < v.input_count(); ++i) known = known && literal(v.input(i));
    if (known) literals_[static_cast<std::size_t>(v.id())] = Evaluation({v}, {})[v].front();
  }
}

std::optional<double> CodePlan::literal(Value v) const { return literals_[static_cast<std::size_t>(v.id())]; }

void CodePlan::count_uses() {
  uses_.resize(forms_.size());
  users_.resize(forms_.size());
  for (const Value v : order_) {
    for (int i = 0; i < v.input_count() && !literal(v); ++i) {
      const auto id = static_cast<std::size_t>(v.input(i).id());
      ++uses_[id];
      users_[id] = v;
    }
  }
  for (const Value v : roots(request_)) ++uses_[static_cast<std::size_t>(v.id())];
}

Value CodePlan::only_user(Value v) const {
  return uses(v) == 1 ? users_[static_cast<std::size_t>(v.id())] : Value{};
}

void CodePlan::name_sizes() {
  if (request_.dimensions == nullptr) {
    if (!request_.sizes.empty())
      fail(ErrorKind::kConfig, "code: a size needs dimensions, found '{}'", request_.sizes[0].name());
    return;
  }
  std::vector<Value> shaped = order_;
  shaped.insert(shaped.end(), request_.parameters.begin(), request_.parameters.end());
  for (const auto& [symbol, prime] : request_.dimensions->symbols()) {
    const auto has_it = [&, symbol_prime = prime](Value v) { return v.shape().size() % symbol_prime == 0; };
    const auto is_it = [&, wanted = std::string_view(symbol)](Value v) { return v.name() == wanted; };
    const auto& sizes = request_.sizes;
    if (std::any_of(shaped.begin(), shaped.end(), has_it) || std::any_of(sizes.begin(), sizes.end(), is_it))
      sizes_.push_back({symbol, claim(symbol), prime});
  }
  for (const Value leaf : request_.sizes) {
    if (std::none_of(sizes_.begin(), sizes_.end(), [&](const Size& s) { return s.symbol == leaf.name(); }))
      fail(ErrorKind::kConfig, "code: the size '{}' is no dimension's", leaf.name());
  }
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

void CodePlan::find_readings() {
  for (const Size& size : sizes_) {
    const auto reading = find_reading(size);
    if (!reading) {
      fail(ErrorKind::kConfig,
           "code: the size '{}' can be read off no parameter's shape; needed one with an axis of {}",
           size.symbol, size.symbol);
    }
    readings_.push_back(*reading);
  }
  std::sort(readings_.begin(), readings_.end(), [](const SizeReading& a, const SizeReading& b) {
    return std::pair(a.parameter, a.axis) < std::pair(b.parameter, b.axis);
  });
  const auto& parameters = request_.parameters;
  const auto is_batched = [&](Value v) { return form(v).batched; };
  if (has_samples_ && std::none_of(parameters.begin(), parameters.end(), is_batched))
    fail(ErrorKind::kConfig,
         "code: the number of samples can be read off no parameter; needed a batched one");
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
