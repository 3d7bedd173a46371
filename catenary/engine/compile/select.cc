#include <algorithm>
#include <array>

#include "catenary/engine/compile/schedule.h"
#include "catenary/ops/catalogue.h"

/// Which kernel computes a node, which nodes hold numbers of their own, and what the others look at.
namespace catenary::engine {

namespace {

using kernels::Column;
using kernels::Elementwise;

struct ElementwiseEntry {
  const Op* op;
  Elementwise kernel;
};
constexpr std::array kElementwise = {
    ElementwiseEntry{&ops::kAdd, Elementwise::kAdd},
    ElementwiseEntry{&ops::kSub, Elementwise::kSub},
    ElementwiseEntry{&ops::kMul, Elementwise::kMul},
    ElementwiseEntry{&ops::kDiv, Elementwise::kDiv},
    ElementwiseEntry{&ops::kNeg, Elementwise::kNeg},
    ElementwiseEntry{&ops::kSquare, Elementwise::kSquare},
    ElementwiseEntry{&ops::kSqrt, Elementwise::kSqrt},
    ElementwiseEntry{&ops::kExp, Elementwise::kExp},
    ElementwiseEntry{&ops::kLog, Elementwise::kLog},
    ElementwiseEntry{&ops::kSigmoid, Elementwise::kSigmoid},
    ElementwiseEntry{&ops::kTanh, Elementwise::kTanh},
    ElementwiseEntry{&ops::kRelu, Elementwise::kRelu},
    ElementwiseEntry{&ops::kElu, Elementwise::kElu},
    ElementwiseEntry{&ops::kLeakyRelu, Elementwise::kLeakyRelu},
    ElementwiseEntry{&ops::kGelu, Elementwise::kGelu},
    ElementwiseEntry{&ops::kSoftplus, Elementwise::kSoftplus},
    ElementwiseEntry{&ops::kSilu, Elementwise::kSilu},
    ElementwiseEntry{&ops::kMish, Elementwise::kMish},
    ElementwiseEntry{&ops::kSoftsign, Elementwise::kSoftsign},
    ElementwiseEntry{&ops::kHardSigmoid, Elementwise::kHardSigmoid},
    ElementwiseEntry{&ops::kErf, Elementwise::kErf},
    ElementwiseEntry{&ops::kStep, Elementwise::kStep},
    ElementwiseEntry{&ops::kSign, Elementwise::kSign},
    ElementwiseEntry{&ops::kAbs, Elementwise::kAbs},
    ElementwiseEntry{&ops::kClip, Elementwise::kClip},
    ElementwiseEntry{&ops::kEqual, Elementwise::kEqual},
    ElementwiseEntry{&ops::kPow, Elementwise::kPow},
    ElementwiseEntry{&ops::kReshape, Elementwise::kCopy},
    ElementwiseEntry{&ops::kBroadcast, Elementwise::kCopy},
    ElementwiseEntry{&ops::kSlice, Elementwise::kCopy},
    ElementwiseEntry{&ops::kBatchBroadcast, Elementwise::kCopy},
    ElementwiseEntry{&kLoopWrite, Elementwise::kCopy},
    ElementwiseEntry{&kLoopKept, Elementwise::kCopy},
};

struct ColumnEntry {
  const Op* op;
  Column kernel;
};
constexpr std::array kColumn = {
    ColumnEntry{&ops::kSum, Column::kSum},
    ColumnEntry{&ops::kMean, Column::kMean},
    ColumnEntry{&ops::kMax, Column::kMax},
    ColumnEntry{&ops::kDot, Column::kDot},
    ColumnEntry{&ops::kNorm2, Column::kNorm2},
    ColumnEntry{&ops::kUnitVector, Column::kUnitVector},
    ColumnEntry{&ops::kArgmax, Column::kArgmax},
    ColumnEntry{&ops::kArgmaxMask, Column::kArgmaxMask},
    ColumnEntry{&ops::kSoftmax, Column::kSoftmax},
    ColumnEntry{&ops::kLogSoftmax, Column::kLogSoftmax},
    ColumnEntry{&ops::kSquaredError, Column::kSquaredError},
    ColumnEntry{&ops::kCrossEntropy, Column::kCrossEntropy},
    ColumnEntry{&ops::kSoftmaxCrossEntropy, Column::kSoftmaxCrossEntropy},
    ColumnEntry{&ops::kSoftmaxCrossEntropyLabels, Column::kSoftmaxCrossEntropyLabels},
    ColumnEntry{&ops::kSigmoidCrossEntropy, Column::kSigmoidCrossEntropy},
    ColumnEntry{&ops::kHuber, Column::kHuber},
    ColumnEntry{&ops::kOneHot, Column::kOneHot},
    ColumnEntry{&ops::kPick, Column::kPick},
};

// A view of its first operand: no numbers of its own.
bool is_view(Value v) {
  if (is(v, ops::kReshape) || is(v, ops::kBatchBroadcast) || is(v, kLoopRow) || is(v, kLoopResult) ||
      is(v, kLoopAgain))
    return true;
  if (is(v, ops::kBroadcast)) return v.input(0).shape().size() == 1;
  return is(v, ops::kSlice) && std::get<SliceRange>(v.attribute()).axis == 0;
}

Form form_of(Value v) {
  if (is_leaf(v.op()) || is(v, ops::kBatchSize) || is(v, kLoopBegin)) return Form::kLeaf;
  if (is(v, kLoopRows)) return Form::kRows;
  if (is_view(v)) return Form::kView;
  if (is(v, ops::kBatchSum)) return summands_of(v).right ? Form::kOuterSum : Form::kColumnSum;
  if (is(v, ops::kMatVec) && v.batched() && !v.input(0).batched()) return Form::kProduct;
  if (is(v, ops::kConcat) && std::get<std::int64_t>(v.attribute()) == 0) return Form::kConcat;
  if (v.batched() && column_kernel(v.op())) return Form::kColumn;
  if (elementwise_kernel(v.op()) && !is(v, ops::kBroadcast) && !is(v, ops::kSlice)) return Form::kElementwise;
  return Form::kReference;
}

// Decides which nodes hold numbers of their own and resolves all others to views.
class Selection {
 public:
  explicit Selection(Schedule& schedule) : schedule_(schedule) {
    const std::size_t size = schedule.stage_of.size();
    schedule.refs.resize(size);
    schedule.forms.resize(size);
    schedule.computed.assign(size, false);
    schedule.folded.resize(size);
    schedule.homes.resize(size);
    schedule.packed.assign(size, false);
    schedule.accumulated.assign(size, false);
    find_loops();
    for (const Value v : schedule.nodes) {
      schedule.forms[index(v)] = form_of(v);
      schedule.refs[index(v)] = resolve(v);
    }
  }

