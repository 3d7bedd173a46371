#include "catenary/derive/expression/functions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/base/nearest.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// A call under construction.
struct Call {
  std::string_view name;
  std::span<const Oriented> operands;
  const MatrixCalculus& calculus;

  // Operand i as a column vector, matrix or scalar.
  [[nodiscard]] Value operator[](std::size_t i) const { return calculus.plain(operands[i], name); }
  [[nodiscard]] Value of_rank(std::size_t i, int rank) const {
    const Value v = (*this)[i];
    if (v.shape().rank() == rank) return v;
    const char* needed = rank == 0 ? "a scalar" : rank == 1 ? "a vector" : "a matrix";
    fail(ErrorKind::kShape, "{} needs {}, found {}", name, needed, calculus.shape_of(operands[i]));
  }
  [[nodiscard]] Value square_matrix(std::size_t i) const {
    const Value v = of_rank(i, 2);
    if (v.shape()[0] == v.shape()[1]) return v;
    fail(ErrorKind::kShape, "{} needs a square matrix, found {}", name, calculus.shape_of(operands[i]));
  }
  // Two operands alike.
  [[nodiscard]] std::pair<Value, Value> alike() const {
    const Value a = (*this)[0], b = (*this)[1];
    if (a.shape() == b.shape()) return {a, b};
    fail(ErrorKind::kShape, "{} needs operands of one shape, found {} and {}", name,
         calculus.shape_of(operands[0]), calculus.shape_of(operands[1]));
  }
};

struct Function {
  std::string_view name;
  std::size_t arity;
  Oriented (*apply)(const Call& c);
};

// The operand of what works on each element: rows stay rows.
const Oriented& operand_of_each(const Call& c) {
  if (c.operands[0].identity) (void)c[0];
  return c.operands[0];
}
template <auto f>
Oriented each(const Call& c) {
  const Oriented& x = operand_of_each(c);
  return {f(x.value), x.row};
}

Oriented diagonal_or_matrix(const Call& c) {
  const Value x = c[0];
  if (x.shape().rank() == 0) return {x};
  if (x.shape().rank() == 1) return {diag(x)};
  return {diagonal(c.square_matrix(0))};
}

// A number stands for the matrix whose only element it is: f of it, or of the matrix.
template <auto f, auto of_number>
Oriented of_square(const Call& c) {
  const Value x = c[0];
  return {x.shape().rank() == 0 ? of_number(x) : f(c.square_matrix(0))};
}
Value itself(Value x) { return x; }
Value logarithm(Value x) { return log(abs(x)); }

// A loss of two operands alike.
template <auto f>
Oriented loss(const Call& c) {
  const auto [a, y] = c.alike();
  return {f(a, y)};
}

Oriented vector_norm(const Call& c) {
  if (c[0].shape().rank() == 2)
    fail(ErrorKind::kShape, "{} of a matrix is ambiguous; normF is the Frobenius norm", c.name);
  return {c[0].shape().rank() == 0 ? abs(c[0]) : norm2(c[0])};
}

// The blocks aᵢ b of two vectors below one another are the columns of b aᵀ. Rows stay rows.
Oriented kronecker(const Call& c) {
  const auto rank = [&](std::size_t i) { return c.operands[i].value.shape().rank(); };
  const auto is_vector = [&](std::size_t i) { return rank(i) == 1; };
  if (rank(0) == 0 || rank(1) == 0) return c.calculus.multiply(c.operands[0], c.operands[1]);
  if (!is_vector(0) || !is_vector(1)) return {kron(c.of_rank(0, 2), c.of_rank(1, 2))};
  const Oriented &a = c.operands[0], &b = c.operands[1];
  if (a.row != b.row)
    fail(ErrorKind::kShape, "{} needs two matrices, two columns or two rows, found {} and {}", c.name,
         c.calculus.shape_of(a), c.calculus.shape_of(b));
  return {vec(outer(b.value, a.value)), a.row};
}

Oriented transposed(const Call& c) { return c.calculus.transpose(c.operands[0]); }

// An operator that is a function of each element is one here by its own name, with its usual number if it
// has one. Null for any other name.
const Op* operator_named(std::string_view name) {
  const Op* op = ops::find(name);
  const bool is_function = op != nullptr && op->is_function();
  return is_function && (op->example == nullptr || op->traits.activation != nullptr) ? op : nullptr;
}

Oriented call_operator(const Op& op, const Call& c) {
  const Oriented& x = operand_of_each(c);
  const Value y = op.example == nullptr ? x.value.graph().call(op, {x.value}) : op.traits.activation(x.value);
  return {y, x.row};
}

