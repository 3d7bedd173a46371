#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "catenary/engine/executor.h"
#include "catenary/ir/print.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/evaluate.h"

/// Where a number stopped being finite: the last batch once more, value by value.
namespace catenary {

namespace {

// A NaN's sign means nothing.
double written(double number) { return std::isnan(number) ? std::abs(number) : number; }

}  // namespace

std::string message(const NotFinite& found) {
  std::string text = fmt::format("expected a finite {}, found {}; ", found.output, written(found.found));
  if (found.node < 0) return text + "all that it depends on is finite in the operators' references";
  text +=
      fmt::format("the first value that is not finite is {}: {}", found.expression, written(found.number));
  if (found.element >= 0) text += fmt::format(", element {}", found.element);
  if (found.sample >= 0) text += fmt::format(", sample {} of the batch", found.sample);
  return found.updated ? text + " (by the variables after the step's updates)" : text;
}

namespace engine {

namespace {

template <typename From, typename T>
void read_row(const InputRows<T>& input, std::int64_t row, std::vector<double>& numbers) {
  const From* from = static_cast<const From*>(input.rows.data) + row * input.rows.row_stride;
  for (std::int64_t i = 0; i < input.leaf.shape().size(); ++i) {
    const auto at = [i](const std::vector<T>& list) {
      return list[list.size() == 1 ? 0 : static_cast<std::size_t>(i)];
    };
    T x = static_cast<T>(from[i]);
    if (!input.scale.empty()) x = std::fma(x, at(input.scale), at(input.shift));
    numbers.push_back(static_cast<double>(x));
  }
}

// Samples that are computed together: the values of all of them may not fit into memory.
constexpr std::int64_t kSamples = 256;

// By node id, for what `nodes` reach: whether it depends on a sum over the batch.
std::vector<bool> find_crossing(std::span<const Value> nodes) {
  std::vector<bool> crosses(index(nodes.back()) + 1);
  for (const Value v : nodes) {
    bool any = v.op().batch == BatchRule::kReduces;
    for (int i = 0; i < v.input_count(); ++i) any = any || crosses[index(v.input(i))];
    crosses[index(v)] = any;
  }
  return crosses;
}

// What crosses the batch reads of what does not.
std::vector<Value> last_before_crossing(std::span<const Value> nodes, const std::vector<bool>& crosses) {
  std::vector<Value> last;
  if (!crosses.back()) last.push_back(nodes.back());
  for (const Value v : nodes) {
    for (int i = 0; i < v.input_count(); ++i) {
      if (crosses[index(v)] && !crosses[index(v.input(i))]) last.push_back(v.input(i));
    }
  }
  return last;
}

// Notes the first value of `order` that is not finite if it comes before what is noted already.
// first_sample: what the evaluated samples begin with in the batch.
void note_first(std::span<const Value> order, const Evaluation& values, std::int64_t first_sample,
                NotFinite& found) {
  for (const Value v : order) {
    if (found.node >= 0 && v.id() >= found.node) return;
    const std::vector<double>& numbers = values[v];
    const auto bad = std::find_if(numbers.begin(), numbers.end(), [](double x) { return !std::isfinite(x); });
    if (bad == numbers.end()) continue;
    const std::int64_t size = v.shape().size(), at = bad - numbers.begin();
    found.node = v.id();
    found.expression = describe(v);
    found.number = *bad;
    found.sample = v.batched() ? first_sample + at / size : -1;
    found.element = size > 1 ? at % size : -1;
    return;
  }
}

}  // namespace

// Rows of an input, for samples of the last batch.
template <typename T>
std::vector<double> Executor<T>::numbers_of(const InputRows<T>& input, Samples samples) const {
  std::vector<double> numbers;
  for (std::int64_t i = samples.first; i < samples.first + samples.count; ++i) {
    const std::int64_t row = batch_.indices == nullptr ? batch_.first + i : batch_.indices[i];
    switch (input.rows.element) {
      case ElementType::kU8: read_row<std::uint8_t>(input, row, numbers); break;
      case ElementType::kF32: read_row<float>(input, row, numbers); break;
      case ElementType::kF64: read_row<double>(input, row, numbers); break;
    }
  }
  return numbers;
}

// A leaf that the program was rewritten to do without has no influence on it: zeros.
template <typename T>
std::vector<double> Executor<T>::numbers_of(Value leaf, Samples samples) const {
  const std::int64_t size = leaf.shape().size() * (leaf.batched() ? samples.count : 1);
  if (const int input = input_index(leaf); input >= 0)
    return numbers_of(inputs_[static_cast<std::size_t>(input)], samples);
  const T* from = nullptr;
  if (is(leaf, ops::kVariable) && index(leaf) < variable_data_.size()) from = variable_data_[index(leaf)];
  for (const SharedInput& input : shared_inputs_) {
    if (input.leaf == leaf) from = shared_.as<T>() + plan_.shared[index(leaf)];
  }
  if (from == nullptr) return std::vector<double>(static_cast<std::size_t>(size));
  return {from, from + size};
}

template <typename T>
void Executor<T>::look_at(std::span<const Value> results, Samples samples, NotFinite& found) const {
  const std::vector<Value> order = reachable(results);
  Bindings bindings{samples.count, {}, Rounding::kToType};
  for (const Value v : order) {
    if (is_leaf(v.op()) && !is(v, ops::kConstant)) bindings.leaves[v.name()] = numbers_of(v, samples);
  }
  note_first(order, Evaluation(results, bindings), samples.first, found);
}

template <typename T>
std::optional<NotFinite> Executor<T>::not_finite(const Program& program) const {
  if (status_ != Status::kNotFinite || batch_.size == 0) return std::nullopt;
  NotFinite found;
  found.updated = !stopped_ && plan_.writes_early();
  Value result;
  for (std::size_t i = 0; i < program.outputs.size() && !result; ++i) {
    const Value value = program.outputs[i].value;
    if (!is_scalar(value) || (stopped_ && !plan_.before_updates[i])) continue;
    found.output = program.outputs[i].name;
    found.found = static_cast<double>(output(found.output)[0]);
    if (!std::isfinite(found.found)) result = value;
  }
  if (!result) return std::nullopt;
  const std::vector<Value> nodes = reachable({result});
  const std::vector<Value> of_samples = last_before_crossing(nodes, find_crossing(nodes));
  for (std::int64_t first = 0; first < batch_.size; first += kSamples)
    look_at(of_samples, {first, std::min(kSamples, batch_.size - first)}, found);
  if (found.node < 0) look_at(std::array{result}, {0, batch_.size}, found);
  return found;
}

template class Executor<float>;
template class Executor<double>;

}  // namespace engine

}  // namespace catenary
