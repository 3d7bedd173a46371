#include <algorithm>

#include "catenary/engine/compile/binding.h"
#include "catenary/ops/catalogue.h"

/// Which members of a group its product's kernel does itself.
namespace catenary::engine {

namespace {

/// A derivative's factor among a group's members: which, of what value, and the members that compute it.
struct Slope {
  kernels::Finish finish = kernels::Finish::kStore;
  Value activation = {};
  std::vector<Value> members = {};
};

class Absorption {
 public:
  Absorption(const Schedule& schedule, const MemoryPlan& plan, const Item& group)
      : schedule_(schedule), plan_(plan), group_(group) {
    absorbed_.result = group.result;
  }

  // The results between are the group's own, so each has one reader in it.
  Absorbed run() && {
    if (!absorb_sum()) absorb_bias();
    const Value reader = only_reader(absorbed_.result);
    if (!reader) return std::move(absorbed_);
    if (is(reader, ops::kRelu)) {
      absorbed_.finish = kernels::Finish::kRelu;
      extend(reader);
    } else if (is(reader, ops::kMul)) {
      absorb_slope(reader);
    }
    return std::move(absorbed_);
  }

 private:
  bool absorb_sum() {
    const Value reader = only_reader(absorbed_.result);
    if (!reader || !schedule_.accumulated[index(reader)]) return false;
    absorbed_.accumulates = true;
    extend(reader);
    return true;
  }

  void absorb_bias() {
    const Value reader = only_reader(absorbed_.result);
    if (!reader || !is(reader, ops::kAdd)) return;
    const Ref& bias = schedule_.ref(other(reader));
    const bool whole = !schedule_.folded_in(reader) && !bias.repeat && !bias.root.batched();
    if (!whole) return;
    absorbed_.bias = other(reader);
    extend(reader);
  }

  // The product runs before the group's members: the activation must come from an earlier item.
  void absorb_slope(Value reader) {
    const Value factor = schedule_.ref(other(reader)).root;
    const Slope slope = slope_of(factor);
    if (!slope.activation || only_reader(factor) != reader) return;
    const Ref& activation = schedule_.ref(slope.activation);
    if (contains(group_.members, activation.root)) return;
    const bool in_tile = activation.root.batched() && plan_.slot[index(activation.root)] < 0;
    if (!in_tile || activation.repeat) return;
    absorbed_.finish = slope.finish;
    absorbed_.activation = slope.activation;
    absorbed_.members.insert(absorbed_.members.end(), slope.members.begin(), slope.members.end());
    extend(reader);
  }

  void extend(Value reader) {
    absorbed_.members.push_back(reader);
    absorbed_.result = reader;
  }

  Value other(Value reader) const {
    return schedule_.ref(reader.input(0)).root == absorbed_.result ? reader.input(1) : reader.input(0);
  }

  // step(y), 1 − y² and y (1 − y), as the gradient rules of relu, tanh and sigmoid write them.
  Slope slope_of(Value factor) const {
    if (is(factor, ops::kStep)) return {kernels::Finish::kReluSlope, factor.input(0), {factor}};
    const Value square = schedule_.folded_in(factor);
    if (square && is(square, ops::kSquare) && is(factor, ops::kSub) && is_one(factor.input(0)))
      return {kernels::Finish::kTanhSlope, square.input(0), {factor}};
    if (!is(factor, ops::kMul)) return {};
    const Value y = factor.input(0), rest = schedule_.ref(factor.input(1)).root;
    const bool sigmoid = is(rest, ops::kSub) && !schedule_.folded_in(rest) && is_one(rest.input(0)) &&
                         schedule_.ref(rest.input(1)) == schedule_.ref(y) && only_reader(rest) == factor;
    return sigmoid ? Slope{kernels::Finish::kSigmoidSlope, y, {rest, factor}} : Slope{};
  }

  bool is_one(Value v) const {
    const Value root = schedule_.ref(v).root;
    return is(root, ops::kConstant) && number_of(root) == 1;
  }

  Value only_reader(Value v) const { return engine::only_reader(schedule_, plan_, group_, v); }

  static bool contains(const std::vector<Value>& list, Value v) {
    return std::find(list.begin(), list.end(), v) != list.end();
  }

  const Schedule& schedule_;
  const MemoryPlan& plan_;
  const Item& group_;
  Absorbed absorbed_;
};

}  // namespace

Absorbed absorb(const Schedule& schedule, const MemoryPlan& plan, const Item& group) {
  return Absorption(schedule, plan, group).run();
}

Value only_reader(const Schedule& schedule, const MemoryPlan& plan, const Item& group, Value v) {
  const bool own = plan.slot[index(v)] >= 0 || plan.panel[index(v)] >= 0;
  Value reader;
  for (const Value member : group.members) {
    if (!own || is(member, ops::kBatchSum)) continue;
    for (const Value x : operands_of(schedule, member)) {
      if (schedule.ref(x).root != v) continue;
      if (reader) return {};
      reader = member;
    }
  }
  return reader;
}

}  // namespace catenary::engine
