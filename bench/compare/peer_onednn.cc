#include <fmt/format.h>
#include <omp.h>

#include "assembled.h"
#include "onednn_engine.h"

namespace bench {

namespace {

using dnnl::memory;
using tag = memory::format_tag;
using type = memory::data_type;

// One layer by oneDNN's inner products, each of which lays out the weights as it likes best; the weights live
// in the forward product's layout and are reordered for the others where theirs differ.
struct Layer {
  dnnl::inner_product_forward forward;
  dnnl::inner_product_backward_data backward;
  dnnl::inner_product_backward_weights gradient;
  memory weights, bias, source, result, delta, earlier;
  memory weights_for_backward, weights_gradient, gradient_as_weights, bias_gradient;
};

class OneDnn : public Peer {
 public:
  OneDnn(const Problem& p, double rate, int threads)
      : p_(p), rate_(static_cast<float>(rate)), threads_(threads), stream_(onednn_engine()) {
    omp_set_num_threads(threads_);
    for (int l = 0; l < p_.layers(); ++l) add_layer(l);
    stream_.wait();
  }

  void step() override {
    omp_set_num_threads(threads_);
    for (int l = 0; l < p_.layers(); ++l) run_forward(l);
    stream_.wait();
    last_delta(p_, data(layers_.back().result), data(layers_.back().delta));
    for (int l = p_.layers() - 1; l >= 0; --l) run_backward(l);
    stream_.wait();
  }

  std::vector<Numbers> parameters() override {
    std::vector<Numbers> all;
    for (int l = 0; l < p_.layers(); ++l) {
      const Layer& layer = layers_[static_cast<std::size_t>(l)];
      all.push_back(p_.weights[static_cast<std::size_t>(l)]);
      memory rows({{p_.out(l), p_.in(l)}, type::f32, tag::ab}, onednn_engine(), all.back().data());
      memory weights = layer.weights;
      dnnl::reorder(weights, rows).execute(stream_, weights, rows);
      stream_.wait();
      all.emplace_back(data(layer.bias), data(layer.bias) + p_.out(l));
    }
    return all;
  }

 private:
  void add_layer(int l) {
    const auto i = static_cast<std::size_t>(l);
    const memory::dims in = {p_.batch, p_.in(l)}, w = {p_.out(l), p_.in(l)}, b = {p_.out(l)},
                       out = {p_.batch, p_.out(l)};
    const memory::desc any(w, type::f32, tag::any), rows_in(in, type::f32, tag::ab),
        rows_out(out, type::f32, tag::ab), vector(b, type::f32, tag::a);
    dnnl::primitive_attr attributes;
    if (l + 1 < p_.layers()) {
      dnnl::post_ops activation;
      activation.append_eltwise(1, p_.tanh ? dnnl::algorithm::eltwise_tanh : dnnl::algorithm::eltwise_relu, 0,
                                0);
      attributes.set_post_ops(activation);
    }
    const dnnl::inner_product_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, rows_in, any, vector, rows_out}, attributes, onednn_engine());
    const dnnl::inner_product_backward_weights::primitive_desc gradient({rows_in, any, vector, rows_out},
                                                                        onednn_engine(), forward);
    Layer layer;
    layer.forward = dnnl::inner_product_forward(forward);
    layer.gradient = dnnl::inner_product_backward_weights(gradient);
    layer.weights = memory(forward.weights_desc(), onednn_engine());
    layer.weights_gradient = memory(gradient.diff_weights_desc(), onednn_engine());
    layer.gradient_as_weights = forward.weights_desc() == gradient.diff_weights_desc()
                                    ? layer.weights_gradient
                                    : memory(forward.weights_desc(), onednn_engine());
    layer.bias = memory(vector, onednn_engine());
    layer.bias_gradient = memory(vector, onednn_engine());
    layer.source = l == 0 ? memory(rows_in, onednn_engine(), p_.inputs.data()) : layers_.back().result;
    layer.result = memory(rows_out, onednn_engine());
    layer.delta = memory(rows_out, onednn_engine());
    memory rows({w, type::f32, tag::ab}, onednn_engine(), p_.weights[i].data());
    dnnl::reorder(rows, layer.weights).execute(stream_, rows, layer.weights);
    std::copy(p_.biases[i].begin(), p_.biases[i].end(), data(layer.bias));
    if (l > 0) {
      const dnnl::inner_product_backward_data::primitive_desc backward({rows_in, any, rows_out},
                                                                       onednn_engine(), forward);
      layer.backward = dnnl::inner_product_backward_data(backward);
      layer.earlier = layers_.back().delta;
      layer.weights_for_backward = backward.weights_desc() == forward.weights_desc()
                                       ? layer.weights
                                       : memory(backward.weights_desc(), onednn_engine());
    }
    layers_.push_back(std::move(layer));
  }

