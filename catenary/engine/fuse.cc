#include <algorithm>
#include <array>
#include <numeric>

#include "catenary/base/error.h"
#include "catenary/engine/schedule.h"
#include "catenary/ops/catalogue.h"

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

bool is(Value v, const Op& op) { return &v.op() == &op; }

std::size_t index(Value v) { return static_cast<std::size_t>(v.id()); }

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

// Puts computed nodes in order. Elementwise nodes wait until somebody reads them, then join the latest group
// that they may run with: the derivative of relu runs with the product that it multiplies.
class Grouping {
 public:
  explicit Grouping(Schedule& schedule)
      : schedule_(schedule),
        position_(schedule.stage_of.size(), -1),
        component_(schedule.stage_of.size()),
        placed_(schedule.stage_of.size(), false),
        transposed_(schedule.stage_of.size(), false) {
    connect_shared_nodes();
  }

  void run() {
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v)) continue;
      if (is(v, ops::kBatchSum)) {
        place_operands(v);
        place_sum(v);
      } else if (schedule_.form(v) != Form::kElementwise) {
        place_with_operands(v);
      }
    }
    // Shared numbers first, such as Adam's bias corrections, so that groups need not be cut where they are
    // read.
    for (const Value v : schedule_.nodes) {
      if (schedule_.is_computed(v) && !v.batched() && v.shape().size() == 1) place_with_operands(v);
    }
    for (const Value v : schedule_.nodes) {
      if (schedule_.is_computed(v)) place_with_operands(v);
    }
    for (const Output& output : schedule_.program.outputs) {
      const Value root = schedule_.ref(output.value).root;
      if (root.batched()) store(root, std::max(schedule_.stage(root), 1));
    }
  }

 private:
  // Shared nodes of one size that read each other, such as a gradient, its moments and its parameter's
  // update. A component is named after its first node.
  void connect_shared_nodes() {
    std::iota(component_.begin(), component_.end(), 0);
    for (const Value v : schedule_.nodes) {
      if (!is_shared_member(v) || is(v, ops::kBatchSum)) continue;
      for (const Value x : operands_of(schedule_, v)) {
        const Ref& ref = schedule_.ref(x);
        const bool aligned = ref.offset == 0 && !ref.repeat && ref.root.shape().size() == v.shape().size();
        if (!aligned || !is_shared_member(ref.root) || schedule_.stage(ref.root) != schedule_.stage(v))
          continue;
        const int a = component(ref.root), b = component(v);
        component_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
      }
    }
  }

  bool is_shared_member(Value v) const {
    const Form form = schedule_.form(v);
    return schedule_.is_computed(v) && !v.batched() && v.shape().size() > 1 &&
           (form == Form::kElementwise || form == Form::kOuterSum || form == Form::kColumnSum);
  }

  // −1: a number, or computed for each sample, which runs with any group of its extent.
  int component(Value v) const {
    if (!is_shared_member(v)) return -1;
    int id = v.id();
    while (component_[static_cast<std::size_t>(id)] != id) id = component_[static_cast<std::size_t>(id)];
    return id;
  }

  Stage& stage_at(int stage) { return schedule_.stages[static_cast<std::size_t>(stage)]; }

  // The first operand's root that still waits for its place; of a batch sum only the combining of lanes is
  // placed here, which reads nothing.
  Value waiting_operand(Value v) const {
    if (schedule_.form(v) == Form::kLeaf || is(v, ops::kBatchSum)) return {};
    for (const Value x : operands_of(schedule_, v)) {
      const Value root = schedule_.ref(x).root;
      if (!placed_[index(root)]) return root;
    }
    return {};
  }

  // Depth first without recursion: a chain of nodes may be as long as the program.
  void place_with_operands(Value v) {
    std::vector<Value> path = {v};
    while (!path.empty()) {
      const Value top = path.back();
      const Value waiting = waiting_operand(top);
      if (waiting) {
        path.push_back(waiting);
        continue;
      }
      if (!placed_[index(top)]) place(top);
      placed_[index(top)] = true;
      path.pop_back();
    }
  }

  void place_operands(Value v) {
    for (const Value x : operands_of(schedule_, v)) place_with_operands(schedule_.ref(x).root);
  }

  void place(Value v) {
    const int stage = schedule_.stage(v);
    switch (schedule_.form(v)) {
      case Form::kLeaf:
      case Form::kView:
      case Form::kFolded: return;
      case Form::kElementwise:
      case Form::kOuterSum:
      case Form::kColumnSum: return place_member(v, stage);
      case Form::kProduct: return append(v, stage, {Item::Kind::kGroup, v, {}, v.shape().size()});
      case Form::kColumn: return append(v, stage, {Item::Kind::kColumn, v});
      case Form::kConcat: return append(v, stage, {Item::Kind::kConcat, v});
      case Form::kReference: return append(v, stage, {Item::Kind::kReference, v});
    }
  }

  // The part of a batch sum that runs with the samples; the combining of lanes is a member of a shared group.
  void place_sum(Value v) {
    const int stage = schedule_.stage(v) - 1;
    note_reads(v, stage);
    if (schedule_.form(v) == Form::kColumnSum) {
      stage_at(stage).sums.push_back({Item::Kind::kColumnSum, v});
      return;
    }
    const Value rows = schedule_.ref(v.input(0).input(1)).root;
    if (schedule_.form(rows) != Form::kLeaf && schedule_.stage(rows) == stage && !transposed_[index(rows)]) {
      transposed_[index(rows)] = true;
      stage_at(stage).items.push_back({Item::Kind::kTranspose, rows});
    }
    stage_at(stage).sums.push_back({Item::Kind::kOuterSum, v});
  }

  void append(Value v, int stage, Item item) {
    note_reads(v, stage);
    stage_at(stage).items.push_back(std::move(item));
    if (schedule_.stage(v) == stage) position_[index(v)] = static_cast<int>(stage_at(stage).items.size()) - 1;
  }

  // The item from which on all operands of v are there; with `aligned`, v may also run within that very item.
  int earliest(Value v, int stage, std::int64_t extent) const {
    int earliest = 0;
    if (is(v, ops::kBatchSum)) return earliest;
    for (const Value x : operands_of(schedule_, v)) {
      const Ref& ref = schedule_.ref(x);
      if (schedule_.stage(ref.root) != stage || position_[index(ref.root)] < 0) continue;
      const bool aligned = ref.offset == 0 && (!ref.repeat || extent == 1) &&
                           ref.root.shape().size() == extent &&
                           stage_of_item(stage, position_[index(ref.root)]).kind == Item::Kind::kGroup;
      earliest = std::max(earliest, position_[index(ref.root)] + (aligned ? 0 : 1));
    }
    return earliest;
  }

  const Item& stage_of_item(int stage, int item) const {
    return schedule_.stages[static_cast<std::size_t>(stage)].items[static_cast<std::size_t>(item)];
  }

  void place_member(Value v, int stage) {
    const std::int64_t extent = v.shape().size();
    if (!is(v, ops::kBatchSum)) note_reads(v, stage);
    std::vector<Item>& items = stage_at(stage).items;
    const int first = earliest(v, stage, extent);
    for (int i = static_cast<int>(items.size()) - 1; i >= first; --i) {
      Item& item = items[static_cast<std::size_t>(i)];
      if (item.kind != Item::Kind::kGroup || item.extent != extent || item.component != component(v))
        continue;
      item.members.push_back(v);
      position_[index(v)] = i;
      return;
    }
    items.push_back({Item::Kind::kGroup, {}, {v}, extent, component(v)});
    position_[index(v)] = static_cast<int>(items.size()) - 1;
  }

  void note_reads(Value v, int stage) {
    if (stage % 2 == 0) return;
    if (schedule_.form(v) == Form::kOuterSum) {
      read(schedule_.ref(v.input(0).input(0)).root, stage);
      return read_rows(schedule_.ref(v.input(0).input(1)).root, stage);
    }
    for (const Value x : operands_of(schedule_, v)) read(schedule_.ref(x).root, stage);
  }

  bool comes_from_outside(Value root, int stage) const {
    return root.batched() && (is(root, ops::kInput) || schedule_.stage(root) < stage);
  }

  void read(Value root, int stage) {
    if (!comes_from_outside(root, stage)) return;
    add_once(stage_at(stage).tile_loads, root);
    if (!is(root, ops::kInput)) store(root, schedule_.stage(root));
  }

  void read_rows(Value root, int stage) {
    if (!comes_from_outside(root, stage)) return;
    add_once(stage_at(stage).row_loads, root);
    if (!is(root, ops::kInput)) store(root, schedule_.stage(root));
  }

  void store(Value root, int stage) {
    if (is(root, ops::kInput)) add_once(stage_at(stage).tile_loads, root);
    add_once(stage_at(stage).stores, root);
  }

  static void add_once(std::vector<Value>& list, Value v) {
    if (std::find(list.begin(), list.end(), v) == list.end()) list.push_back(v);
  }

  Schedule& schedule_;
  std::vector<int> position_;     // by node id: its item in its stage
  std::vector<int> component_;    // by node id: a smaller id of the same component, or its own
  std::vector<bool> placed_;      // by node id
  std::vector<bool> transposed_;  // by node id: its transposition is already an item
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

void fuse(Schedule& schedule) {
  Selection(schedule).run();
  Grouping(schedule).run();
}

}  // namespace catenary::engine
