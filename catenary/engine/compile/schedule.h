#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "catenary/engine/compile/loop.h"
#include "catenary/ir/program.h"
#include "catenary/kernels/kernels.h"

/// From a graph to an order of work, before any memory or kernel is chosen. Private to engine/.
namespace catenary::engine {

/// Where a value's numbers are: those of `root` from element `offset` on, or that one element everywhere
/// (`repeat`). Reshapes, broadcasts and slices along the first axis cost nothing: they are only another way
/// to read their root.
struct Ref {
  Value root;
  std::int64_t offset = 0;
  bool repeat = false;
  std::int64_t step = 0;  ///< elements further on in each next step of the loop that reads it
  /// -1, or of two rows, `step` elements each, that a loop writes and reads by turns: which one first.
  int turn = -1;

  [[nodiscard]] bool operator==(const Ref&) const = default;
};

/// A place within another value's numbers, where a value is computed at once instead of being copied there.
struct Home {
  Value in = {};  ///< empty: it has numbers of its own
  std::int64_t offset = 0, step = 0;
  int turn = -1;  ///< as Ref's
};

/// What kind of work computes a node.
enum class Form : std::uint8_t {
  kLeaf,         ///< nothing: an input, a variable, a constant, the batch size
  kView,         ///< nothing: a Ref to another root
  kElementwise,  ///< member of a group
  kFolded,       ///< nothing: a product that its only reader adds or subtracts in one fused multiply-add
  kProduct,      ///< head of a group: W·x or Wᵀ·x with a shared W
  kColumn,       ///< one result down each sample's column
  kConcat,       ///< parts copied below one another
  kOuterSum,     ///< batch_sum(outer(d, x)), and batch_sum(DᵀX): accumulated without making the product
  kColumnSum,    ///< any other batch_sum
  kRows,         ///< nothing: memory that a loop's steps write to
  kPack,         ///< a step's row, copied to where sums over the steps read it
  kReference,    ///< the operator's own reference implementation, sample by sample
};

/// Sums are taken when all of a stage's items are done, unless they are parts of a sum.
inline constexpr int kAtTheEnd = std::numeric_limits<int>::max();

/// A step of a stage. A group runs block by block so that what passes between its members stays in the L1
/// cache.
struct Item {
  enum class Kind : std::uint8_t {
    kGroup,
    kColumn,
    kConcat,
    kTranspose,
    kPack,
    kOuterSum,
    kColumnSum,
    kReference
  };
  Kind kind = Kind::kGroup;
  /// What the item computes; of a group, its head product or an empty value; of a transposition, what is
  /// transposed.
  Value result;
  /// A group's elementwise nodes (in a shared stage also the batch sums whose lanes it combines), in order.
  std::vector<Value> members = {};
  /// A group's rows in a sample stage, elements in a shared one.
  std::int64_t extent = 0;
  /// Shared groups of more than one element: which set of connected nodes the members belong to.
  int component = -1;
  /// In Schedule::loops: neighbours of one loop run one after another in each of its steps; -1: once.
  int loop = -1;
  /// Sums: which part of its result's, and after how many of the stage's items it is taken.
  std::size_t part = 0;
  int after = kAtTheEnd;
};

/// Work between two crossings of the batch: stages 0, 2, 4 ... compute shared values, 1, 3, 5 ... each
/// sample's.
struct Stage {
  std::vector<Item> items;
  /// Sample stages: the sums over the batch, taken when their items are done for a span of samples; in that
  /// order.
  std::vector<Item> sums = {};
  /// Sample stages: inputs and earlier stages' values that the items read as tiles, and as sample rows.
  std::vector<Value> tile_loads = {};
  std::vector<Value> row_loads = {};
  /// Sample stages: what is kept for the whole batch, for later stages or as output.
  std::vector<Value> stores = {};
};

/// The program, rewritten and put in order.
struct Schedule {
  Program program = {};
  std::vector<Stage> stages = {};
  std::vector<Value> nodes = {};   ///< all that the program needs, in topological order
  std::vector<Ref> refs = {};      ///< by node id
  std::vector<Form> forms = {};    ///< by node id
  std::vector<Value> folded = {};  ///< by node id: the product that the node adds or subtracts itself
  std::vector<int> stage_of = {};  ///< by node id
  std::vector<Loop> loops = {};
  std::vector<int> loop_of = {};    ///< by node id: the loop whose steps compute it; -1: none
  std::vector<Home> homes = {};     ///< by node id
  std::vector<Value> written = {};  ///< by the node id of a loop's rows: what its steps write there
  /// By node id: loops' rows that nothing but sums over the steps reads.
  std::vector<bool> packed = {};
  /// By node id: sums that a product adds to, in place.
  std::vector<bool> accumulated = {};
  std::vector<bool> computed =
      {};  ///< by node id: its root holds numbers (it is no mere view, and somebody needs it)