  void run_forward(int l) {
    Layer& layer = layers_[static_cast<std::size_t>(l)];
    layer.forward.execute(stream_, {{DNNL_ARG_SRC, layer.source},
                                    {DNNL_ARG_WEIGHTS, layer.weights},
                                    {DNNL_ARG_BIAS, layer.bias},
                                    {DNNL_ARG_DST, layer.result}});
  }

  void run_backward(int l) {
    Layer& layer = layers_[static_cast<std::size_t>(l)];
    if (l > 0) {
      if (layer.weights_for_backward.get() != layer.weights.get()) {
        dnnl::reorder(layer.weights, layer.weights_for_backward)
            .execute(stream_, layer.weights, layer.weights_for_backward);
      }
      layer.backward.execute(stream_, {{DNNL_ARG_DIFF_DST, layer.delta},
                                       {DNNL_ARG_WEIGHTS, layer.weights_for_backward},
                                       {DNNL_ARG_DIFF_SRC, layer.earlier}});
      multiply_by_derivative(data(layer.earlier), data(layer.source), p_.batch * p_.in(l), p_.tanh, threads_);
    }
    layer.gradient.execute(stream_, {{DNNL_ARG_SRC, layer.source},
                                     {DNNL_ARG_DIFF_DST, layer.delta},
                                     {DNNL_ARG_DIFF_WEIGHTS, layer.weights_gradient},
                                     {DNNL_ARG_DIFF_BIAS, layer.bias_gradient}});
    if (layer.gradient_as_weights.get() != layer.weights_gradient.get()) {
      dnnl::reorder(layer.weights_gradient, layer.gradient_as_weights)
          .execute(stream_, layer.weights_gradient, layer.gradient_as_weights);
    }
    descend(layer.weights, layer.gradient_as_weights);
    descend(layer.bias, layer.bias_gradient);
  }

  void descend(const memory& weights, const memory& gradient) const {
    float* w = data(weights);
    const float* g = data(gradient);
    const auto count = static_cast<std::int64_t>(weights.get_desc().get_size() / sizeof(float));
#pragma omp parallel for simd num_threads(      \
    loop_threads(count, threads_)) if (parallel \
                                       : loop_threads(count, threads_) > 1)
    for (std::int64_t i = 0; i < count; ++i) w[i] -= rate_ * g[i];
  }

  Problem p_;
  float rate_;
  int threads_;
  dnnl::stream stream_;
  std::vector<Layer> layers_;
};

std::string describe() {
  const dnnl_version_t* v = dnnl::version();
  return fmt::format("{}.{}.{}, instruction set {:#x}", v->major, v->minor, v->patch,
                     static_cast<int>(dnnl::get_effective_cpu_isa()));
}

}  // namespace

PeerKind onednn_peer() {
  return {.name = "onednn",
          .about = describe(),
          .make = [](const Problem& p, double rate, int threads) -> std::unique_ptr<Peer> {
            return std::make_unique<OneDnn>(p, rate, threads);
          },
          .by_hand = true,
          .make_recurrent = onednn_recurrent};
}

}  // namespace bench