  void run() {
    for (const Output& output : schedule_.program.outputs) need_output(output.value);
    for (const Update& update : schedule_.program.updates) need(update.next);
    // What a loop's step reads, an earlier value may write in the step before.
    do {
      grown_ = false;
      for (auto it = schedule_.nodes.rbegin(); it != schedule_.nodes.rend(); ++it) {
        if (schedule_.is_computed(*it)) need_operands(*it);
      }
    } while (grown_ && !schedule_.loops.empty());
    // Values that were made to hold numbers of their own are now the roots of the views on them.
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v) || schedule_.form(v) == Form::kView)
        schedule_.refs[index(v)] = resolve(v);
    }
  }

 private:
  // A loop's step is what hangs on its rows, up to what is written.
  void find_loops() {
    schedule_.loop_of.assign(schedule_.stage_of.size(), -1);
    schedule_.written.resize(schedule_.stage_of.size());
    for (const Value v : schedule_.nodes) {
      int& loop = schedule_.loop_of[index(v)];
      if (is(v, kLoopResult)) {
        for (int i = 0; i < v.input_count(); i += 2) {
          schedule_.written[index(v.input(i))] = v.input(i + 1);
          schedule_.loop_of[index(v.input(i + 1))] = static_cast<int>(loop_number(v.input(i + 1)));
        }
      } else if (is(v, kLoopRow)) {
        loop = static_cast<int>(loop_number(v));
      } else if (v.batched() && !is(v, kLoopRows)) {
        for (int i = 0; i < v.input_count(); ++i) loop = std::max(loop, schedule_.loop(v.input(i)));
      }
    }
  }

  [[nodiscard]] const Loop& loop_at(std::size_t number) const { return schedule_.loops[number]; }

  // Where a row stands in a step, for who reads it: forward from the first one on, backward from the last.
  Ref row_ref(Value v) const {
    const Value sequence = v.input(0);
    const Loop& loop = loop_at(loop_number(v));
    const std::int64_t row = v.shape().size();
    Ref ref = schedule_.refs[index(sequence)];
    if (ref.repeat) return ref;
    const bool is_forward = loop.direction == Direction::kForward;
    ref.step = is_forward ? row : -row;
    if (!is_forward) ref.offset += (is(sequence, kLoopRows) ? loop.steps : loop.steps - 1) * row;
    return ref;
  }

  Ref resolve(Value v) const {
    if (schedule_.forms[index(v)] != Form::kView) return {v, 0, is(v, ops::kConstant)};
    if (is(v, kLoopRow)) return row_ref(v);
    const Value x = v.input(0);
    Ref ref = schedule_.refs[index(x)];
    if (is(v, ops::kBroadcast) && v.shape().size() > 1) ref.repeat = true;
    if (is(v, ops::kSlice) && !ref.repeat) {
      ref.offset += std::get<SliceRange>(v.attribute()).begin * (x.shape().size() / x.shape()[0]);
    }
    return ref;
  }

  // Gives v numbers of its own: a constant is written out, a view becomes a group member that copies its
  // root.
  void force(Value v) {
    if (schedule_.form(v) == Form::kView) schedule_.forms[index(v)] = Form::kElementwise;
    schedule_.refs[index(v)] = {v, 0, false};
    need_node(v);
  }

  void need_node(Value v) {
    if (schedule_.computed[index(v)]) return;
    schedule_.computed[index(v)] = true;
    grown_ = true;
  }
  void need(Value v) { need_node(schedule_.refs[index(v)].root); }

  // v's numbers stand one after another, of each sample (batched) or once (shared).
  void need_whole(Value v) {
    const Ref& ref = schedule_.refs[index(v)];
    const bool repeated = ref.repeat && v.shape().size() > 1;
    if (repeated || ref.root.batched() != v.batched()) return force(v);
    need(v);
  }

  // A batched output is kept row by row as its root is, so the root is to hold nothing else.
  void need_output(Value v) {
    const bool part = schedule_.refs[index(v)].root.shape().size() != v.shape().size();
    if (part && v.batched()) return force(v);
    need_whole(v);
  }

  void need_operands(Value v) {
    switch (schedule_.form(v)) {
      case Form::kLeaf: return;
      case Form::kProduct: need_whole(product_matrix(schedule_, v).matrix); return need_whole(v.input(1));
      case Form::kOuterSum:
        for (const Value x : operands_of(schedule_, v)) need_whole(x);
        return;
      case Form::kRows:
        if (v.input_count() > 1) need_node(v.input(1));
        if (schedule_.written[index(v)]) need_node(schedule_.written[index(v)]);
        return;
      case Form::kColumnSum:
        for (const Value x : operands_of(schedule_, v)) summands_of(v).steps > 1 ? need_whole(x) : need(x);
        return;
      default:
        for (const Value x : operands_of(schedule_, v)) need(x);
    }
  }

  Schedule& schedule_;
  bool grown_ = false;
};

}  // namespace

