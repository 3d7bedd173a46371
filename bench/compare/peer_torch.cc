#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/torch.h>
#include <torch/version.h>

#include "blas_threads.h"
#include "peer.h"

namespace bench {

namespace {

torch::Tensor tensor(const Numbers& numbers, at::IntArrayRef shape) {
  return torch::from_blob(const_cast<float*>(numbers.data()), shape, torch::kFloat32).clone();
}

class Torch : public Peer {
 public:
  Torch(const Problem& p, double rate, int threads) : problem_(p), threads_(threads) {
    at::set_num_threads(threads);
    x_ = tensor(p.inputs, {p.batch, p.widths[0]});
    y_ = p.classifies() ? tensor(p.targets, {p.batch}).to(torch::kInt64) : tensor(p.targets, {p.batch, 1});
    for (int l = 0; l < p.layers(); ++l) {
      const auto i = static_cast<std::size_t>(l);
      torch::nn::Linear linear(p.in(l), p.out(l));
      const torch::NoGradGuard no_gradients;
      linear->weight.copy_(tensor(p.weights[i], {p.out(l), p.in(l)}));
      linear->bias.copy_(tensor(p.biases[i], {p.out(l)}));
      layers_.push_back(linear);
      parameters_.push_back(linear->weight);
      parameters_.push_back(linear->bias);
    }
    optimizer_ = std::make_unique<torch::optim::SGD>(parameters_, rate);
  }

  void step() override {
    if (at::get_num_threads() != threads_) at::set_num_threads(threads_);
    set_blas_threads(threads_);
    optimizer_->zero_grad();
    torch::Tensor a = x_;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      a = layers_[l](a);
      if (l + 1 < layers_.size()) a = problem_.tanh ? torch::tanh(a) : torch::relu(a);
    }
    // ½‖y − a‖², the mean over the batch, of one output.
    const torch::Tensor loss =
        problem_.classifies() ? torch::cross_entropy_loss(a, y_) : 0.5 * torch::mse_loss(a, y_);
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
  Problem problem_;
  int threads_;
  torch::Tensor x_, y_;
  std::vector<torch::nn::Linear> layers_;
  std::vector<torch::Tensor> parameters_;
  std::unique_ptr<torch::optim::SGD> optimizer_;
};

}  // namespace

PeerKind torch_peer() {
  return {.name = "libtorch",
          .about = std::string(TORCH_VERSION) + (at::hasMKL() ? ", MKL" : ", the system's BLAS"),
          .make = [](const Problem& p, double rate, int threads) -> std::unique_ptr<Peer> {
            return std::make_unique<Torch>(p, rate, threads);
          },
          .make_recurrent = torch_recurrent};
}

}  // namespace bench
