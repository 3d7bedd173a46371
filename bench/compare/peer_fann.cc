#include <fann.h>

#include <algorithm>

#include "peer.h"

namespace bench {

namespace {

// FANN computes sample by sample in plain scalar loops: about 1 GFLOP/s. Larger steps than this take seconds
// and tell nothing new.
constexpr double kMostFlops = 2e9;

// fann_activation_derived takes tanh' from an activation held within ±0.98.
constexpr double kLeastSlope = 1 - 0.98 * 0.98;

class Fann : public Peer {
 public:
  Fann(const Problem& p, double rate) : problem_(p) {
    const std::vector<unsigned> widths(p.widths.begin(), p.widths.end());
    ann_.reset(fann_create_standard_array(static_cast<unsigned>(widths.size()), widths.data()));
    fann_set_activation_function_hidden(ann_.get(), FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_steepness_hidden(ann_.get(), 1);
    fann_set_activation_function_output(ann_.get(), FANN_LINEAR);
    fann_set_activation_steepness_output(ann_.get(), 1);
    fann_set_train_error_function(ann_.get(), FANN_ERRORFUNC_LINEAR);
    fann_set_training_algorithm(ann_.get(), FANN_TRAIN_BATCH);
    fann_set_learning_rate(ann_.get(), static_cast<float>(rate));
    write_weights();
    write_batch();
  }

  void step() override { fann_train_epoch(ann_.get(), batch_.get()); }

  std::vector<Numbers> parameters() override {
    std::vector<Numbers> all;
    const float* from = ann_->weights;
    for (int l = 0; l < problem_.layers(); ++l) {
      Numbers weight, bias;
      for (std::int64_t i = 0; i < problem_.out(l); ++i) {
        weight.insert(weight.end(), from, from + problem_.in(l));
        bias.push_back(from[problem_.in(l)]);
        from += problem_.in(l) + 1;
      }
      all.push_back(std::move(weight));
      all.push_back(std::move(bias));
    }
    return all;
  }

 private:
  // Straight into the array, a neuron's weights and then its bias: fann_set_weight_array searches all
  // connections for each one.
  void write_weights() {
    float* to = ann_->weights;
    for (int l = 0; l < problem_.layers(); ++l) {
      const auto layer = static_cast<std::size_t>(l);
      const float* row = problem_.weights[layer].data();
      for (const float bias : problem_.biases[layer]) {
        to = std::copy_n(row, problem_.in(l), to);
        *to++ = bias;
        row += problem_.in(l);
      }
    }
  }

  void write_batch() {
    const std::int64_t inputs = problem_.widths.front(), outputs = problem_.widths.back();
    batch_.reset(fann_create_train(static_cast<unsigned>(problem_.batch), static_cast<unsigned>(inputs),
                                   static_cast<unsigned>(outputs)));
    for (std::int64_t r = 0; r < problem_.batch; ++r) {
      std::copy_n(problem_.inputs.data() + r * inputs, inputs, batch_->input[r]);
      const float target = problem_.targets[static_cast<std::size_t>(r)];
      std::fill_n(batch_->output[r], outputs, 0.0f);
      if (outputs > 1) batch_->output[r][static_cast<std::int64_t>(target)] = 1;
      if (outputs == 1) batch_->output[r][0] = target;
    }
  }

  struct Free {
    void operator()(fann* ann) const { fann_destroy(ann); }
    void operator()(fann_train_data* data) const { fann_destroy_train(data); }
  };
  Problem problem_;
  std::unique_ptr<fann, Free> ann_;
  std::unique_ptr<fann_train_data, Free> batch_;
};

// FANN 2.2 knows neither relu nor softmax cross-entropy.
Problem adapt(Problem p) {
  p.tanh = true;
  p.least_slope = kLeastSlope;
  p.loss = Loss::kSquaredError;
  return p;
}

}  // namespace

PeerKind fann_peer() {
  return {.name = "fann",
          .about = "2.2.0, scalar, one thread, tanh and squared error",
          .make = [](const Problem& p, double rate, int) -> std::unique_ptr<Peer> {
            if (p.flops() > kMostFlops) return nullptr;
            return std::make_unique<Fann>(p, rate);
          },
          .by_hand = false,
          .adapt = adapt};
}

}  // namespace bench