std::optional<Elementwise> elementwise_kernel(const Op& op) {
  const auto* it =
      std::find_if(kElementwise.begin(), kElementwise.end(), [&](const auto& e) { return e.op == &op; });
  return it == kElementwise.end() ? std::nullopt : std::optional(it->kernel);
}

Elementwise member_kernel(const Schedule& schedule, Value v) {
  const Value product = schedule.folded_in(v);
  if (!product) return *elementwise_kernel(v.op());
  if (is(v, ops::kAdd)) return Elementwise::kMulAdd;
  return schedule.ref(v.input(0)).root == product ? Elementwise::kMulSub : Elementwise::kNegMulAdd;
}

std::optional<Column> column_kernel(const Op& op) {
  const auto* it = std::find_if(kColumn.begin(), kColumn.end(), [&](const auto& e) { return e.op == &op; });
  return it == kColumn.end() ? std::nullopt : std::optional(it->kernel);
}

ProductMatrix product_matrix(const Schedule& schedule, Value product) {
  const Value a = product.input(0);
  return is(a, ops::kTranspose) && schedule.loop(product) < 0 ? ProductMatrix{a.input(0), true}
                                                              : ProductMatrix{a, false};
}

std::vector<Value> operands_of(const Schedule& schedule, Value result) {
  std::vector<Value> operands;
  switch (schedule.form(result)) {
    case Form::kLeaf:
    case Form::kRows: break;
    case Form::kProduct: operands = {product_matrix(schedule, result).matrix, result.input(1)}; break;
    case Form::kOuterSum:
    case Form::kColumnSum:
      for (const Summands& part : parts_of_sum(result)) {
        operands.push_back(part.left);
        if (part.right) operands.push_back(part.right);
      }
      break;
    case Form::kPack: operands = {result.input(0)}; break;
    case Form::kElementwise:
      if (is(result, kLoopWrite)) return {result.input(0)};
      if (const Value product = schedule.folded_in(result)) {
        const bool first = schedule.ref(result.input(0)).root == product;
        const Value factor = product.input(product.input_count() - 1);  // a square's is both
        return {product.input(0), factor, result.input(first ? 1 : 0)};
      }
      [[fallthrough]];
    default:
      for (int i = 0; i < result.input_count(); ++i) operands.push_back(result.input(i));
  }
  return operands;
}

Schedule select_forms(Schedule schedule) {
  Selection(schedule).run();
  find_homes(schedule);
  return schedule;
}

}  // namespace catenary::engine
