#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catenary/ir/op.h"
#include "catenary/ir/type.h"

namespace catenary {

class Graph;
struct Node;
/// A node's place in its graph, from 0 in the order of making.
using NodeId = std::int32_t;

/// A node of a graph, as a handle to pass by value. Empty when default-constructed. It owns nothing: it is
/// good for as long as its graph, wherever that is moved to. Compiled steps and derivations do not need it.
class Value {
 public:
  Value() = default;

  /// Throws Error{config} when the value is empty, as does everything below that reads the node.
  [[nodiscard]] Graph& graph() const;
  /// The node's; -1 of an empty value.
  [[nodiscard]] NodeId id() const { return id_; }
  /// Whether it is a node, not empty.
  [[nodiscard]] explicit operator bool() const { return nodes_ != nullptr; }
  [[nodiscard]] bool operator==(const Value&) const = default;

  /// The operator whose call it is; a leaf's is one of ops::kInput and its like.
  [[nodiscard]] const Op& op() const;
  /// What is known of its numbers: type(), and of that shape() and batched().
  [[nodiscard]] const Type& type() const;
  [[nodiscard]] const Shape& shape() const { return type().shape; }
  [[nodiscard]] bool batched() const { return type().batched; }
  /// What the call was given beside its operands.
  [[nodiscard]] const Attribute& attribute() const;
  /// The number of operands; 0 of a leaf.
  [[nodiscard]] int input_count() const;
  /// Operand i of 0 .. input_count() - 1.
  [[nodiscard]] Value input(int i) const;
  /// The leaf's name, or what rename() gave it; "" if neither.
  [[nodiscard]] const std::string& name() const;
  /// Gives the value a name for printouts and derivations; it changes no result.
  Value rename(std::string_view name) const;
  /// Of a shared input: the number that it has in every element where nobody sets it. Throws Error{config}
  /// for any other value, and when the input has another default already.
  Value set_default(double number) const;  // NOLINT(modernize-use-nodiscard): the graph has changed
  /// A shared input's default; nothing if it has none or is none.
  [[nodiscard]] std::optional<double> default_number() const;

 private:
  friend class Graph;
  struct Nodes;
  Value(Nodes* nodes, NodeId id) : nodes_(nodes), id_(id) {}
  [[nodiscard]] const Node& node() const;

  Nodes* nodes_ = nullptr;
  NodeId id_ = -1;
};

/// One operator call. Its inputs have smaller ids, so index order is topological order.
struct Node {
  const Op* op;                ///< what was called; never null
  std::vector<NodeId> inputs;  ///< the operands
  Type type;                   ///< of the result
  Attribute attribute;         ///< what the call was given beside its operands
  std::string name;            ///< see Value::name
};

/// A computation for one sample, in single static assignment form. Equal calls are one node (hash-consing),
/// so common subexpressions never exist twice. It owns its nodes: its values stay good when it is moved and
/// end with it. A step needs no graph once it is compiled. A graph that was moved from throws Error{config}
/// when it is used.
class Graph {
 public:
  Graph();
  ~Graph();
  Graph(Graph&& other) noexcept;
  Graph& operator=(Graph&& other) noexcept;
  /// A graph of its own of the same nodes: those of equal ids correspond.
  [[nodiscard]] Graph copy() const;

  /// A value that each sample brings along: an image, a label.
  Value input(std::string_view name, const Shape& shape, DType dtype = DType::kF32);
  /// A value that the caller sets for the whole batch: a learning rate. See Value::set_default.
  Value shared_input(std::string_view name, const Shape& shape, DType dtype = DType::kF32);
  /// A trainable variable. Throws Error{shape} for orthogonal matrices that have no such shape.
  Value parameter(std::string_view name, const Shape& shape, const Init& init = {},
                  DType dtype = DType::kF32);
  /// A variable that only the program's own updates change: momentum, step count.
  Value state(std::string_view name, const Shape& shape, double initial, DType dtype = DType::kF32);
  /// `value` in every element.
  Value constant(double value, const Shape& shape = {}, DType dtype = DType::kF32);

  /// A call of `op`; the existing node if the same call was made before. Throws Error{shape} or Error{dtype}.
  Value call(const Op& op, std::span<const Value> inputs, const Attribute& attribute = {});
  Value call(const Op& op, std::initializer_list<Value> inputs, const Attribute& attribute = {}) {
    return call(op, std::span(inputs.begin(), inputs.size()), attribute);
  }

  /// The node of 0 <= id < size(). The reference is good for as long as the graph.
  [[nodiscard]] const Node& node(NodeId id) const;
  /// The number of nodes.
  [[nodiscard]] NodeId size() const;
  /// The node as a handle.
  [[nodiscard]] Value value(NodeId id) { return {&nodes(), id}; }
  /// The parameters in the order of their making.
  [[nodiscard]] std::vector<Value> parameters();
  /// The leaf of that name; an empty Value if there is none.
  [[nodiscard]] Value find(std::string_view name);

 private:
  friend class Value;
  Value leaf(const Op& op, std::string_view name, const Type& type, const Attribute& attribute);
  Value append(Node node);
  [[nodiscard]] NodeId find_call(const Node& node, std::size_t hash) const;
  [[nodiscard]] Value::Nodes& nodes() const;

  std::unique_ptr<Value::Nodes> nodes_;  // where values point to; empty once it was moved from
};

/// What a graph owns.
struct Value::Nodes {
  Graph* graph;           // the one that owns them now
  std::deque<Node> list;  // a deque, so that references to nodes survive later calls
  std::unordered_multimap<std::size_t, NodeId> calls;    // hash of a call -> its node
  std::unordered_map<std::string, NodeId> leaf_by_name;  // for look-ups only: no result depends on its order
};

inline const Node& Graph::node(NodeId id) const { return nodes().list[static_cast<std::size_t>(id)]; }
inline NodeId Graph::size() const { return static_cast<NodeId>(nodes().list.size()); }

/// Throws Error{config} that names both values unless they belong to one graph. who: what needs that.
void check_same_graph(Value a, Value b, std::string_view who);

namespace ops {
/// The leaves' operators. They have no operands; input and variable values come from outside.
extern const Op kInput, kSharedInput, kVariable, kConstant;
}  // namespace ops

/// Whether the operator is a leaf's.
[[nodiscard]] inline bool is_leaf(const Op& op) {
  return &op == &ops::kInput || &op == &ops::kSharedInput || &op == &ops::kVariable || &op == &ops::kConstant;
}

/// Whether `v` is a result of `op`.
[[nodiscard]] inline bool is(Value v, const Op& op) { return &v.op() == &op; }

/// What a gradient rule may read: the call's operands and result, and dy = ∂J/∂y. It answers with new nodes.
struct Pullback {
  Value y;   ///< the result
  Value dy;  ///< its adjoint ∂J/∂y, of y's type
  /// Operand i.
  [[nodiscard]] Value x(int i = 0) const { return y.input(i); }
  /// The attribute of a call that has a number.
  [[nodiscard]] double number() const { return std::get<double>(y.attribute()); }
};

/// A gradient rule that says: nothing flows back through this operator (it is constant almost everywhere).
[[nodiscard]] Adjoints not_differentiable(const Pullback&);

}  // namespace catenary
