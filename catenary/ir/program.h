#pragma once

#include <string>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// A value that a program hands out after each step.
struct Output {
  std::string name;  ///< distinct within a program
  Value value;
};

/// What a variable becomes at the end of a step. `next` reads the old values of all variables.
struct Update {
  Value variable;
  Value next;
};

/// What a step computes: the loss, the gradients, the optimizer's update and the metrics are all just values.
struct Program {
  std::vector<Output> outputs = {};  ///< what is read after a step
  std::vector<Update> updates = {};  ///< at most one for each variable
};

}  // namespace catenary
