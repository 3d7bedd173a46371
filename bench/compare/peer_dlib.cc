#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "blas_threads.h"
#include "peer.h"

namespace bench {

namespace {

template <typename Below>
using Relu = dlib::relu<Below>;
template <typename Below>
using Tanh = dlib::htan<Below>;

// A network's depth and functions are its type; the widths, 1 here, are set afterwards.
template <template <typename> class Activation, int layers>
struct Body {
  using Type = dlib::fc<1, Activation<typename Body<Activation, layers - 1>::Type>>;
};
template <template <typename> class Activation>
struct Body<Activation, 1> {
  using Type = dlib::fc<1, dlib::input<dlib::matrix<float>>>;
};

template <template <typename> class LossLayer, typename Label, template <typename> class Activation,
          int layers>
class Dlib : public Peer {
 public:
  Dlib(const Problem& p, double rate, int threads)
      : problem_(p), rate_(rate), threads_(threads), labels_(p.targets.begin(), p.targets.end()) {
    const std::vector<dlib::matrix<float>> samples = samples_of(p);
    net_.to_tensor(samples.begin(), samples.end(), x_);
    for_each_layer([&](auto& layer, int l) { layer.set_num_outputs(static_cast<long>(p.out(l))); });
    net_.subnet().forward(x_);  // allocates the parameters
    for_each_layer([&](auto& layer, int l) { write(layer.get_layer_params().host(), l); });
    constexpr float kWeightDecay = 0, kMomentum = 0;
    solvers_.assign(net_.num_computational_layers, dlib::sgd(kWeightDecay, kMomentum));
  }

  void step() override {
    set_blas_threads(threads_);
    net_.compute_parameter_gradients(x_, labels_.begin());
    net_.update_parameters(solvers_, rate_);
  }

  std::vector<Numbers> parameters() override {
    std::vector<Numbers> all(2 * static_cast<std::size_t>(layers));
    for_each_layer([&](auto& layer, int l) {
      const float* from = layer.get_layer_params().host();
      const auto in = static_cast<std::size_t>(problem_.in(l)),
                 out = static_cast<std::size_t>(problem_.out(l));
      Numbers& weight = all[2 * static_cast<std::size_t>(l)];
      weight.resize(in * out);
      for (std::size_t k = 0; k < in; ++k) {
        for (std::size_t i = 0; i < out; ++i) weight[i * in + k] = *from++;
      }
      all[2 * static_cast<std::size_t>(l) + 1].assign(from, from + out);
    });
    return all;
  }

 private:
  using Net = LossLayer<typename Body<Activation, layers>::Type>;

  static std::vector<dlib::matrix<float>> samples_of(const Problem& p) {
    std::vector<dlib::matrix<float>> samples(static_cast<std::size_t>(p.batch));
    const float* row = p.inputs.data();
    for (dlib::matrix<float>& sample : samples) {
      sample.set_size(static_cast<long>(p.widths.front()), 1);
      std::copy_n(row, p.widths.front(), sample.begin());
      row += p.widths.front();
    }
    return samples;
  }

  // visit(layer, index) for each fully connected layer.
  template <typename Visit>
  void for_each_layer(const Visit& visit) {
    int l = layers;
    dlib::visit_computational_layers(net_, [&](auto& layer) {
      if constexpr (std::is_same_v<std::decay_t<decltype(layer)>, dlib::fc_<1, dlib::FC_HAS_BIAS>>) {
        visit(layer, --l);
      }
    });
  }

  // dlib keeps [inputs + 1, outputs], the bias last.
  void write(float* to, int l) const {
    const Numbers& weight = problem_.weights[static_cast<std::size_t>(l)];
    const Numbers& bias = problem_.biases[static_cast<std::size_t>(l)];
    const std::size_t in = weight.size() / bias.size();
    for (std::size_t k = 0; k < in; ++k) {
      for (std::size_t i = 0; i < bias.size(); ++i) *to++ = weight[i * in + k];
    }
    std::copy(bias.begin(), bias.end(), to);
  }

  Problem problem_;
  double rate_;
  int threads_;
  std::vector<Label> labels_;
  dlib::resizable_tensor x_;
  Net net_;
  std::vector<dlib::sgd> solvers_;
};

template <int layers>
using Classifier = Dlib<dlib::loss_multiclass_log, unsigned long, Relu, layers>;

// The bars' networks: a type for each depth.
std::unique_ptr<Peer> make(const Problem& p, double rate, int threads) {
  if (p.classifies() && !p.tanh) {
    switch (p.layers()) {
      case 2: return std::make_unique<Classifier<2>>(p, rate, threads);
      case 3: return std::make_unique<Classifier<3>>(p, rate, threads);
      case 4: return std::make_unique<Classifier<4>>(p, rate, threads);
      case 5: return std::make_unique<Classifier<5>>(p, rate, threads);
      default: return nullptr;
    }
  }
  if (p.classifies()) return nullptr;
  if (!p.tanh && p.layers() == 2) {
    return std::make_unique<Dlib<dlib::loss_mean_squared, float, Relu, 2>>(p, rate, threads);
  }
  if (p.tanh && p.layers() == 6) {
    return std::make_unique<Dlib<dlib::loss_mean_squared, float, Tanh, 6>>(p, rate, threads);
  }
  return nullptr;
}

}  // namespace

PeerKind dlib_peer() {
  return {.name = "dlib",
          .about = std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION) +
                   ", the system's BLAS for products",
          .make = make};
}

}  // namespace bench
