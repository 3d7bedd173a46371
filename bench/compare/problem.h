#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A training step that several libraries are to run alike.
namespace bench {

using Numbers = std::vector<float>;

/// The mean over the batch of softmax cross-entropy or of ½‖y − a‖².
enum class Loss { kSoftmaxCrossEntropy, kSquaredError };

/// What makes a recurrent layer's state of the one before and of a row; see catenary::nn::Cell.
enum class Cell { kLstm, kGru, kTanh };

/// One recurrent layer over sequences. A sample is [steps, inputs]; ½‖y − h‖² is taken of the last state,
/// with no layer after it. The problem's first weights and bias are W [gates·units, inputs] and b
/// [gates·units], its second U [gates·units, units] and, of a GRU, the bias of the reset candidate [units].
/// Gates stand in the order of catenary::nn::Cell.
struct Recurrence {
  Cell cell;
  std::int64_t inputs, units, steps;

  [[nodiscard]] std::int64_t gates() const { return cell == Cell::kLstm ? 4 : cell == Cell::kGru ? 3 : 1; }
};

/// Hidden layers a = f(W·a + b) and a linear last one, a batch in memory as rows, and the weights to start
/// from.
struct Problem {
  std::string name;
  std::vector<std::int64_t> widths;  ///< from the input to the output
  bool tanh = false;                 ///< of the hidden layers; else relu
  std::int64_t batch = 0;
  Loss loss = Loss::kSoftmaxCrossEntropy;
  double least_slope = 0;  ///< below which tanh' is not taken: FANN's rule against saturated neurons
  std::optional<Recurrence> recurrence = {};  ///< what there is in place of layers; widths are empty then

  Numbers inputs = {};  ///< [batch, inputs_of_sample()]
  /// [batch]: y of one output, or labels; of squared error, y is 1 at the label and else 0. Of a recurrence
  /// [batch, units]: y.
  Numbers targets = {};
  std::vector<Numbers> weights = {};  ///< of each layer, [outputs, inputs]
  std::vector<Numbers> biases = {};   ///< of each layer, [outputs]
  /// How often each of the first samples is in the batch; the others are copies of them. Once each, unless
  /// few_samples() was asked for.
  std::vector<std::int64_t> times = {};

  [[nodiscard]] int layers() const { return static_cast<int>(weights.size()); }
  [[nodiscard]] std::int64_t in(int layer) const { return widths[static_cast<std::size_t>(layer)]; }
  [[nodiscard]] std::int64_t out(int layer) const { return widths[static_cast<std::size_t>(layer) + 1]; }
  [[nodiscard]] bool classifies() const { return loss == Loss::kSoftmaxCrossEntropy; }
  [[nodiscard]] std::int64_t inputs_of_sample() const;
  [[nodiscard]] std::int64_t targets_of_sample() const { return recurrence ? recurrence->units : 1; }
  /// Floating-point operations of a step's products: 2·batch·Σ in·out forward, as much again for the weights'
  /// gradients and, but for the first layer, for the inputs'. Of a recurrence
  /// 6·batch·steps·gates·units·(inputs
  /// + units): with the inputs' gradients, which nobody needs here but oneDNN always computes.
  [[nodiscard]] double flops() const;
  [[nodiscard]] std::int64_t parameters() const;
  /// The least that a step moves: each weight is read forward, by the update and, but for the first layer,
  /// backward, and written; each input is read once. Activations may stay in the caches.
  [[nodiscard]] double least_bytes() const;
  /// The bytes of weights and batch.
  [[nodiscard]] double own_bytes() const;
};

/// The problem with its numbers filled in, from a fixed seed. Squared error of one output, else softmax
/// cross-entropy.
[[nodiscard]] Problem make_problem(std::string name, std::vector<std::int64_t> widths, std::int64_t batch,
                                   bool tanh = false);

/// A recurrent layer with its numbers filled in, from a fixed seed.
[[nodiscard]] Problem make_problem(std::string name, const Recurrence& recurrence, std::int64_t batch);

/// The same network and batch size, but so few different samples, drawn again and again, that plain loops in
/// double need at most about so many multiply-adds for a step: what a step on the whole batch comes to can
/// then be known.
[[nodiscard]] Problem few_samples(const Problem& problem, double multiply_adds);

/// What steps on a problem come to.
struct Reference {
  Problem problem;
  std::vector<Numbers> moves;  ///< how far weights and bias of each layer in turn have moved
};

/// By plain loops in double. Where a hidden unit comes so near relu's kink that rounding in float decides
/// about its slope, all sides would be right that differ there: the reference's problem has another bias for
/// such a unit.
[[nodiscard]] Reference reference_of(Problem problem, double learning_rate, int steps);

/// A row of the table in docs/performance.md: what make_problem() takes.
struct Bar {
  std::string name;
  std::vector<std::int64_t> widths;
  std::int64_t batch;
  bool tanh = false;
  std::optional<Recurrence> recurrence = {};
};
[[nodiscard]] std::vector<Bar> bars();
[[nodiscard]] Problem make_problem(const Bar& bar);

}  // namespace bench
