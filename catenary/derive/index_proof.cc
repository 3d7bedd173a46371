#include "catenary/derive/index_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

using Kind = IndexExpression::Kind;

template <typename Visit>
void for_each_side(const IndexRule& rule, Visit visit) {
  const auto sides = [&](const IndexEquality& equality) {
    std::for_each(equality.begin(), equality.end(), visit);
  };
  std::for_each(rule.where.begin(), rule.where.end(), sides);
  std::for_each(rule.steps.begin(), rule.steps.end(), sides);
  for (const auto* equality : {&rule.definition, &rule.partial, &rule.chain, &rule.condition, &rule.special})
    sides(*equality);
}

bool is_index(const IndexExpression& e) {
  return e.kind == Kind::kIndex || e.kind == Kind::kSum || e.kind == Kind::kMax || e.kind == Kind::kArgmax;
}

// Keeps the rule's own letters where no operand is called the same.
class Letters {
 public:
  void take(const std::string& name) { taken_.insert(name); }
  template <std::size_t n>
  std::string free(const std::string& own, const std::array<const char*, n>& others) {
    if (taken_.insert(own).second) return own;
    for (const char* other : others) {
      if (taken_.insert(other).second) return other;
    }
    return own;
  }

 private:
  std::set<std::string> taken_;
};

IndexNames index_names(const IndexRule& rule, const ProofNames& names) {
  IndexNames all;
  Letters letters;
  const auto call = [&](const std::string& array, const Formula& name) {
    all.arrays[array] = name;
    letters.take(name.text);
  };
  for (std::size_t i = 0; i < rule.operands.size(); ++i) call(rule.operands[i], names.operands.at(i));
  call("y", names.y);
  call("g", names.g);
  call("C", names.loss);
  std::set<std::string> indices;
  for_each_side(rule, [&](const IndexExpression& side) {
    for_each_part(side, [&](const IndexExpression& e) {
      if (is_index(e)) indices.insert(e.name);
    });
  });
  for (const std::string& index : indices)
    all.indices[index] = letters.free(index, std::array{"i", "j", "k", "l", "m", "p", "r", "s", "t"});
  for (const IndexEquality& shorthand : rule.where) {
    const std::string& own = shorthand[0].name;
    const std::string name = letters.free(own, std::array{"p", "q", "s", "u", "v", "h", "c"});
    all.arrays[own] = {name, name};
  }
  return all;
}

Equality written(const IndexEquality& sides, const IndexNames& names) {
  Equality formulas;
  for (const IndexExpression& side : sides) formulas.push_back(write(side, names));
  return formulas;
}

std::vector<Equality> written(const std::vector<IndexEquality>& lines, const IndexNames& names) {
  std::vector<Equality> formulas;
  for (const IndexEquality& line : lines) formulas.push_back(written(line, names));
  return formulas;
}

struct Sign {
  Kind kind;
  std::string_view name;  // "" stands for any
  Formula note;
};

const std::vector<Sign>& signs() {
  static const std::vector<Sign> all = {
      {Kind::kDelta,
       "",
       {"δᵢⱼ, with two indices, is 1 where i = j, else 0.",
        R"($\delta_{ij}$, with two indices, is 1 where $i = j$, else 0.)"}},
      {Kind::kBracket,
       "",
       {"[…] is 1 where what it says holds, else 0.",
        R"($[\ldots]$ is 1 where what it says holds, else 0.)"}},
      {Kind::kCall, "size", {"n is the number of elements.", "$n$ is the number of elements."}},
      {Kind::kCall, "samples", {"N is the number of samples.", "$N$ is the number of samples."}},
      {Kind::kCall, "sigma", {"σ(x) = 1 / (1 + e^(−x)).", R"($\sigma(x) = \frac{1}{1 + e^{-x}}$.)"}},
      {Kind::kCall,
       "clip",
       {"clip(x, ±c) is x limited to [−c, c].",
        R"($\operatorname{clip}(x, \pm c)$ is $x$ limited to $[-c, c]$.)"}},
  };
  return all;
}

bool uses(const IndexRule& rule, const Sign& sign) {
  bool found = false;
  for_each_side(rule, [&](const IndexExpression& side) {
    for_each_part(side, [&](const IndexExpression& e) {
      found |= e.kind == sign.kind && (sign.name.empty() || e.name == sign.name);
    });
  });
  return found;
}

