#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "catenary/nn/network.h"
#include "catenary/ops/scan.h"

namespace catenary::nn {

/// What a recurrent layer makes of the step before, hₜ₋₁ (and cₜ₋₁), and a row xₜ. σ is the sigmoid; each
/// gate has its rows of W, U and b, in the order in which they are named.
enum class Cell {
  kRnn,   ///< hₜ = f(W·xₜ + U·hₜ₋₁ + b), f: tanh or relu [Elman 1990]
  kLstm,  ///< i, f, g, o: cₜ = f⊙cₜ₋₁ + i⊙g, hₜ = o⊙tanh(cₜ); g by tanh, the others by σ
          ///< [Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000]
  kGru,   ///< r, z, n: hₜ = (1 − z)⊙n + z⊙hₜ₋₁ [Cho et al. 2014]
};

/// "rnn", "lstm", "gru".
[[nodiscard]] std::string_view name_of(Cell cell);
/// How many gates it has, one after another in W, U and b.
[[nodiscard]] std::int64_t gates_of(Cell cell);

/// Where a GRU's reset gate acts: n = tanh(Wₙ·xₜ + bₙ + r⊙(Uₙ·hₜ₋₁ + b′ₙ)), or n = tanh(Wₙ·xₜ + bₙ +
/// Uₙ·(r⊙hₜ₋₁)).
enum class ResetGate { kAfterProduct, kBeforeProduct };

/// "after_product", "before_product".
[[nodiscard]] std::string_view name_of(ResetGate reset);

/// Of a recurrent layer.
struct RecurrentOptions {
  std::string name = {};  ///< of its parameters: NAME.input_weight W [gates·units, inputs],
                          ///< NAME.recurrent_weight U [gates·units, units], NAME.bias b [gates·units]
  Value (*activation)(Value) = nn::tanh;  ///< of kRnn: tanh or relu
  /// Of kLstm: i and f read p⊙cₜ₋₁, too, and o reads p⊙cₜ; NAME.peephole p [3·units], i, f, o. [Gers and
  /// Schmidhuber 2000]
  bool has_peepholes = false;
  double forget_bias = 1;  ///< of kLstm: added to f's part of b, which starts at 0 [Jozefowicz et al. 2015]
  /// Of kGru; kAfterProduct has NAME.candidate_bias b′ₙ [units].
  ResetGate reset = ResetGate::kAfterProduct;
  /// The products and an lstm's cₜ are brought to mean 0 and variance 1, each gate by itself, then scaled, by
  /// gains that start at 1. LN is (v − mean)/√(variance + 1e-5). [Ba, Kiros and Hinton 2016, eq. 4, appendix]
  /// rnn: f(γ⊙LN(W·x + U·h) + b), NAME.gain γ [units];
  /// lstm and gru: γ⊙LN(W·x) and γ′⊙LN(U·h) in the place of W·x and U·h, NAME.input_gain γ and
  /// NAME.recurrent_gain γ′ [gates·units];
  /// lstm: hₜ = o⊙tanh(γ″⊙LN(cₜ) + β), NAME.cell_gain γ″ and NAME.cell_bias β [units].
  bool has_layer_norm = false;
  /// Variational dropout, one mask for all steps of a sample: products read m⊙xₜ, where the batched input
  /// NAME.mask is m [inputs], and m′⊙hₜ₋₁, where NAME.recurrent_mask is m′ [units]. Who trains binds them; a
  /// network for use is one without. [Gal and Ghahramani 2016]
  bool drops_inputs = false, drops_states = false;
  Direction direction = Direction::kForward;  ///< through the rows
  /// A compiled training keeps O(√T) of what the steps compute and computes it a second time: as
  /// ScanOperands::recompute.
  bool recompute = false;
  Initializer init = Initializer::kGlorotUniform;         ///< of W
  Initializer recurrent_init = Initializer::kOrthogonal;  ///< of U, gate by gate
};

/// What it starts with; a value that is left out is 0.
struct RecurrentState {
  Value hidden = {};  ///< h: [units]
  Value cell = {};    ///< of kLstm, c: [units]
};

/// What a recurrent layer is given.
struct RecurrentInput {
  Value rows;  ///< [T, inputs]
  /// [], from 1 to T: how many rows a sample has; those beyond are passed over. Empty: all. What stands there
  /// must be finite.
  Value length = {};
  RecurrentState start = {};  ///< 0 unless it is told
};

/// What a recurrent layer makes of a sequence.
struct RecurrentResult {
  /// [T, units]: h of each row, in the rows' order; 0 beyond a sample's length.
  Value sequence;
  RecurrentState last;  ///< after a sample's last step, which is that of row 0 where it goes backward
  /// [T + 1, units], of one that goes forward: row t is the state before row t, row T the last one.
  RecurrentState all = {};
};

/// A recurrent layer, in its input's number type. Throws Error{shape} unless units is 1 or more and the rows
/// have two axes, Error{config} for options that the cell does not have, or without a name.
[[nodiscard]] RecurrentResult recurrent(Cell cell, std::int64_t units, const RecurrentInput& input,
                                        const RecurrentOptions& options);

/// One that goes forward and one that goes backward, NAME.forward and NAME.backward, side by side: [T,
/// 2·units], and the last states likewise. Both start at 0. [Schuster and Paliwal 1997]
[[nodiscard]] RecurrentResult bidirectional(Cell cell, std::int64_t units, const RecurrentInput& input,
                                            const RecurrentOptions& options);

}  // namespace catenary::nn
