#include <stdexcept>

#include "catenary/catenary.h"
#include "peer.h"

namespace bench {

namespace {

using namespace catenary;

nn::Cell cell_of(Cell cell) {
  if (cell == Cell::kLstm) return nn::Cell::kLstm;
  return cell == Cell::kGru ? nn::Cell::kGru : nn::Cell::kRnn;
}

// The problem's parameters by their names, those that it has.
const std::vector<std::string> kNames = {"layer.input_weight", "layer.bias", "layer.recurrent_weight",
                                         "layer.candidate_bias"};

class CatenaryRecurrent : public Peer {
 public:
  CatenaryRecurrent(const Problem& p, double learning_rate, int threads)
      : problem_(p),
        pool_(threads),
        variables_(network(*p.recurrence, learning_rate), 1),
        step_(compile(program_, variables_, {.pool = &pool_})) {
    const std::vector<const Numbers*> parameters = {&p.weights[0], &p.biases[0], &p.weights[1], &p.biases[1]};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (!parameters[i]->empty())
        variables_.write(kNames[i], std::vector<double>(parameters[i]->begin(), parameters[i]->end()));
    }
    step_.bind("x", rows_of(problem_.inputs, p.inputs_of_sample()));
    step_.bind("y", rows_of(problem_.targets, p.targets_of_sample()));
  }

  void step() override {
    if (step_.run({problem_.batch}) != Status::kOk) throw std::runtime_error("the step failed");
  }

  std::vector<Numbers> parameters() override {
    std::vector<Numbers> all;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      Numbers& own = all.emplace_back();
      if (i + 1 == kNames.size() && problem_.biases[1].empty()) break;
      const std::vector<double> numbers = variables_.read(kNames[i]);
      own.assign(numbers.begin(), numbers.end());
    }
    return all;
  }

 private:
  Graph& network(const Recurrence& r, double learning_rate) {
    const Value x = graph_.input("x", {r.steps, r.inputs}), y = graph_.input("y", {r.units});
    const nn::RecurrentResult layer =
        nn::recurrent(cell_of(r.cell), r.units, {.rows = x}, {.name = "layer", .forget_bias = 0});
    const Value loss = batch_mean(squared_error(layer.last.hidden, y));
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

std::unique_ptr<Peer> catenary_recurrent(const Problem& problem, double rate, int threads) {
  return std::make_unique<CatenaryRecurrent>(problem, rate, threads);
}

}  // namespace bench
