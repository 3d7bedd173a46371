#pragma once

#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/expander.h"
#include "catenary/transform/gradient.h"

namespace catenary::derive {

/// Symbols of a δ that is written out.
inline constexpr int kLongestDelta = 40;

/// Goes backward from a scalar, step by step, and writes down what each rule does. Private to steps/.
class Deriver {
 public:
  /// derivation: with all but its parts. deltas: of pre-activations, what their adjoints are called.
  Deriver(Derivation& derivation, const std::map<NodeId, Formula>& deltas);

  /// The steps of gradient(scalar)'s trace; where the batch has a part of its own, those that do not pass
  /// through the loss of a sample. At a scan it goes through the recurrence's step.
  [[nodiscard]] Part part(Value scalar, const Formula& name, std::span<const Value> wrt);

 private:
  std::size_t adjoint(Part& part, Value x, Value traced);
  [[nodiscard]] Value symbol_for(const Part& part, Value x, const Formula& name, std::string_view what = "");
  void plant_seed(Part& part);
  [[nodiscard]] Flow flow(const Part& part, const TraceStep& step);
  void flows(Part& part, std::span<const TraceStep> steps, std::span<const Value> adjoint_of);
  [[nodiscard]] Simplified shorten(Value v);
  [[nodiscard]] std::vector<Value> named_in(Value v);
  void complete(Adjoint& a);
  [[nodiscard]] static Value match_type(Value v, Value like);
  [[nodiscard]] static std::map<NodeId, std::size_t> count_flows(std::span<const TraceStep> steps);
  [[nodiscard]] Result result(const Part& part, Value v, const Gradient& gradient);

  // Through a scan.
  [[nodiscard]] Flow flow_of_scan(const Part& part, const TraceStep& step);
  void go_through(Recurrence& r, const Part& after, std::span<const TraceStep> steps);
  [[nodiscard]] std::vector<Value> reached_results(const Recurrence& r, const Part& after,
                                                   std::span<const Value> wrt);
  [[nodiscard]] Backward backward_from(std::span<const Value> results, std::span<const Value> arrivals,
                                       std::span<const Value> wrt) const;
  [[nodiscard]] Value arrival_at(const Recurrence& r, Value y);
  [[nodiscard]] Formula formula_of_arrival(const Recurrence& r, const Part& after, Value y);
  [[nodiscard]] Formula formula_of_flow(const Recurrence& r, std::size_t operand);
  [[nodiscard]] Value handed_on(const Adjoint& a);

  Derivation& d_;
  const std::map<NodeId, Formula>& deltas_;
  Expander expanded_;
  Expander known_;            // adjoints that are a number or another adjoint as it is
  int parts_ = 0, part_ = 0;  // each part has adjoints of its own: how many there are, and which is written
  std::map<std::pair<int, NodeId>, std::size_t> place_;  // of (part, x) in the part's adjoints
  int number_ = 0;
  int equation_;
};

}  // namespace catenary::derive
