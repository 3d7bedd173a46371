#include "catenary/nn/sequence.h"

#include <utility>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/ops/scan.h"

namespace catenary::nn {

namespace {

// [T, ...] without T.
Shape row_of(const Shape& sequence) { return Shape(sequence.extents().subspan(1)); }

void require_rows(Value sequence, std::string_view who) {
  if (sequence.shape().rank() == 2) return;
  fail(ErrorKind::kShape, "{} needs a sequence [T, n], found {}", who, sequence.shape().str());
}

void require_length(Value length, std::string_view who) {
  if (length.shape().rank() == 0) return;
  fail(ErrorKind::kShape, "{} needs a scalar [] as length, found {}", who, length.shape().str());
}

// A layer as it is written for one row, in a graph of its own.
struct WrittenLayer {
  Graph graph;
  Value row, result;
};

WrittenLayer written(const Layer& layer, Value sequence, const std::string& name) {
  WrittenLayer made;
  const Shape row = row_of(sequence.shape());
  const DType dtype = sequence.type().dtype;
  made.row =
      sequence.batched() ? made.graph.input("row", row, dtype) : made.graph.shared_input("row", row, dtype);
  made.result = layer(made.row, name);
  return made;
}

// The same parameters in another graph.
std::vector<Value> copied(const std::vector<Value>& parameters, Graph& into) {
  std::vector<Value> copies;
  for (const Value p : parameters) {
    const Init& init = std::get<VariableSpec>(p.attribute()).init;
    copies.push_back(into.parameter(p.name(), p.shape(), init, p.type().dtype));
  }
  return copies;
}

}  // namespace

Value rows_within(Value length, std::int64_t steps) {
  require_length(length, "rows_within");
  // From the last row back to the first: 0 until the one that is a sample's last, then 1.
  const Value last = one_hot(length - 1.0, steps), none = length.graph().constant(0, {}, length.type().dtype);
  const ScanOperands operands{.carries = {none}, .sequences = {last}, .direction = Direction::kBackward};
  const ScanResult made = scan(
      operands, [](const ScanStep& step) { return StepResult{.carries = {step.carries[0] + step.rows[0]}}; });
  return slice(made.carries[0], 0, 0, steps);
}

Value without_rows_beyond(Value sequence, Value length) {
  if (sequence.shape().rank() == 0)
    fail(ErrorKind::kShape, "without_rows_beyond needs a sequence [T, ...], found a scalar []");
  const Value within = rows_within(length, sequence.shape()[0]);
  return scan({.carries = {}, .sequences = {sequence, within}},
              [](const ScanStep& step) {
                return StepResult{.carries = {}, .outputs = {step.rows[1] * step.rows[0]}};
              })
      .outputs[0];
}

Layer each_row(Layer layer) {
  return [layer = std::move(layer)](Value x, const std::string& default_name) {
    if (x.shape().rank() == 0)
      fail(ErrorKind::kShape, "each_row needs a sequence [T, ...], found a scalar []");
    WrittenLayer one = written(layer, x, default_name);
    std::vector<Value> leaves = one.graph.parameters();
    const ScanOperands operands{.carries = {}, .sequences = {x}, .shared = copied(leaves, x.graph())};
    leaves.insert(leaves.begin(), one.row);
    const ScanResult made = scan(operands, [&](const ScanStep& step) {
      std::vector<Value> arguments = {step.rows[0]};
      arguments.insert(arguments.end(), step.shared.begin(), step.shared.end());
      return StepResult{.carries = {},
                        .outputs = inlined(std::vector{one.result}, leaves, arguments, step.rows[0].graph())};
    });
    return made.outputs[0];
  };
}

Value last_row(Value sequence, Value length) {
  require_rows(sequence, "last_row");
  const std::int64_t steps = sequence.shape()[0], size = sequence.shape()[1];
  if (!length) return reshape(slice(sequence, 0, steps - 1, steps), {size});
  require_length(length, "last_row");
  const Value columns = transpose(sequence), last = one_hot(length - 1.0, steps);
  return matmul(columns, last);
}

Value mean_over_time(Value sequence, Value length) {
  require_rows(sequence, "mean_over_time");
  const std::int64_t steps = sequence.shape()[0], size = sequence.shape()[1];
  if (!length) return reshape(sum_to(sequence, {1, size}), {size}) / static_cast<double>(steps);
  const Value columns = transpose(sequence), within = rows_within(length, steps);
  return matmul(columns, within) / length;
}

Layer embedding(std::int64_t vocabulary, std::int64_t units, EmbeddingOptions options) {
  return [=, options = std::move(options)](Value x, const std::string& default_name) {
    const std::string& name = options.name.empty() ? default_name : options.name;
    if (name.empty()) fail(ErrorKind::kConfig, "embedding layer needs a name, found none");
    if (units < 1 || vocabulary < 1)
      fail(ErrorKind::kShape, "embedding layer {} needs 1 unit and 1 row or more, found {} and {}",
           quote(name), units, vocabulary);
    const Shape& shape = x.shape();
    if (shape.rank() < 1 || shape.rank() > 2 || shape[shape.rank() - 1] != 1)
      fail(ErrorKind::kShape, "embedding layer {} needs one code a row, [T, 1] or [1], found {}", quote(name),
           shape.str());
    const Value table = x.graph().parameter(name + ".weight", {vocabulary, units},
                                            initial(options.init, units, vocabulary), x.type().dtype);
    const Value columns =
        transpose(table);  // outside of the step, so that the table's gradient is one product
    const auto pick_row = [&](Value code, Value of) {
      return matmul(of, one_hot(reshape(code, {}), vocabulary));
    };
    if (shape.rank() == 1) return pick_row(x, columns);
    const ScanOperands operands{.carries = {}, .sequences = {x}, .shared = {columns}};
    return scan(operands,
                [&](const ScanStep& step) {
                  return StepResult{.carries = {}, .outputs = {pick_row(step.rows[0], step.shared[0])}};
                })
        .outputs[0];
  };
}

}  // namespace catenary::nn