// All others.
constexpr Function kFunctions[] = {
    {"abs", 1, each<[](Value x) { return abs(x); }>},
    {"cross_entropy", 2, loss<[](Value a, Value y) { return cross_entropy(a, y); }>},
    {"det", 1, of_square<det, itself>},
    {"diag", 1, diagonal_or_matrix},
    {"dot", 2,
     [](const Call& c) {
       const auto [a, b] = c.alike();
       return Oriented{dot(a, b)};
     }},
    {"huber", 2, loss<[](Value a, Value y) { return huber(a, y); }>},
    {"inv", 1, [](const Call& c) { return c.calculus.inverse(c.operands[0]); }},
    {"kron", 2, kronecker},
    {"ln", 1, each<[](Value x) { return log(x); }>},
    {"log_softmax", 1, [](const Call& c) { return Oriented{log_softmax(c.of_rank(0, 1))}; }},
    {"logdet", 1, of_square<logdet, logarithm>},
    {"logsumexp", 1, [](const Call& c) { return Oriented{logsumexp(c.of_rank(0, 1))}; }},
    {"max", 1, [](const Call& c) { return Oriented{c[0].shape().rank() == 0 ? c[0] : max(c[0])}; }},
    {"mean", 1, [](const Call& c) { return Oriented{mean(c[0])}; }},
    {"norm", 1, vector_norm},
    {"norm1", 1,
     [](const Call& c) { return Oriented{c[0].shape().rank() == 0 ? abs(c[0]) : norm1(c.of_rank(0, 1))}; }},
    {"norm2", 1, vector_norm},
    {"normF", 1, [](const Call& c) { return Oriented{c[0].shape().rank() == 0 ? abs(c[0]) : norm2(c[0])}; }},
    {"outer", 2, [](const Call& c) { return Oriented{outer(c.of_rank(0, 1), c.of_rank(1, 1))}; }},
    {"sigmoid_cross_entropy", 2, loss<[](Value a, Value y) { return sigmoid_cross_entropy(a, y); }>},
    {"softmax", 1, [](const Call& c) { return Oriented{softmax(c.of_rank(0, 1))}; }},
    {"softmax_cross_entropy", 2,
     [](const Call& c) {
       (void)c.alike();
       return Oriented{softmax_cross_entropy(c.of_rank(0, 1), c[1])};
     }},
    {"square", 1, each<[](Value x) { return square(x); }>},
    {"squared_error", 2, loss<[](Value a, Value y) { return squared_error(a, y); }>},
    {"sum", 1, [](const Call& c) { return Oriented{sum(c.operands[0].row ? c.operands[0].value : c[0])}; }},
    {"tr", 1, of_square<trace, itself>},
    {"trace", 1, of_square<trace, itself>},
    {"transpose", 1, transposed},
    {"vec", 1,
     [](const Call& c) { return Oriented{c[0].shape().rank() == 0 ? c[0] : vec(c.of_rank(0, 2))}; }},
    {"σ", 1, each<[](Value x) { return sigmoid(x); }>},
};

struct Foreign {
  std::string_view name, instead;
};
// Functions of other languages: names that are an edit or two away from another function's, and those that
// have another name here.
constexpr Foreign kForeign[] = {
    {"acos", ""},
    {"acosh", ""},
    {"arccos", ""},
    {"arcsin", ""},
    {"arctan", "atan(x)"},
    {"asin", ""},
    {"asinh", ""},
    {"atanh", "ln((1 + x)./(1 - x))/2"},
    {"cbrt", "x.^(1/3)"},
    {"cot", "cos(x)./sin(x)"},
    {"cov", ""},
    {"csc", "1./sin(x)"},
    {"erfc", "1 - erf(x)"},
    {"exp2", "2.^x"},
    {"expm", ""},
    {"expm1", "exp(x) - 1"},
    {"inverse", "inv(A)"},
    {"log10", "ln(x)/ln(10)"},
    {"log1p", "ln(1 + x)"},
    {"log2", "ln(x)/ln(2)"},
    {"logistic", "sigmoid(x)"},
    {"logit", "ln(x./(1 - x))"},
    {"min", "-max(-x)"},
    {"mse", "mean((x - y).^2)"},
    {"pinv", ""},
    {"pow", "x.^a"},
    {"power", "x.^a"},
    {"sec", "1./cos(x)"},
    {"sigma", "sigmoid(x)"},
    {"swish", "silu(x)"},
    {"tan", "sin(x)./cos(x)"},
    {"vech", ""},
};

}  // namespace

std::string instead_of(std::string_view name) {
  const std::vector<std::string_view> names = function_names();
  const Foreign* known = std::ranges::find(kForeign, name, &Foreign::name);
  if (known == std::end(kForeign)) return suggestion(name, names);
  if (known->instead.empty()) return fmt::format("; expected one of {}", fmt::join(names, ", "));
  return fmt::format("; write {}", known->instead);
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const Function& f : kFunctions) names.push_back(f.name);
  for (const Op* op : ops::catalogue()) {
    if (operator_named(op->name) != nullptr) names.push_back(op->name);
  }
  std::ranges::sort(names);
  return names;
}

Oriented call_function(std::string_view name, std::span<const Oriented> operands,
                       const MatrixCalculus& calculus) {
  const Op* op = operator_named(name);
  const Function* f = std::ranges::find(kFunctions, name, &Function::name);
  if (op == nullptr && f == std::end(kFunctions)) fail(ErrorKind::kInternal, "no function {}", name);
  const std::size_t arity = op != nullptr ? 1 : f->arity;
  if (operands.size() != arity)
    fail(ErrorKind::kShape, "{} takes {} operand{}, found {}", name, arity, arity == 1 ? "" : "s",
         operands.size());
  const Call call{name, operands, calculus};
  return op != nullptr ? call_operator(*op, call) : f->apply(call);
}

}  // namespace catenary::derive
