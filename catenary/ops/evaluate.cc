#include "catenary/ops/evaluate.h"

#include "catenary/base/error.h"
#include "catenary/ir/walk.h"

namespace catenary {

namespace {

std::size_t elements(Value v, std::int64_t batch_size) {
  return static_cast<std::size_t>(v.shape().size() * (v.batched() ? batch_size : 1));
}

template <typename T>
std::vector<T> bound(Value v, const BindingsOf<T>& bindings) {
  const auto it = bindings.leaves.find(v.name());
  if (it == bindings.leaves.end() && v.default_number())
    return std::vector<T>(elements(v, 1), *v.default_number());
  if (it == bindings.leaves.end())
    fail(ErrorKind::kData, "the leaf '{}' ({}) has no value", v.name(), v.type().str());
  const std::size_t needed = elements(v, bindings.batch_size);
  if (it->second.size() != needed) {
    fail(ErrorKind::kData, "the leaf '{}' ({}) needs {} numbers for a batch of {}, found {}", v.name(),
         v.type().str(), needed, bindings.batch_size, it->second.size());
  }
  return it->second;
}

void round_to_float(double& x) { x = static_cast<double>(static_cast<float>(x)); }
void round_to_float(Complex& z) { z = {static_cast<float>(z.real()), static_cast<float>(z.imag())}; }

}  // namespace

template <typename T>
EvaluationOf<T>::EvaluationOf(std::span<const Value> outputs, const BindingsOf<T>& bindings) {
  if (bindings.batch_size < 1)
    fail(ErrorKind::kData, "a batch has at least 1 sample, found {}", bindings.batch_size);
  order_ = reachable(outputs);
  for (const Value v : order_) {
    results_.resize(static_cast<std::size_t>(v.id()) + 1);
    compute(v, bindings);
  }
}

template <typename T>
void EvaluationOf<T>::update(Value leaf, const BindingsOf<T>& bindings) {
  std::vector<bool> has_moved(results_.size());
  for (const Value v : order_) {
    bool moves = v == leaf;
    for (int i = 0; i < v.input_count(); ++i)
      moves = moves || has_moved[static_cast<std::size_t>(v.input(i).id())];
    if (moves) compute(v, bindings);
    has_moved[static_cast<std::size_t>(v.id())] = moves;
  }
}

template <typename T>
const std::vector<T>& EvaluationOf<T>::operator[](Value v) const {
  if (!order_.empty()) check_same_graph(order_[0], v, "an evaluation");
  const auto id = static_cast<std::size_t>(v.id());
  if (id >= results_.size() || results_[id].empty())
    fail(ErrorKind::kConfig, "an evaluation needs a value that its outputs read, found node {}", v.id());
  return results_[id];
}

template <typename T>
void EvaluationOf<T>::compute(Value v, const BindingsOf<T>& bindings) {
  std::vector<T>& result = results_[static_cast<std::size_t>(v.id())];
  if (&v.op() == &ops::kConstant) {
    result.assign(elements(v, 1), std::get<double>(v.attribute()));
  } else if (is_leaf(v.op())) {
    result = bound(v, bindings);
  } else {
    result.assign(elements(v, bindings.batch_size), T{});
    call(v, bindings);
  }
  if (bindings.rounding == Rounding::kNone || v.type().dtype != DType::kF32) return;
  for (T& number : result) round_to_float(number);
}

template <typename T>
void EvaluationOf<T>::call(Value v, const BindingsOf<T>& bindings) {
  std::vector<T>& result = results_[static_cast<std::size_t>(v.id())];
  const bool once = v.op().batch == BatchRule::kReduces;
  const std::int64_t calls = v.batched() ? bindings.batch_size : 1;
  std::vector<Shape> shapes;
  for (int i = 0; i < v.input_count(); ++i) shapes.push_back(v.input(i).shape());
  std::vector<std::span<const T>> inputs(shapes.size());
  const auto size = static_cast<std::size_t>(v.shape().size());
  std::vector<T> scratch(static_cast<std::size_t>(v.op().scratch_size(shapes, v.attribute())));
  for (std::int64_t n = 0; n < calls; ++n) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Value x = v.input(static_cast<int>(i));
      const auto extent = static_cast<std::size_t>(x.shape().size());
      const std::vector<T>& all = results_[static_cast<std::size_t>(x.id())];
      inputs[i] = once || !x.batched() ? std::span(all)
                                       : std::span(all).subspan(static_cast<std::size_t>(n) * extent, extent);
    }
    v.op().reference(ReferenceCallOf<T>{inputs, shapes,
                                        std::span(result).subspan(static_cast<std::size_t>(n) * size, size),
                                        v.shape(), v.attribute(), bindings.batch_size, scratch});
  }
}

template class EvaluationOf<double>;
template class EvaluationOf<Complex>;

}  // namespace catenary
