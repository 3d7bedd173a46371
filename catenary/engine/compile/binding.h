#pragma once

#include <cstdint>
#include <vector>

#include "catenary/engine/compile/bound.h"

/// How the last pass finds kernels and places. Private to engine/compile/.
namespace catenary::engine {

/// A planned program, and where its shared numbers and its variables are.
template <typename T>
struct Binding {
  const Schedule& schedule;
  const MemoryPlan& plan;
  const kernels::KernelSet<T>& kernels;
  T* shared = nullptr;
  std::vector<T*> variables = {};  ///< by node id
  std::vector<Value> inputs = {};

  [[nodiscard]] const Stage& stage_at(int stage) const {
    return schedule.stages[static_cast<std::size_t>(stage)];
  }
  [[nodiscard]] const StagePlan& plan_at(int stage) const {
    return plan.stages[static_cast<std::size_t>(stage)];
  }
};

/// Where the numbers of a value are for who reads it in that stage: those of its root, from its offset on.
/// Throws Error{internal} for a batched root without a tile there.
template <typename T>
[[nodiscard]] Place<T> place_of(const Binding<T>& binding, Value v, int stage);

/// An item of a stage, and one of its sums, with kernels and places.
template <typename T>
[[nodiscard]] BoundItem<T> bind_item(const Binding<T>& binding, int stage, int item);
template <typename T>
[[nodiscard]] BoundSum<T> bind_sum(const Binding<T>& binding, int stage, const Item& sum);

/// Whether a kernel computes it that its form does not tell of: a matrix that is transposed once for all.
[[nodiscard]] bool is_shared_transpose(const Schedule& schedule, Value v);

/// What follows a group's product and is done before its sums leave the registers: + bias, then relu or ⊙ a
/// derivative of an activation.
struct Absorbed {
  std::vector<Value> members = {};
  Value bias = {};           ///< empty: none
  bool accumulates = false;  ///< adds to what is there
  kernels::Finish finish = kernels::Finish::kStore;
  Value activation = {};  ///< whose slope the sums are multiplied by; empty: none
  Value result = {};      ///< what the product's kernel writes: the product or the last of the members
};
[[nodiscard]] Absorbed absorb(const Schedule& schedule, const MemoryPlan& plan, const Item& group);

/// The member that alone reads a value which nobody outside the group sees; empty if there is none.
[[nodiscard]] Value only_reader(const Schedule& schedule, const MemoryPlan& plan, const Item& group, Value v);

}  // namespace catenary::engine
