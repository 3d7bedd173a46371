#include "catenary/nn/recurrent.h"

#include <array>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary::nn {

namespace {

// A step's parameters, in the order in which they are its shared values.
struct Parameters {
  Value input, recurrent, bias,
      more;  // more: peepholes, or the bias of a candidate; empty where there are none
};

bool has_candidate_bias(Cell cell, const RecurrentOptions& options) {
  return cell == Cell::kGru && options.reset == ResetGate::kAfterProduct;
}

Parameters make_parameters(Cell cell, std::int64_t units, Value x, const RecurrentOptions& options) {
  Graph& graph = x.graph();
  const DType dtype = x.type().dtype;
  const std::int64_t inputs = x.shape()[1], rows = gates_of(cell) * units;
  const auto weight = [&](const char* what, std::int64_t columns, Initializer init) {
    return graph.parameter(options.name + what, {rows, columns},
                           initial(init, columns, units, gates_of(cell)), dtype);
  };
  Parameters made{.input = weight(".input_weight", inputs, options.init),
                  .recurrent = weight(".recurrent_weight", units, options.recurrent_init),
                  .bias = graph.parameter(options.name + ".bias", {rows}, {}, dtype),
                  .more = {}};
  if (options.has_peepholes) made.more = graph.parameter(options.name + ".peephole", {3 * units}, {}, dtype);
  if (has_candidate_bias(cell, options))
    made.more = graph.parameter(options.name + ".candidate_bias", {units}, {}, dtype);
  return made;
}

// Part i of a vector of equal parts.
Value part(Value v, std::int64_t units, std::int64_t i) { return slice(v, 0, i * units, (i + 1) * units); }

// W·x + U·h + b
Value preactivation(const ScanStep& step, const Parameters& p) {
  const Value from_row = matmul(p.input, step.rows[0]), from_state = matmul(p.recurrent, step.carries[0]);
  return from_row + from_state + p.bias;
}

StepResult lstm_step(const ScanStep& step, const Parameters& p, const RecurrentOptions& options) {
  const Value c = step.carries[1];
  const std::int64_t units = c.shape()[0];
  const Value z = preactivation(step, p).rename("z");
  const auto gate = [&](std::int64_t i, std::int64_t peephole, Value cell) {
    const Value own = part(z, units, i);
    return p.more ? own + part(p.more, units, peephole) * cell : own;
  };
  const Value i = sigmoid(gate(0, 0, c)).rename("i");
  const Value forget = gate(1, 1, c);
  const Value f = sigmoid(options.forget_bias == 0 ? forget : forget + options.forget_bias).rename("f");
  const Value g = tanh(part(z, units, 2)).rename("g");
  const Value kept = f * c, added = i * g, next = (kept + added).rename("c′");
  const Value o = sigmoid(gate(3, 2, next)).rename("o");
  return {.carries = {(o * tanh(next)).rename("h′"), next}};
}

StepResult gru_step(const ScanStep& step, const Parameters& p, const RecurrentOptions& options) {
  const Value h = step.carries[0];
  const std::int64_t units = h.shape()[0];
  const auto rows = [&](Value weight, std::int64_t first, std::int64_t end) {
    return slice(weight, 0, first * units, end * units);
  };
  const Value from_row = matmul(p.input, step.rows[0]) + p.bias;
  const Value gates_of_row = rows(from_row, 0, 2), candidate_of_row = rows(from_row, 2, 3);
  Value gates, candidate;
  if (options.reset == ResetGate::kAfterProduct) {
    const Value from_state = matmul(p.recurrent, h);
    gates = sigmoid(gates_of_row + rows(from_state, 0, 2));
    const Value r = part(gates, units, 0).rename("r"), reset = rows(from_state, 2, 3) + p.more;
    candidate = candidate_of_row + r * reset;
  } else {
    gates = sigmoid(gates_of_row + matmul(rows(p.recurrent, 0, 2), h));
    const Value r = part(gates, units, 0).rename("r"), reset = r * h;
    candidate = candidate_of_row + matmul(rows(p.recurrent, 2, 3), reset);
  }
  const Value z = part(gates, units, 1).rename("z"), n = tanh(candidate).rename("n");
  const Value fresh = (1.0 - z) * n, kept = z * h;
  return {.carries = {(fresh + kept).rename("h′")}};
}

StepResult rnn_step(const ScanStep& step, const Parameters& p, const RecurrentOptions& options) {
  return {.carries = {options.activation(preactivation(step, p).rename("z")).rename("h′")}};
}

void check(Cell cell, std::int64_t units, const RecurrentInput& input, const RecurrentOptions& options) {
  const std::string layer = fmt::format("{} layer {}", name_of(cell), quote(options.name));
  if (options.name.empty()) fail(ErrorKind::kConfig, "{} layer needs a name, found none", name_of(cell));
  if (units < 1) fail(ErrorKind::kShape, "{} needs 1 unit or more, found {}", layer, units);
  if (input.rows.shape().rank() != 2)
    fail(ErrorKind::kShape, "{} needs a sequence [T, n] as input, found {}", layer, input.rows.shape().str());
  if (input.length && input.length.shape().rank() != 0)
    fail(ErrorKind::kShape, "{} needs a scalar [] as length, found {}", layer, input.length.shape().str());
  if (options.has_peepholes && cell != Cell::kLstm)
    fail(ErrorKind::kConfig, "{}: only an lstm has peepholes", layer);
  if (input.start.cell && cell != Cell::kLstm)
    fail(ErrorKind::kConfig, "{}: only an lstm has a cell to start with", layer);
  if (cell == Cell::kRnn && options.activation != nn::tanh && options.activation != nn::relu)
    fail(ErrorKind::kConfig, "{}: needed the activation tanh or relu, found another", layer);
}

StepResult step_of(Cell cell, const ScanStep& step, const Parameters& parameters,
                   const RecurrentOptions& options) {
  switch (cell) {
    case Cell::kLstm: return lstm_step(step, parameters, options);
    case Cell::kGru: return gru_step(step, parameters, options);
    case Cell::kRnn: break;
  }
  return rnn_step(step, parameters, options);
}

// A step that leaves the carries of a sample as they are where it has no row. The last carry is the row's
// number.
StepResult masked(const ScanStep& step, StepResult made, Value length, double next_row) {
  const Value row = step.carries.back();
  const Value is_there = catenary::step(length - row), is_beyond = 1.0 - is_there;
  for (std::size_t i = 0; i < made.carries.size(); ++i) {
    const Value moved = is_there * made.carries[i], kept = is_beyond * step.carries[i];
    made.carries[i] = moved + kept;
  }
  made.outputs = {is_there * made.carries[0]};
  made.carries.push_back(row + next_row);
  return made;
}

}  // namespace

