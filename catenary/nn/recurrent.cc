#include "catenary/nn/recurrent.h"

#include <array>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/nn/cells.h"

namespace catenary::nn {

namespace {

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

std::string_view name_of(ResetGate reset) {
  return reset == ResetGate::kAfterProduct ? "after_product" : "before_product";
}

std::int64_t gates_of(Cell cell) { return cell == Cell::kLstm ? 4 : cell == Cell::kGru ? 3 : 1; }

RecurrentResult recurrent(Cell cell, std::int64_t units, const RecurrentInput& input,
                          const RecurrentOptions& options) {
  check(cell, units, input, options);
  const Value x = input.rows;
  CellParameters parameters = make_parameters(cell, units, x, options);
  const std::int64_t steps = x.shape()[0];
  const bool is_forward = options.direction == Direction::kForward;
  const auto constant = [&](double number, const Shape& shape) {
    return x.graph().constant(number, shape, x.type().dtype);
  };
  const auto or_zeros = [&](Value start) { return start ? start : constant(0, {units}); };
  ScanOperands operands{.carries = {or_zeros(input.start.hidden)},
                        .sequences = {x},
                        .direction = options.direction,
                        .recompute = options.recompute};
  for (const Value* parameter : parameters.given()) operands.shared.push_back(*parameter);
  if (cell == Cell::kLstm) operands.carries.push_back(or_zeros(input.start.cell));
  if (input.length) operands.carries.push_back(constant(is_forward ? 0 : static_cast<double>(steps - 1), {}));
  if (input.length) operands.shared.push_back(input.length);
  const ScanResult result = scan(operands, [&](const ScanStep& step) {
    CellParameters own = parameters;
    const std::vector<Value*> places = own.given();
    for (std::size_t i = 0; i < places.size(); ++i) *places[i] = step.shared[i];
    const CellInput in{step.rows[0], step.carries[0], cell == Cell::kLstm ? step.carries[1] : Value()};
    StepResult made{.carries = cell_step(cell, in, own, options)};
    return input.length ? masked(step, std::move(made), step.shared.back(), is_forward ? 1 : -1) : made;
  });
  const auto rows = [&](Value carry, std::int64_t first, std::int64_t count) {
    return slice(carry, 0, first, first + count);
  };
  const auto last = [&](Value carry) { return reshape(rows(carry, is_forward ? steps : 0, 1), {units}); };
  const RecurrentState all{.hidden = result.carries[0],
                           .cell = cell == Cell::kLstm ? result.carries[1] : Value()};
  return {.sequence = input.length ? result.outputs[0] : rows(all.hidden, is_forward ? 1 : 0, steps),
          .last = {.hidden = last(all.hidden), .cell = all.cell ? last(all.cell) : Value()},
          .all = is_forward ? all : RecurrentState()};
}

RecurrentResult bidirectional(Cell cell, std::int64_t units, const RecurrentInput& input,
                              const RecurrentOptions& options) {
  const auto one = [&](const char* what, Direction direction) {
    RecurrentOptions own = options;
    if (!own.name.empty()) own.name += what;
    own.direction = direction;
    return recurrent(cell, units, {.rows = input.rows, .length = input.length}, own);
  };
  const RecurrentResult forward = one(".forward", Direction::kForward),
                        backward = one(".backward", Direction::kBackward);
  const auto joined = [](Value a, Value b, int axis) { return a ? concat(std::array{a, b}, axis) : Value(); };
  return {.sequence = joined(forward.sequence, backward.sequence, 1),
          .last = {.hidden = joined(forward.last.hidden, backward.last.hidden, 0),
                   .cell = joined(forward.last.cell, backward.last.cell, 0)}};
}

}  // namespace catenary::nn
