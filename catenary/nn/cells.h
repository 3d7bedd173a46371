#pragma once

#include <cstdint>
#include <vector>

#include "catenary/nn/recurrent.h"

/// What recurrent layers do in a step. Private to nn/.
namespace catenary::nn {

/// What all steps of a cell read; what it does not have is empty.
struct CellParameters {
  Value input, recurrent, bias;                            ///< W, U and b; of a GRU their parts for r and z
  Value candidate_input, candidate, candidate_input_bias;  ///< of a GRU their parts for n
  Value candidate_bias, peephole;                          ///< b′ₙ, where r acts after the product, and p
  /// Of layer norms.
  Value gain, input_gain, recurrent_gain, candidate_input_gain, candidate_gain, cell_gain, cell_bias;
  Value mask, recurrent_mask;  ///< what dropout leaves of xₜ and hₜ₋₁

  /// Those that there are, in one order.
  [[nodiscard]] std::vector<Value*> given();
};

/// What a step reads beside them.
struct CellInput {
  Value row;          ///< xₜ
  Value hidden;       ///< hₜ₋₁
  Value memory = {};  ///< of kLstm: cₜ₋₁
};

/// Adds the parameters, and the masks if they are asked for, to the graph of x, a sequence.
[[nodiscard]] CellParameters make_parameters(Cell cell, std::int64_t units, Value x,
                                             const RecurrentOptions& options);

/// hₜ, and of kLstm cₜ.
[[nodiscard]] std::vector<Value> cell_step(Cell cell, CellInput input, const CellParameters& parameters,
                                           const RecurrentOptions& options);

}  // namespace catenary::nn
