#include "catenary/nn/cells.h"

#include <functional>

namespace catenary::nn {

namespace {

// Far below the variance of any layer that says something, as in PyTorch's LayerNorm.
constexpr double kNormEpsilon = 1e-5;

// Part i of a vector of equal parts.
Value part(Value v, std::int64_t units, std::int64_t i) { return slice(v, 0, i * units, (i + 1) * units); }

// Mean 0 and variance 1. [Ba, Kiros and Hinton 2016, eq. 3]
Value normalised(Value v) {
  const Value centred = v - mean(v);
  return centred / sqrt(mean(square(centred)) + kNormEpsilon);
}

// The same of each gate by itself, times its gains; v itself where there are no gains.
Value normalised(Value v, std::int64_t units, Value gain) {
  if (!gain) return v;
  std::vector<Value> gates;
  for (std::int64_t i = 0; i < v.shape()[0] / units; ++i) gates.push_back(normalised(part(v, units, i)));
  return gain * (gates.size() == 1 ? gates[0] : concat(gates));
}

// W·x and U·h without b, as the gates read them.
struct Products {
  Value of_row, of_state;
};

// seen: what products read of hₜ₋₁.
Products products(const CellInput& in, Value seen, const CellParameters& p) {
  const std::int64_t units = in.hidden.shape()[0];
  const Value of_row = matmul(p.input, in.row), of_state = matmul(p.recurrent, seen);
  const Value row = normalised(of_row, units, p.input_gain);
  return {row, normalised(of_state, units, p.recurrent_gain)};
}

std::vector<Value> lstm_step(const CellInput& in, Value seen, const CellParameters& p, double forget_bias) {
  const Value c = in.memory;
  const std::int64_t units = c.shape()[0];
  const Products products_of = products(in, seen, p);
  const Value of_row = products_of.of_row + p.bias;
  const Value z = (of_row + products_of.of_state).rename("z");
  const auto gate = [&](std::int64_t i, std::int64_t peephole, Value cell) {
    const Value own = part(z, units, i);
    return p.peephole ? own + part(p.peephole, units, peephole) * cell : own;
  };
  const Value i = sigmoid(gate(0, 0, c)).rename("i");
  const Value forget = gate(1, 1, c);
  const Value f = sigmoid(forget_bias == 0 ? forget : forget + forget_bias).rename("f");
  const Value g = tanh(part(z, units, 2)).rename("g");
  const Value kept = f * c, added = i * g, next = (kept + added).rename("c′");
  const Value o = sigmoid(gate(3, 2, next)).rename("o");
  const Value shown = p.cell_gain ? normalised(next, units, p.cell_gain) + p.cell_bias : next;
  return {(o * tanh(shown)).rename("h′"), next};
}

// What the candidate reads of hₜ₋₁, given r.
Value reset_state(Value seen, const CellParameters& p, Value r) {
  const std::int64_t units = seen.shape()[0];
  const Value read = p.candidate_bias ? seen : r * seen;
  const Value state = normalised(matmul(p.candidate, read), units, p.candidate_gain);
  return p.candidate_bias ? r * (state + p.candidate_bias) : state;
}

std::vector<Value> gru_step(const CellInput& in, Value seen, const CellParameters& p) {
  const Value h = in.hidden;
  const std::int64_t units = h.shape()[0];
  const Products products_of = products(in, seen, p);
  const Value of_row = products_of.of_row + p.bias;
  const Value gates = sigmoid(of_row + products_of.of_state);
  const Value r = part(gates, units, 0).rename("r"), z = part(gates, units, 1).rename("z");
  const Value row =
      normalised(matmul(p.candidate_input, in.row), units, p.candidate_input_gain) + p.candidate_input_bias;
  const Value state = reset_state(seen, p, r);
  const Value n = tanh(row + state).rename("n");
  const Value fresh = (1.0 - z) * n, kept = z * h;
  return {(fresh + kept).rename("h′")};
}

std::vector<Value> rnn_step(const CellInput& in, Value seen, const CellParameters& p,
                            Value (*activation)(Value)) {
  const Products products_of = products(in, seen, p);
  if (!p.gain) {
    const Value of_row = products_of.of_row + p.bias;
    return {activation((of_row + products_of.of_state).rename("z")).rename("h′")};
  }
  const Value sum = products_of.of_row + products_of.of_state;
  const Value z = normalised(sum, in.hidden.shape()[0], p.gain) + p.bias;
  return {activation(z.rename("z")).rename("h′")};
}

// Gains start at 1.
void add_norms(Cell cell, std::int64_t units,
               const std::function<Value(const char*, std::int64_t, double)>& add, CellParameters& made) {
  if (cell == Cell::kRnn) {
    made.gain = add(".gain", units, 1);
    return;
  }
  made.input_gain = add(".input_gain", gates_of(cell) * units, 1);
  made.recurrent_gain = add(".recurrent_gain", gates_of(cell) * units, 1);
  if (cell != Cell::kLstm) return;
  made.cell_gain = add(".cell_gain", units, 1);
  made.cell_bias = add(".cell_bias", units, 0);
}

// Parts a GRU's candidate, the last of its gates, from the others: here and not in the step, so that each
// part is one product of the step, and its gradient one long product.
void cut_candidate(CellParameters& p, std::int64_t units) {
  const auto cut = [&](Value& whole, Value& candidate) {
    if (!whole) return;
    candidate = slice(whole, 0, 2 * units, 3 * units);
    whole = slice(whole, 0, 0, 2 * units);
  };
  cut(p.input, p.candidate_input);
  cut(p.bias, p.candidate_input_bias);
  cut(p.recurrent, p.candidate);
  cut(p.input_gain, p.candidate_input_gain);
  cut(p.recurrent_gain, p.candidate_gain);
}

}  // namespace

std::vector<Value*> CellParameters::given() {
  std::vector<Value*> list;
  for (Value* one : {&input, &recurrent, &bias, &candidate_input, &candidate, &candidate_input_bias,
                     &candidate_bias, &peephole, &gain, &input_gain, &recurrent_gain, &candidate_input_gain,
                     &candidate_gain, &cell_gain, &cell_bias, &mask, &recurrent_mask}) {
    if (*one) list.push_back(one);
  }
  return list;
}

CellParameters make_parameters(Cell cell, std::int64_t units, Value x, const RecurrentOptions& options) {
  Graph& graph = x.graph();
  const DType dtype = x.type().dtype;
  const std::int64_t inputs = x.shape()[1], gates = gates_of(cell), rows = gates * units;
  const auto weight = [&](const char* what, std::int64_t columns, Initializer init) {
    return graph.parameter(options.name + what, {rows, columns}, initial(init, columns, units, gates), dtype);
  };
  const auto vector = [&](const char* what, std::int64_t size, double start) {
    return graph.parameter(options.name + what, {size}, {Init::Kind::kConstant, start}, dtype);
  };
  CellParameters made;
  made.input = weight(".input_weight", inputs, options.init);
  made.recurrent = weight(".recurrent_weight", units, options.recurrent_init);
  made.bias = vector(".bias", rows, 0);
  if (options.has_peepholes) made.peephole = vector(".peephole", 3 * units, 0);
  if (options.has_layer_norm) add_norms(cell, units, vector, made);
  if (options.drops_inputs) made.mask = graph.input(options.name + ".mask", {inputs}, dtype);
  if (options.drops_states)
    made.recurrent_mask = graph.input(options.name + ".recurrent_mask", {units}, dtype);
  if (cell != Cell::kGru) return made;
  if (options.reset == ResetGate::kAfterProduct) made.candidate_bias = vector(".candidate_bias", units, 0);
  cut_candidate(made, units);
  return made;
}

std::vector<Value> cell_step(Cell cell, CellInput input, const CellParameters& parameters,
                             const RecurrentOptions& options) {
  if (parameters.mask) input.row = parameters.mask * input.row;
  const Value seen = parameters.recurrent_mask ? parameters.recurrent_mask * input.hidden : input.hidden;
  switch (cell) {
    case Cell::kLstm: return lstm_step(input, seen, parameters, options.forget_bias);
    case Cell::kGru: return gru_step(input, seen, parameters);
    case Cell::kRnn: break;
  }
  return rnn_step(input, seen, parameters, options.activation);
}

}  // namespace catenary::nn
