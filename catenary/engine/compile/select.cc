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
  if (is(v, ops::kReshape) || is(v, ops::kBatchBroadcast)) return true;
  if (is(v, ops::kBroadcast)) return v.input(0).shape().size() == 1;
  return is(v, ops::kSlice) && std::get<SliceRange>(v.attribute()).axis == 0;
}

bool is_outer_of_samples(Value v) {
  return is(v, ops::kOuter) && v.input(0).batched() && v.input(1).batched();
}

Form form_of(Value v) {
  if (is_leaf(v.op()) || is(v, ops::kBatchSize)) return Form::kLeaf;
  if (is_view(v)) return Form::kView;
  if (is(v, ops::kBatchSum)) return is_outer_of_samples(v.input(0)) ? Form::kOuterSum : Form::kColumnSum;
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
    for (const Value v : schedule.nodes) {
      schedule.forms[index(v)] = form_of(v);
      schedule.refs[index(v)] = resolve(v);
    }
  }

  void run() {
    for (const Output& output : schedule_.program.outputs) need_output(output.value);
    for (const Update& update : schedule_.program.updates) need(update.next);
    for (auto it = schedule_.nodes.rbegin(); it != schedule_.nodes.rend(); ++it) {
      if (schedule_.is_computed(*it)) need_operands(*it);
    }
    // Values that were made to hold numbers of their own are now the roots of the views on them.
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v) || schedule_.form(v) == Form::kView)
        schedule_.refs[index(v)] = resolve(v);
    }
    fold_products();
  }

 private:
  // x·y + z, x·y − z and z − x·y are one operation where nobody else reads the product or square.
  void fold_products() {
    std::vector<int> readers(schedule_.forms.size());
    const auto read = [&](Value v) { ++readers[index(schedule_.ref(v).root)]; };
    for (const Output& output : schedule_.program.outputs) read(output.value);
    for (const Update& update : schedule_.program.updates) read(update.next);
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v)) continue;
      for (const Value x : operands_of(schedule_, v)) read(x);
    }
    for (const Value v : schedule_.nodes) {
      const bool adds = is(v, ops::kAdd) || is(v, ops::kSub);
      if (!schedule_.is_computed(v) || schedule_.form(v) != Form::kElementwise || !adds) continue;
      for (int i = 0; i < 2 && !schedule_.folded_in(v); ++i) {
        const Ref& ref = schedule_.ref(v.input(i));
        if (can_fold(ref, v) && readers[index(ref.root)] == 1) fold(ref.root, v);
      }
    }
  }

  bool can_fold(const Ref& ref, Value reader) const {
    const Value x = ref.root;
    const bool whole = ref.offset == 0 && !ref.repeat && x.shape().size() == reader.shape().size();
    return (is(x, ops::kMul) || is(x, ops::kSquare)) && schedule_.form(x) == Form::kElementwise && whole &&
           x.batched() == reader.batched() && schedule_.stage(x) == schedule_.stage(reader);
  }

  void fold(Value product, Value reader) {
    schedule_.forms[index(product)] = Form::kFolded;
    schedule_.computed[index(product)] = false;
    schedule_.folded[index(reader)] = product;
  }

  Ref resolve(Value v) const {
    if (schedule_.forms[index(v)] != Form::kView) return {v, 0, is(v, ops::kConstant)};
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
    schedule_.computed[index(v)] = true;
  }

  void need(Value v) { schedule_.computed[index(schedule_.refs[index(v)].root)] = true; }

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
      case Form::kProduct: need_whole(product_matrix(v).matrix); return need_whole(v.input(1));
      case Form::kOuterSum: need_whole(v.input(0).input(0)); return need_whole(v.input(0).input(1));
      default:
        for (const Value x : operands_of(schedule_, v)) need(x);
    }
  }

  Schedule& schedule_;
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

ProductMatrix product_matrix(Value product) {
  const Value a = product.input(0);
  return is(a, ops::kTranspose) ? ProductMatrix{a.input(0), true} : ProductMatrix{a, false};
}

std::vector<Value> operands_of(const Schedule& schedule, Value result) {
  std::vector<Value> operands;
  switch (schedule.form(result)) {
    case Form::kLeaf: break;
    case Form::kProduct: operands = {product_matrix(result).matrix, result.input(1)}; break;
    case Form::kOuterSum: operands = {result.input(0).input(0), result.input(0).input(1)}; break;
    case Form::kElementwise:
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
  return schedule;
}

}  // namespace catenary::engine
