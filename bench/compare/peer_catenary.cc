#include <stdexcept>

#include "catenary/catenary.h"
#include "peer.h"

namespace bench {

namespace {

using namespace catenary;

class Catenary : public Peer {
 public:
  Catenary(const Problem& p, double learning_rate, int threads)
      : problem_(p),
        pool_(threads),
        variables_(network(p, learning_rate), 1),
        step_(compile(program_, variables_, {.pool = &pool_})) {
    for (int l = 0; l < p.layers(); ++l) {
      const auto i = static_cast<std::size_t>(l);
      variables_.write(layer(l) + ".weight", std::vector<double>(p.weights[i].begin(), p.weights[i].end()));
      variables_.write(layer(l) + ".bias", std::vector<double>(p.biases[i].begin(), p.biases[i].end()));
    }
    step_.bind("x", rows_of(problem_.inputs, p.widths[0]));
    step_.bind("y", rows_of(problem_.targets, 1));
  }

  void step() override {
    if (step_.run({problem_.batch}) != Status::kOk) throw std::runtime_error("the step failed");
  }

  std::vector<Numbers> parameters() override {
    std::vector<Numbers> all;
    for (int l = 0; l < problem_.layers(); ++l) {
      for (const char* tensor : {".weight", ".bias"}) {
        const std::vector<double> numbers = variables_.read(layer(l) + tensor);
        all.emplace_back(numbers.begin(), numbers.end());
      }
    }
    return all;
  }

 private:
  static std::string layer(int index) { return "dense" + std::to_string(index + 1); }

  Graph& network(const Problem& p, double learning_rate) {
    std::vector<nn::Layer> layers;
    for (int l = 0; l < p.layers(); ++l) {
      const bool hidden = l + 1 < p.layers();
      layers.push_back(hidden ? nn::dense(p.out(l), p.tanh ? nn::tanh : nn::relu) : nn::dense(p.out(l)));
    }
    const Value a = nn::sequential(layers)(graph_.input("x", {p.widths[0]}));
    const Value y = graph_.input("y", p.classifies() ? Shape{} : Shape{1});
    const Value loss = batch_mean(p.classifies() ? softmax_cross_entropy_labels(a, y) : squared_error(a, y));
    const std::vector<Value> weights = graph_.parameters();
    program_ = {{{"loss", loss}},
                optim::sgd({.learning_rate = learning_rate})(weights, gradient(loss, weights).adjoints)};
    return graph_;
  }

  Problem problem_;
  Graph graph_;
  Program program_;
  ThreadPool pool_;
  Variables variables_;
  Step step_;
};

}  // namespace

PeerKind catenary_peer() {
  return {.name = "catenary",
          .about = std::string(kernels::name_of(kernels::supported_simd().back())) + " kernels",
          .make = [](const Problem& p, double learning_rate, int threads) -> std::unique_ptr<Peer> {
            return std::make_unique<Catenary>(p, learning_rate, threads);
          },
          .make_recurrent = catenary_recurrent};
}

}  // namespace bench