std::string_view name_of(Cell cell) {
  constexpr std::array<std::string_view, 3> kNames = {"rnn", "lstm", "gru"};
  return kNames[static_cast<std::size_t>(cell)];
}

std::int64_t gates_of(Cell cell) { return cell == Cell::kLstm ? 4 : cell == Cell::kGru ? 3 : 1; }

RecurrentResult recurrent(Cell cell, std::int64_t units, const RecurrentInput& input,
                          const RecurrentOptions& options) {
  check(cell, units, input, options);
  const Value x = input.rows;
  const Parameters parameters = make_parameters(cell, units, x, options);
  const std::int64_t steps = x.shape()[0];
  const bool is_forward = options.direction == Direction::kForward;
  const auto constant = [&](double number, const Shape& shape) {
    return x.graph().constant(number, shape, x.type().dtype);
  };
  const auto or_zeros = [&](Value start) { return start ? start : constant(0, {units}); };
  ScanOperands operands{.carries = {or_zeros(input.start.hidden)},
                        .sequences = {x},
                        .shared = {parameters.input, parameters.recurrent, parameters.bias},
                        .direction = options.direction};
  if (cell == Cell::kLstm) operands.carries.push_back(or_zeros(input.start.cell));
  if (input.length) operands.carries.push_back(constant(is_forward ? 0 : static_cast<double>(steps - 1), {}));
  if (parameters.more) operands.shared.push_back(parameters.more);
  if (input.length) operands.shared.push_back(input.length);
  const ScanResult result = scan(operands, [&](const ScanStep& step) {
    const std::vector<Value>& shared = step.shared;
    const Parameters own{shared[0], shared[1], shared[2], parameters.more ? shared[3] : Value()};
    StepResult made = step_of(cell, step, own, options);
    return input.length ? masked(step, std::move(made), shared.back(), is_forward ? 1 : -1) : made;
  });
  const auto rows = [&](Value carry, std::int64_t first, std::int64_t count) {
    return slice(carry, 0, first, first + count);
  };
  const auto last = [&](Value carry) { return reshape(rows(carry, is_forward ? steps : 0, 1), {units}); };
  return {.sequence = input.length ? result.outputs[0] : rows(result.carries[0], is_forward ? 1 : 0, steps),
          .last = {.hidden = last(result.carries[0]),
                   .cell = cell == Cell::kLstm ? last(result.carries[1]) : Value()}};
}

RecurrentResult bidirectional(Cell cell, std::int64_t units, const RecurrentInput& input,
                              RecurrentOptions options) {
  const std::string name = options.name;
  const auto one = [&](const char* what, Direction direction) {
    options.name = name.empty() ? "" : name + what;
    options.direction = direction;
    return recurrent(cell, units, {.rows = input.rows, .length = input.length}, options);
  };
  const RecurrentResult forward = one(".forward", Direction::kForward),
                        backward = one(".backward", Direction::kBackward);
  const auto joined = [](Value a, Value b, int axis) { return a ? concat(std::array{a, b}, axis) : Value(); };
  return {.sequence = joined(forward.sequence, backward.sequence, 1),
          .last = {.hidden = joined(forward.last.hidden, backward.last.hidden, 0),
                   .cell = joined(forward.last.cell, backward.last.cell, 0)}};
}

}  // namespace catenary::nn
