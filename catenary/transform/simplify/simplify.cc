#include "catenary/transform/simplify/simplify.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary {

namespace {

// What nodes are replaced by.
using Image = std::unordered_map<NodeId, Value>;

// The same call on the images of v's operands.
Value rebuilt(Value v, const Image& image) {
  std::vector<Value> inputs;
  bool changed = false;
  for (int i = 0; i < v.input_count(); ++i) {
    inputs.push_back(image.at(v.input(i).id()));
    changed = changed || inputs.back() != v.input(i);
  }
  return changed ? v.graph().call(v.op(), inputs, v.attribute()) : v;
}

// The nodes below v and itself, operands first, without the known ones and what only these need. Unlike
// reachable(), it takes no time for the graph's other nodes, of which simplifying makes many.
std::vector<Value> nodes_below(Value v, const Image& known = {}) {
  std::vector<Value> nodes, pending = {v};
  std::unordered_set<NodeId> seen = {v.id()};
  while (!pending.empty()) {
    const Value next = pending.back();
    pending.pop_back();
    nodes.push_back(next);
    for (int i = 0; i < next.input_count(); ++i) {
      const NodeId id = next.input(i).id();
      if (!known.contains(id) && seen.insert(id).second) pending.push_back(next.input(i));
    }
  }
  std::sort(nodes.begin(), nodes.end(), [](Value a, Value b) { return a.id() < b.id(); });
  return nodes;
}

// `root` with each of `from` replaced by the same place's of `to`.
Value substituted(Value root, std::span<const Value> from, std::span<const Value> to) {
  Image image;
  for (std::size_t i = 0; i < from.size(); ++i) image[from[i].id()] = to[i];
  for (const Value v : nodes_below(root, image)) {
    if (!image.contains(v.id())) image[v.id()] = rebuilt(v, image);
  }
  return image.at(root.id());
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
  Simplifier(Value value, const SimplifyOptions& options)
      : value_(value), nodes_(nodes_below(value)), options_(options) {}

  Simplified run() {
    if (nodes_.size() > kMostReadable) return in_one_step();
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
  // Calls in a formula that a person might still read step by step. Above, each step's rebuilding of the
  // whole formula would take long for nothing.
  static constexpr std::size_t kMostReadable = 300;

  struct Match {
    std::size_t rule;  // simplify_rules().size(): none
    Value after;
  };

  const Match& match(Value v) {
    const auto found = matches_.find(v.id());
    return found != matches_.end() ? found->second : matches_.emplace(v.id(), find_match(v)).first->second;
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
    for (const Value v : nodes_) foremost = std::min(foremost, match(v).rule);
    if (foremost == simplify_rules().size()) return std::nullopt;
    return foremost;
  }

  // From the operands up, each node for good.
  Simplified in_one_step() {
    const Value before = value_;
    value_ = normal_form(before, 0);
    if (value_ == before) return {value_, {}};
    return {value_, {{"…", value_, SimplifyStep::Kind::kAllAtOnce}}};
  }

  Value normal_form(Value v, int uses) {
    constexpr int kMostUses = 200;  // one inside the other, lest rules of no end hang here
    if (const auto found = normal_.find(v.id()); found != normal_.end()) return found->second;
    for (const Value u : nodes_below(v, normal_)) {
      if (normal_.contains(u.id())) continue;
      const Value same = rebuilt(u, normal_);
      const Value after = uses < kMostUses ? match(same).after : Value{};
      const Value result = after ? normal_form(after, uses + 1) : same;
      normal_[u.id()] = result;
      normal_[same.id()] = result;
    }
    return normal_.at(v.id());
  }

  // The rule, wherever it is the first that matches.
  void use(std::size_t rule) {
    constexpr int kMostUses = 100;  // at one place, lest a rule of no end hang here
    Image image;
    for (const Value v : nodes_) {
      Value after = rebuilt(v, image);
      for (int i = 0; i < kMostUses && match(after).rule == rule; ++i) after = match(after).after;
      image[v.id()] = after;
    }
    value_ = image.at(value_.id());
    nodes_ = nodes_below(value_);
  }

  void record(const SimplifyRule& rule) {
    using Kind = SimplifyStep::Kind;
    switch (rule.visibility) {
      case SimplifyRule::kVisible: steps_.push_back({rule.name, value_, Kind::kRule}); break;
      case SimplifyRule::kArithmetic: steps_.push_back({rule.name, value_, Kind::kArithmetic}); break;
      case SimplifyRule::kSilent:
        if (!steps_.empty()) steps_.back().after = value_;
    }
  }

  Value value_;
  std::vector<Value> nodes_;
  const SimplifyOptions& options_;
  std::vector<SimplifyStep> steps_;
  std::unordered_map<NodeId, Match> matches_;
  Image normal_;
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
          parts::quotient_rules(), parts::length_rules(), parts::linear_rules(), parts::transpose_rules(),
          parts::inverse_rules(), parts::trace_rules(), parts::diagonal_rules(), parts::product_rules(),
          parts::sum_rules(), parts::join_rules(), parts::sign_rules()})
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
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (is_symmetric(kept[i], options)) symmetric.push_back(stand_ins[i]);
  }
  const SimplifyOptions inner{
      .symmetric = symmetric, .keep = {}, .symbolic_extents = options.symbolic_extents};
  Simplified result = Simplifier(substituted(v, kept, stand_ins), inner).run();
  for (SimplifyStep& step : result.steps) step.after = substituted(step.after, stand_ins, kept);
  result.value = substituted(result.value, stand_ins, kept);
  return result;
}

}  // namespace catenary
