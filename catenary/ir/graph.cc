#include "catenary/ir/graph.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "catenary/base/error.h"
#include "catenary/ir/print.h"

namespace catenary {

namespace {

std::size_t mix(std::size_t hash, std::size_t x) { return (hash ^ x) * 0x9E3779B97F4A7C15ull + (hash >> 29); }

struct AttributeHash {
  std::size_t operator()(std::monostate) const { return 0; }
  std::size_t operator()(double x) const { return std::hash<double>{}(x); }
  std::size_t operator()(std::int64_t x) const { return std::hash<std::int64_t>{}(x); }
  std::size_t operator()(const Shape& shape) const {
    std::size_t hash = static_cast<std::size_t>(shape.rank());
    for (const std::int64_t extent : shape.extents()) hash = mix(hash, static_cast<std::size_t>(extent));
    return hash;
  }
  std::size_t operator()(const SliceRange& r) const {
    return mix(mix(static_cast<std::size_t>(r.axis), static_cast<std::size_t>(r.begin)),
               static_cast<std::size_t>(r.end));
  }
  std::size_t operator()(const VariableSpec& spec) const { return std::hash<double>{}(spec.init.scale); }
  std::size_t operator()(const BodyHandle& body) const { return body.hash(); }
};

std::size_t hash_of(const Node& node) {
  std::size_t hash = std::hash<const void*>{}(node.op);
  for (const NodeId id : node.inputs) hash = mix(hash, static_cast<std::size_t>(id));
  hash = mix(hash, AttributeHash{}(node.type.shape) + static_cast<std::size_t>(node.type.dtype));
  return mix(hash, std::visit(AttributeHash{}, node.attribute));
}

// Attributes that differ in their bits differ: 0.0 and -0.0 are two constants, and a NaN equals itself.
bool same_attribute(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  if (const double* x = std::get_if<double>(&a)) {
    return std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(std::get<double>(b));
  }
  return a == b;
}

bool result_is_batched(const Op& op, std::span<const Value> inputs) {
  const bool any = std::any_of(inputs.begin(), inputs.end(), [](const Value& v) { return v.batched(); });
  switch (op.batch) {
    case BatchRule::kAsOperands: return any;
    case BatchRule::kReduces:
      if (!any)
        fail(ErrorKind::kShape,
             "{} needs an operand that is batched (one for each sample), found a shared one", op.name);
      return false;
    case BatchRule::kSpreads:
      if (any)
        fail(ErrorKind::kShape, "{} needs an operand that is shared (one for the batch), found a batched one",
             op.name);
      return true;
  }
  return any;
}

DType common_dtype(const Op& op, std::span<const Value> inputs) {
  for (const Value& v : inputs) {
    if (v.type().dtype != inputs[0].type().dtype) {
      fail(ErrorKind::kDtype, "{} needs operands of one number type, found {} and {}", op.name,
           name_of(inputs[0].type().dtype), name_of(v.type().dtype));
    }
  }
  return inputs.empty() ? DType::kF32 : inputs[0].type().dtype;
}

void check_arity(const Op& op, std::size_t found) {
  const auto needed = static_cast<std::size_t>(op.arity());
  if (op.variadic() ? found >= 1 : found == needed) return;
  fail(ErrorKind::kShape, "{} needs {}{} operand{}, found {}", op.name, op.variadic() ? "at least " : "",
       op.variadic() ? 1 : needed, needed == 1 ? "" : "s", found);
}

// Throws unless all operands are values of the graph that is called; `v` is one that is not.
[[noreturn]] void fail_operand(const Op& op, std::span<const Value> inputs, Value v) {
  if (!v) fail(ErrorKind::kConfig, "{} was given an empty value; it belongs to no graph", op.name);
  for (const Value other : inputs) {
    if (other) check_same_graph(inputs[0], other, op.name);
  }
  fail(ErrorKind::kConfig, "{} needs values of the graph that it is called on, found {} of another", op.name,
       describe(v));
}

// The variant's alternative is part of the operator: its rules read the attribute without asking.
void check_attribute(const Op& op, const Attribute& attribute) {
  const std::size_t needed = op.example == nullptr ? 0 : op.example({1, 1, 1}).index();
  if (attribute.index() == needed) return;
  if (needed == 0) fail(ErrorKind::kInternal, "{} takes no attribute", op.name);
  fail(ErrorKind::kInternal, "{} was called with an attribute of another kind than its own", op.name);
}

Shape no_shape(const ShapeQuery&) { return {}; }
constexpr auto kNoReference = [](const auto&) {
  fail(ErrorKind::kInternal, "a leaf has no reference implementation");
};

constexpr Op leaf_op(std::string_view name, std::string_view summary) {
  return {.name = name,
          .summary = summary,
          .notation = {.text = name, .latex = name},
          .operands = "none",
          .infer = no_shape,
          .reference = kNoReference,
          .gradient = not_differentiable};
}

}  // namespace

namespace ops {
constinit const Op kInput = leaf_op("input", "A value that each sample brings along.");
constinit const Op kSharedInput =
    leaf_op("shared_input", "A value that the caller sets for the whole batch.");
constinit const Op kVariable = leaf_op("variable", "A parameter or a state: it lives from step to step.");
constinit const Op kConstant = leaf_op("constant", "One number in every element.");
}  // namespace ops

Adjoints not_differentiable(const Pullback& p) {
  return Adjoints(static_cast<std::size_t>(p.y.input_count()));
}

namespace {

[[noreturn]] void fail_empty() {
  fail(ErrorKind::kConfig, "an empty value was used; it belongs to no graph");
}

}  // namespace

Graph& Value::graph() const {
  if (nodes_ == nullptr) fail_empty();
  return *nodes_->graph;
}

const Node& Value::node() const {
  if (nodes_ == nullptr) fail_empty();
  return nodes_->list[static_cast<std::size_t>(id_)];
}

const Op& Value::op() const { return *node().op; }
const Type& Value::type() const { return node().type; }
const Attribute& Value::attribute() const { return node().attribute; }
int Value::input_count() const { return static_cast<int>(node().inputs.size()); }
Value Value::input(int i) const { return {nodes_, node().inputs[static_cast<std::size_t>(i)]}; }
const std::string& Value::name() const { return node().name; }

Value Value::rename(std::string_view name) const {
  Node& node = graph().nodes().list[static_cast<std::size_t>(id_)];
  if (is_leaf(*node.op)) fail(ErrorKind::kConfig, "the leaf '{}' cannot be renamed to '{}'", node.name, name);
  node.name = name;
  return *this;
}

Value Value::set_default(double number) const {
  Node& node = graph().nodes().list[static_cast<std::size_t>(id_)];
  if (node.op != &ops::kSharedInput)
    fail(ErrorKind::kConfig, "only a shared input has a default, found {}", describe(*this));
  const Attribute attribute = number;
  if (const auto known = default_number(); known && !same_attribute(node.attribute, attribute)) {
    fail(ErrorKind::kConfig, "the shared input '{}' needs one default, found {} and {}", node.name, *known,
         number);
  }
  node.attribute = attribute;
  return *this;
}

std::optional<double> Value::default_number() const {
  const auto* number = std::get_if<double>(&attribute());
  return number != nullptr && &op() == &ops::kSharedInput ? std::optional(*number) : std::nullopt;
}

void check_same_graph(Value a, Value b, std::string_view who) {
  if (&a.graph() == &b.graph()) return;
  fail(ErrorKind::kConfig, "{} needs values of one graph, found {} and {} of two", who, describe(a),
       describe(b));
}

Graph::Graph() : nodes_(std::make_unique<Value::Nodes>(Value::Nodes{this, {}, {}, {}})) {}
Graph::~Graph() = default;

Graph::Graph(Graph&& other) noexcept : nodes_(std::move(other.nodes_)) {
  if (nodes_ != nullptr) nodes_->graph = this;
}

Graph& Graph::operator=(Graph&& other) noexcept {
  nodes_ = std::move(other.nodes_);
  if (nodes_ != nullptr) nodes_->graph = this;
  return *this;
}

Graph Graph::copy() const {
  Graph graph;
  *graph.nodes_ = nodes();
  graph.nodes_->graph = &graph;
  return graph;
}

Value::Nodes& Graph::nodes() const {
  if (nodes_ == nullptr) fail(ErrorKind::kConfig, "this graph was moved from");
  return *nodes_;
}

Value Graph::append(Node node) {
  nodes().list.push_back(std::move(node));
  return {nodes_.get(), size() - 1};
}

Value Graph::leaf(const Op& op, std::string_view name, const Type& type, const Attribute& attribute) {
  if (name.empty()) fail(ErrorKind::kConfig, "a leaf of the graph needs a name");
  const auto [place, is_new] = nodes().leaf_by_name.try_emplace(std::string(name), size());
  if (!is_new)
    fail(ErrorKind::kConfig, "the name '{}' is taken: names of inputs, parameters and states are unique",
         name);
  return append({&op, {}, type, attribute, std::string(name)});
}

Value Graph::input(std::string_view name, const Shape& shape, DType dtype) {
  return leaf(ops::kInput, name, {dtype, shape, true}, {});
}

Value Graph::shared_input(std::string_view name, const Shape& shape, DType dtype) {
  return leaf(ops::kSharedInput, name, {dtype, shape, false}, {});
}

Value Graph::parameter(std::string_view name, const Shape& shape, const Init& init, DType dtype) {
  const bool is_orthogonal = init.kind == Init::Kind::kOrthogonal;
  if (is_orthogonal && (shape.rank() != 2 || init.blocks < 1 || shape[0] % init.blocks != 0))
    fail(ErrorKind::kShape, "the parameter '{}' needs {} orthogonal matrices of equal size, found {}", name,
         init.blocks, shape.str());
  return leaf(ops::kVariable, name, {dtype, shape, false}, VariableSpec{Role::kParameter, init});
}

Value Graph::state(std::string_view name, const Shape& shape, double initial, DType dtype) {
  const VariableSpec spec{Role::kState, {Init::Kind::kConstant, initial}};
  return leaf(ops::kVariable, name, {dtype, shape, false}, spec);
}

Value Graph::constant(double value, const Shape& shape, DType dtype) {
  Node node{&ops::kConstant, {}, {dtype, shape, false}, value, {}};
  const std::size_t hash = hash_of(node);
  if (const NodeId id = find_call(node, hash); id >= 0) return {nodes_.get(), id};
  nodes_->calls.emplace(hash, size());
  return append(std::move(node));
}

NodeId Graph::find_call(const Node& node, std::size_t hash) const {
  const auto [begin, end] = nodes().calls.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const Node& other = this->node(it->second);
    if (other.op == node.op && other.inputs == node.inputs && other.type == node.type &&
        same_attribute(other.attribute, node.attribute)) {
      return it->second;
    }
  }
  return -1;
}

