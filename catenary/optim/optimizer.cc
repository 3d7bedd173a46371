#include "catenary/optim/optimizer.h"

#include "catenary/base/error.h"
#include "catenary/ops/ops.h"
#include "catenary/optim/options.h"

namespace catenary::optim {

namespace {

void check(std::span<const Value> parameters, std::span<const Value> gradients) {
  if (parameters.empty()) fail(ErrorKind::kConfig, "an optimizer needs at least one parameter, found none");
  if (parameters.size() != gradients.size()) {
    fail(ErrorKind::kShape, "an optimizer needs one gradient for each parameter, found {} for {}",
         gradients.size(), parameters.size());
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].type() == gradients[i].type()) continue;
    fail(ErrorKind::kShape, "the gradient of '{}' needs its type {}, found {}", parameters[i].name(),
         parameters[i].type().str(), gradients[i].type().str());
  }
}

Value learning_rate(Value like, double constant) {
  const Value input = like.graph().find("learning_rate");
  if (!input) return like.graph().constant(constant, {}, like.type().dtype);
  return is(input, ops::kSharedInput) ? input.set_default(constant) : input;
}

// A state that starts at 0. The name, or where another optimizer has taken it the first free of NAME.2,
// NAME.3, ...
Value new_state(Graph& graph, const std::string& name, const Shape& shape, DType dtype) {
  std::string free = name;
  for (int i = 2; graph.find(free); ++i) free = fmt::format("{}.{}", name, i);
  return graph.state(free, shape, 0, dtype);
}

Value state_like(Value w, const std::string& suffix) {
  return new_state(w.graph(), w.name() + suffix, w.shape(), w.type().dtype);
}

}  // namespace

Optimizer sgd(SgdOptions options) {
  check_options(options);
  return [options](std::span<const Value> parameters, std::span<const Value> gradients) {
    check(parameters, gradients);
    const Value eta = learning_rate(parameters[0], options.learning_rate);
    std::vector<Update> updates;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      updates.push_back({parameters[i], parameters[i] - eta * gradients[i]});
    }
    return updates;
  };
}

Optimizer momentum(MomentumOptions options) {
  check_options(options);
  return [options](std::span<const Value> parameters, std::span<const Value> gradients) {
    check(parameters, gradients);
    const Value eta = learning_rate(parameters[0], options.learning_rate);
    std::vector<Update> updates;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Value w = parameters[i];
      const Value velocity = state_like(w, ".velocity");
      const Value next = options.momentum * velocity + gradients[i];
      updates.push_back({velocity, next});
      updates.push_back({w, w - eta * next});
    }
    return updates;
  };
}

Optimizer adam(AdamOptions options) {
  check_options(options);
  return [options](std::span<const Value> parameters, std::span<const Value> gradients) {
    check(parameters, gradients);
    Graph& graph = parameters[0].graph();
    const DType dtype = parameters[0].type().dtype;
    const double beta1 = options.beta1, beta2 = options.beta2;
    const Value eta = learning_rate(parameters[0], options.learning_rate);
    const Value count = new_state(graph, "adam.step", {}, dtype);
    const Value t = count + 1;
    // η·m̂/(√v̂ + ε) with both bias corrections in two numbers instead of in each element (Kingma & Ba 2015,
    // end of section 2): m̂ = m/(1 − β₁ᵗ), √v̂ = √v/c with c = √(1 − β₂ᵗ).
    const Value c = sqrt(1 - pow(graph.constant(beta2, {}, dtype), t));
    const Value rate = eta * c / (1 - pow(graph.constant(beta1, {}, dtype), t));
    const Value epsilon = options.epsilon * c;
    std::vector<Update> updates{{count, t}};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Value w = parameters[i], g = gradients[i];
      const Value m = state_like(w, ".moment1"), v = state_like(w, ".moment2");
      const Value next_m = beta1 * m + (1 - beta1) * g;
      const Value next_v = beta2 * v + (1 - beta2) * square(g);
      const Value step = rate * (next_m / (sqrt(next_v) + epsilon));
      updates.insert(updates.end(), {{m, next_m}, {v, next_v}, {w, w - step}});
    }
    return updates;
  };
}

}  // namespace catenary::optim
