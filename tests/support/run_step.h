#pragma once

#include <fmt/format.h>

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "catenary/engine/step.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/evaluate.h"

namespace catenary::testing_support {

/// Binds the inputs that `outputs` read to the numbers in `at`, which must outlive the step, and sets shared
/// inputs.
inline void bind_inputs(Step& step, std::span<const Value> outputs, const Bindings& at) {
  for (const Value v : reachable(outputs)) {
    if (&v.op() == &ops::kInput) {
      step.bind(v.name(), {at.leaves.at(v.name()).data(), ElementType::kF64, at.batch_size});
    } else if (&v.op() == &ops::kSharedInput) {
      step.set(v.name(), at.leaves.at(v.name()).front());
    }
  }
}

/// Writes the numbers in `at` to the variables that `outputs` read.
inline void write_variables(Variables& variables, std::span<const Value> outputs, const Bindings& at) {
  for (const Value v : reachable(outputs)) {
    if (&v.op() == &ops::kVariable) variables.write(v.name(), at.leaves.at(v.name()));
  }
}

/// The numbers of each output of one run of the compiled program, in double.
inline std::vector<std::vector<double>> run_step(std::span<const Value> outputs, const Bindings& at,
                                                 CompileOptions options = {}) {
  options.watch = Watch::kNothing;  // infinite numbers are results like others here
  Program program;
  for (const Value v : outputs) program.outputs.push_back({fmt::format("{}", program.outputs.size()), v});
  Variables variables(outputs[0].graph(), 0);
  Step step = compile(program, variables, options);
  write_variables(variables, outputs, at);
  bind_inputs(step, outputs, at);
  if (const Status status = step.run({at.batch_size}); status != Status::kOk) {
    throw std::runtime_error(std::string(message(status)));
  }
  std::vector<std::vector<double>> results;
  for (const Output& output : program.outputs) results.push_back(step.values(output.name));
  return results;
}

}  // namespace catenary::testing_support