  [[nodiscard]] const Ref& ref(Value v) const { return refs[static_cast<std::size_t>(v.id())]; }
  [[nodiscard]] Form form(Value v) const { return forms[static_cast<std::size_t>(v.id())]; }
  [[nodiscard]] int stage(Value v) const { return stage_of[static_cast<std::size_t>(v.id())]; }
  [[nodiscard]] Value folded_in(Value v) const { return folded[static_cast<std::size_t>(v.id())]; }
  [[nodiscard]] int loop(Value v) const { return loop_of[static_cast<std::size_t>(v.id())]; }
  [[nodiscard]] const Home& home(Value v) const { return homes[static_cast<std::size_t>(v.id())]; }
  [[nodiscard]] bool is_computed(Value v) const { return computed[static_cast<std::size_t>(v.id())]; }
};

[[nodiscard]] inline std::size_t index(Value v) { return static_cast<std::size_t>(v.id()); }
/// Whether a value is one number for the whole batch.
[[nodiscard]] inline bool is_scalar(Value v) { return !v.batched() && v.shape().size() == 1; }
/// A node's number: a constant's value, a slope, an exponent; 0 if it has none.
[[nodiscard]] inline double number_of(Value v) {
  const double* number = std::get_if<double>(&v.attribute());
  return number == nullptr ? 0 : *number;
}

/// The kernel of an operator, if it has one of that kind.
[[nodiscard]] std::optional<kernels::Elementwise> elementwise_kernel(const Op& op);
/// The kernel of an elementwise node together with the product that is folded into it.
[[nodiscard]] kernels::Elementwise member_kernel(const Schedule& schedule, Value v);
[[nodiscard]] std::optional<kernels::Column> column_kernel(const Op& op);

/// The matrix that a product reads, and whether it reads it transposed; what all steps of a loop read is
/// transposed once.
struct ProductMatrix {
  Value matrix;
  bool transposed = false;
};
[[nodiscard]] ProductMatrix product_matrix(const Schedule& schedule, Value product);

/// What a batch sum adds up: rows, or outer products of rows, of each sample and step.
struct Summands {
  Value left;
  Value right = {};  ///< empty: a sum of rows
  std::int64_t steps = 1;
  std::int64_t left_step = 0, right_step = 0;  ///< of left's and right's rows the first
};
[[nodiscard]] Summands summands_of(Value batch_sum);
/// The same, or one for each segment where loops over segments make the rows.
[[nodiscard]] std::vector<Summands> parts_of_sum(Value batch_sum);

/// The last of the loops that make what it adds up; -1: none does. To be asked when all refs are known.
[[nodiscard]] int last_loop(const Schedule& schedule, const Summands& summands);

/// Whether a loop, if it is one, goes from the last step to the first.
[[nodiscard]] bool goes_backward(const Schedule& schedule, int loop);

/// How a program adds up the rows of sequences.
enum class StepSums : std::uint8_t {
  kNone,
  kWhole,    ///< when all steps are done
  kInParts,  ///< as segments of steps are done
};

/// The values that an item reads, as the operands of its kernels (before Ref resolution); of a batch sum
/// those of one part after another. The second operand of an outer sum is read as sample rows, everything
/// else as tiles or shared values.
[[nodiscard]] std::vector<Value> operands_of(const Schedule& schedule, Value result);

/// The one graph of a program. Throws Error{config} for values of two graphs, and for a program without any.
[[nodiscard]] Graph& graph_of(const Program& program);
/// The program on a copy of its graph.
[[nodiscard]] Program carried_over(Program program, Graph& copy);

/// Passes of compile, in order: each goes on with what the one before handed on. They add nodes to the
/// program's graph.
[[nodiscard]] Schedule rewrite_program(const Program& program);
[[nodiscard]] Schedule assign_stages(Schedule schedule);
[[nodiscard]] Schedule fuse(Schedule schedule);
/// The first half of fuse: forms, refs and what is computed.
[[nodiscard]] Schedule select_forms(Schedule schedule);
/// The end of it: homes, what is packed, accumulated and folded.
void find_homes(Schedule& schedule);

/// One line for each node, stage, or item: for `catenary inspect --dump-after`.
[[nodiscard]] std::string dump_nodes(const Schedule& schedule);
[[nodiscard]] std::string dump_items(const Schedule& schedule);

}  // namespace catenary::engine
