#include "catenary/transform/simplify.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "catenary/ir/verify.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify_rules.h"

namespace catenary {

namespace {

// What each node is replaced by, by id; empty: not yet known.
using Image = std::vector<Value>;

Value& image_of(Value v, Image& image) { return image[static_cast<std::size_t>(v.id())]; }

// The same call on the images of v's operands.
Value rebuilt(Value v, Image& image) {
  std::vector<Value> inputs;
  bool changed = false;
  for (int i = 0; i < v.input_count(); ++i) {
    inputs.push_back(image_of(v.input(i), image));
    changed = changed || inputs.back() != v.input(i);
  }
  return changed ? v.graph().call(v.op(), inputs, v.attribute()) : v;
}

// `root` with each of `from` replaced by the same place's of `to`.
Value substituted(Value root, std::span<const Value> from, std::span<const Value> to) {
  const std::vector<Value> nodes = reachable({root});
  Image image(static_cast<std::size_t>(root.id()) + 1);
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i].id() <= root.id()) image_of(from[i], image) = to[i];
  }
  for (const Value v : nodes) {
    if (!image_of(v, image)) image_of(v, image) = rebuilt(v, image);
  }
  return image_of(root, image);
}

// What a rule answered, as a value of v's type; empty if that says nothing new.
Value of_type(Value v, Value answer) {
  if (!answer) return {};
  if (answer.shape() != v.shape()) {
    const bool number = is(answer, ops::kConstant);
    answer = number ? constant_like(v, std::get<double>(answer.attribute())) : broadcast(answer, v.shape());
  }
  if (v.batched() && !answer.batched()) answer = batch_broadcast(answer);
  return answer == v ? Value{} : answer;
}

// Applies rules until none does. What rule a node matches depends on nothing but the node, so it is asked for
// once.
class Simplifier {
 public:
  Simplifier(Value value, const SimplifyOptions& options) : value_(value), options_(options) {}

  Simplified run() {
    // Each rule shortens the formula or moves a part to its one place, so this ends. Should a pair of rules
    // ever go in circles, the formula is right all the same.
    constexpr int kMostPasses = 1000;
    for (int i = 0; i < kMostPasses; ++i) {
      const std::optional<std::size_t> rule = foremost_rule();
      if (!rule) break;
      use(*rule);
      record(simplify_rules()[*rule]);
    }
    return {value_, std::move(steps_)};
  }

 private:
  struct Match {
    std::size_t rule;  // simplify_rules().size(): none
    Value after;
  };

  const Match& match(Value v) {
    const auto id = static_cast<std::size_t>(v.id());
    if (matches_.size() <= id) matches_.resize(std::max(id + 1, 2 * matches_.size()));
    if (!matches_[id]) matches_[id] = find_match(v);
    return *matches_[id];
  }

  [[nodiscard]] Match find_match(Value v) const {
    const std::span<const SimplifyRule> rules = simplify_rules();
    if (is_leaf(v.op())) return {rules.size(), {}};
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (const Value after = of_type(v, rules[i].apply(v, options_))) return {i, after};
    }
    return {rules.size(), {}};
  }

  std::optional<std::size_t> foremost_rule() {
    std::size_t foremost = simplify_rules().size();
    for (const Value v : reachable({value_})) foremost = std::min(foremost, match(v).rule);
    if (foremost == simplify_rules().size()) return std::nullopt;
    return foremost;
  }

  // The rule, wherever it is the first that matches.
  void use(std::size_t rule) {
    constexpr int kMostUses = 100;  // at one place, lest a rule of no end hang here
    Image image(static_cast<std::size_t>(value_.id()) + 1);
    for (const Value v : reachable({value_})) {
      Value after = rebuilt(v, image);
      for (int i = 0; i < kMostUses && match(after).rule == rule; ++i) after = match(after).after;
      image_of(v, image) = after;
    }
    value_ = image_of(value_, image);
  }

  void record(const SimplifyRule& rule) {
    if (rule.visibility == SimplifyRule::kVisible)
      steps_.push_back({rule.name, value_});
    else if (!steps_.empty())
      steps_.back().after = value_;
  }

  Value value_;
  const SimplifyOptions& options_;
  std::vector<SimplifyStep> steps_;
  std::vector<std::optional<Match>> matches_;  // by node id
};

// A leaf of v's type that no formula can look into; always the same one.
Value stand_in(Value v) {
  Graph& graph = v.graph();
  const std::string name = fmt::format("⟨{}⟩", v.id());
  if (const Value found = graph.find(name)) return found;
  const auto [dtype, shape, batched] = v.type();
  return batched ? graph.input(name, shape, dtype) : graph.shared_input(name, shape, dtype);
}

}  // namespace

std::span<const SimplifyRule> simplify_rules() {
  static const std::vector<SimplifyRule> rules = [] {
    namespace parts = simplification;
    std::vector<SimplifyRule> all;
    for (const auto part :
         {parts::number_rules(), parts::function_rules(), parts::factor_rules(), parts::scalar_rules(),
          parts::transpose_rules(), parts::matrix_rules(), parts::product_rules(), parts::sum_rules()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return rules;
}

Simplified simplify(Value v, const SimplifyOptions& options) {
  std::vector<Value> kept, stand_ins;
  for (const Value k : options.keep) {
    if (k == v || is_leaf(k.op())) continue;
    kept.push_back(k);
    stand_ins.push_back(stand_in(k));
  }
  if (kept.empty()) return Simplifier(v, options).run();
  std::vector<Value> symmetric;
  for (const Value s : options.symmetric) {
    const auto place = static_cast<std::size_t>(std::find(kept.begin(), kept.end(), s) - kept.begin());
    symmetric.push_back(place < kept.size() ? stand_ins[place] : s);
  }
  const SimplifyOptions inner{.symmetric = symmetric};
  Simplified result = Simplifier(substituted(v, kept, stand_ins), inner).run();
  for (SimplifyStep& step : result.steps) step.after = substituted(step.after, stand_ins, kept);
  result.value = substituted(result.value, stand_ins, kept);
  return result;
}

}  // namespace catenary
