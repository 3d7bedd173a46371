#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "blas_threads.h"
#include "peer.h"

namespace bench {

namespace {

// A parameter of its own memory.
torch::Tensor parameter(const Numbers& numbers, at::IntArrayRef shape) {
  return torch::from_blob(const_cast<float*>(numbers.data()), shape, torch::kFloat32)
      .clone()
      .requires_grad_(!numbers.empty());
}

// By what torch::nn::LSTM, GRU and RNN call: they have two biases of each gate, which would both move.
class TorchRecurrent : public Peer {
 public:
  TorchRecurrent(const Problem& p, double rate, int threads) : r_(*p.recurrence), threads_(threads) {
    at::set_num_threads(threads);
    const std::int64_t rows = r_.gates() * r_.units;
    // [steps, batch, inputs], as its layers like them best.
    x_ =
        torch::from_blob(const_cast<float*>(p.inputs.data()), {p.batch, r_.steps, r_.inputs}, torch::kFloat32)
            .transpose(0, 1)
            .contiguous();
    y_ = torch::from_blob(const_cast<float*>(p.targets.data()), {p.batch, r_.units}, torch::kFloat32).clone();
    start_ = torch::zeros({1, p.batch, r_.units});
    parameters_ = {parameter(p.weights[0], {rows, r_.inputs}), parameter(p.biases[0], {rows}),
                   parameter(p.weights[1], {rows, r_.units}),
                   parameter(p.biases[1], {static_cast<std::int64_t>(p.biases[1].size())})};
    no_bias_ = torch::zeros({r_.cell == Cell::kGru ? 2 * r_.units : rows});
    std::vector<torch::Tensor> moved(parameters_.begin(), parameters_.end() - (p.biases[1].empty() ? 1 : 0));
    optimizer_ = std::make_unique<torch::optim::SGD>(moved, rate);
  }

  void step() override {
    if (at::get_num_threads() != threads_) at::set_num_threads(threads_);
    set_blas_threads(threads_);
    optimizer_->zero_grad();
    // ½‖y − h‖², the mean over the batch.
    const torch::Tensor error = last_state() - y_;
    const torch::Tensor loss = (0.5 / static_cast<double>(y_.size(0))) * error.square().sum();
    loss.backward();
    optimizer_->step();
  }

  std::vector<Numbers> parameters() override {
    std::vector<Numbers> all;
    for (const torch::Tensor& p : parameters_) {
      const torch::Tensor rows = p.detach().contiguous();
      all.emplace_back(rows.data_ptr<float>(), rows.data_ptr<float>() + rows.numel());
    }
    return all;
  }

 private:
  torch::Tensor last_state() const {
    constexpr bool kHasBiases = true, kTraining = true, kBidirectional = false, kBatchFirst = false;
    constexpr std::int64_t kLayers = 1;
    constexpr double kDropout = 0;
    const bool is_gru = r_.cell == Cell::kGru;
    const std::vector<torch::Tensor> weights = {parameters_[0], parameters_[2], parameters_[1],
                                                is_gru ? torch::cat({no_bias_, parameters_[3]}) : no_bias_};
    if (r_.cell == Cell::kLstm) {
      return std::get<1>(torch::lstm(x_, {start_, start_}, weights, kHasBiases, kLayers, kDropout, kTraining,
                                     kBidirectional, kBatchFirst))[0];
    }
    const auto [sequence, last] = is_gru ? torch::gru(x_, start_, weights, kHasBiases, kLayers, kDropout,
                                                      kTraining, kBidirectional, kBatchFirst)
                                         : torch::rnn_tanh(x_, start_, weights, kHasBiases, kLayers, kDropout,
                                                           kTraining, kBidirectional, kBatchFirst);
    return last[0];
  }

  Recurrence r_;
  int threads_;
  torch::Tensor x_, y_, start_, no_bias_;
  std::vector<torch::Tensor> parameters_;
  std::unique_ptr<torch::optim::SGD> optimizer_;
};

}  // namespace

std::unique_ptr<Peer> torch_recurrent(const Problem& problem, double rate, int threads) {
  return std::make_unique<TorchRecurrent>(problem, rate, threads);
}

}  // namespace bench