std::vector<Formula> notes(const IndexRule& rule) {
  std::vector<Formula> all;
  for (const Sign& sign : signs()) {
    if (uses(rule, sign)) all.push_back(sign.note);
  }
  all.insert(all.end(), rule.notes.begin(), rule.notes.end());
  return all;
}

IndexProof prove(const IndexRule& rule, const ProofNames& names, Formula matrix_form) {
  const IndexNames called = index_names(rule, names);
  return {.definition = written(rule.definition, called),
          .where = written(rule.where, called),
          .steps = written(rule.steps, called),
          .partial = written(rule.partial, called),
          .chain = written(rule.chain, called),
          .condition = written(rule.condition, called),
          .special = written(rule.special, called),
          .matrix_form = std::move(matrix_form),
          .notes = notes(rule)};
}

Value leaf_like(Graph& graph, const std::string& name, const Type& type) {
  return type.batched ? graph.input(name, type.shape, type.dtype)
                      : graph.parameter(name, type.shape, {}, type.dtype);
}

// What the rule answers for the same call of operands with these names.
Formula matrix_form(Value y, int operand, const ProofNames& names) {
  Graph graph;
  Names called;
  std::vector<Value> operands;
  for (int i = 0; i < y.input_count(); ++i) {
    operands.push_back(leaf_like(graph, fmt::format("x{}", i), y.input(i).type()));
    called.set(operands.back(), names.operands.at(static_cast<std::size_t>(i)));
  }
  const Value call = graph.call(y.op(), operands, y.attribute());
  const Value g = leaf_like(graph, "g", y.type());
  called.set(call, names.y);
  called.set(g, names.g);
  return write(y.op().gradient(Pullback{call, g})[static_cast<std::size_t>(operand)], called);
}

// The indices as in lecture notes: j a unit of the layer, k one of the layer before.
constexpr std::string_view kDenseLayer = R"(of W a b
    y[j] = sum(k, W[j,k] * a[k]) + b[j]
    d(y[i], W[j,k]) = sum(l, [i=j] * [l=k] * a[l]) = [i=j] * a[k]
    d(y[j], a[k]) = sum(l, W[j,l] * [l=k]) = W[j,k]
    d(y[i], b[j]) = [i=j])";

}  // namespace

Formula joined(const Equality& sides) {
  Formula all;
  for (const Formula& side : sides) {
    all.text += (all.text.empty() ? "" : " = ") + side.text;
    all.latex += (all.latex.empty() ? "" : " = ") + side.latex;
  }
  all.binding = sides.size() == 1 ? sides[0].binding : Notation::kSum;
  return all;
}

std::optional<IndexProof> index_proof(Value y, int operand, const ProofNames& names) {
  std::optional<IndexRule> rule = index_rule(y, operand);
  if (!rule) return std::nullopt;
  if (rule->partial[0].parts[1].parts.size() == 1 && y.input(operand).shape().rank() > 1)
    rule->notes.push_back({"One index counts all elements.", "One index counts all elements."});
  return prove(*rule, names, matrix_form(y, operand, names));
}

IndexRule dense_layer_rule(int operand) { return read_index_rule(kDenseLayer, operand).value(); }

DenseLayerProof dense_layer_proof(const DenseLayerNames& names) {
  Graph graph;
  const Value W = graph.parameter("W", {3, 2}), a = graph.parameter("a", {2}), b = graph.parameter("b", {3});
  const Value delta = graph.parameter("delta", {3}), z = matmul(W, a) + b, product = z.input(0);
  const Adjoints of_sum = z.op().gradient(Pullback{z, delta});
  const Adjoints of_product = product.op().gradient(Pullback{product, of_sum[0]});
  Names called;
  called.set(W, names.W);
  called.set(a, names.a);
  called.set(b, names.b);
  called.set(delta, names.delta);
  const ProofNames all{{names.W, names.a, names.b}, names.z, names.delta, names.loss};
  const auto proof = [&](int operand, Value adjoint) {
    return prove(dense_layer_rule(operand), all, write(adjoint, called));
  };
  return {.W = proof(0, of_product[0]), .a = proof(1, of_product[1]), .b = proof(2, of_sum[1])};
}

}  // namespace catenary::derive
