#pragma once

#include <vector>

#include "problem.h"

/// What a recurrent layer's training step comes to, by plain loops in double.
namespace bench {

using Doubles = std::vector<double>;

/// Weights and biases of each layer in turn.
using Parameters = std::vector<Doubles>;

/// Adds what a sample of a problem with a recurrence does to the gradients, by backpropagation through time.
void add_recurrent_gradients(const Problem& p, const Parameters& at, std::size_t sample,
                             Parameters& gradients);

}  // namespace bench