Value Graph::call(const Op& op, std::span<const Value> inputs, const Attribute& attribute) {
  check_arity(op, inputs.size());
  check_attribute(op, attribute);
  std::vector<Shape> shapes;
  Node node{&op, {}, {}, attribute, {}};
  for (const Value& v : inputs) {
    if (!v || &v.graph() != this) fail_operand(op, inputs, v);
    shapes.push_back(v.shape());
    node.inputs.push_back(v.id());
  }
  const DType dtype = common_dtype(op, inputs);
  node.type = {dtype, op.infer(ShapeQuery{op, shapes, attribute}), result_is_batched(op, inputs)};
  const std::size_t hash = hash_of(node);
  if (const NodeId id = find_call(node, hash); id >= 0) return {nodes_.get(), id};
  nodes_->calls.emplace(hash, size());
  return append(std::move(node));
}

std::vector<Value> Graph::parameters() {
  std::vector<Value> found;
  for (NodeId id = 0; id < size(); ++id) {
    const auto* spec = std::get_if<VariableSpec>(&node(id).attribute);
    if (spec != nullptr && spec->role == Role::kParameter) found.push_back(value(id));
  }
  return found;
}

Value Graph::find(std::string_view name) {
  const auto it = nodes().leaf_by_name.find(std::string(name));
  return it == nodes().leaf_by_name.end() ? Value{} : value(it->second);
}

}  // namespace catenary
