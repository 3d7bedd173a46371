#include <omp.h>

#include "assembled.h"
#include "onednn_engine.h"

namespace bench {

namespace {

using dnnl::memory;
using tag = memory::format_tag;
using type = memory::data_type;

// The operands of a recurrent layer's primitives. What a primitive may lay out as it likes has the tag any.
struct Layout {
  memory::desc x, start, weights, recurrent, bias, states;
};

struct Passes {
  dnnl::primitive_desc forward, backward;
};

constexpr auto kDirection = dnnl::rnn_direction::unidirectional_left2right;
constexpr auto kForward = dnnl::prop_kind::forward_training;
constexpr auto kBackward = dnnl::prop_kind::backward;

// The last state is read from the sequence's end, for which no operand is needed. That states start with 0
// must be said: without it oneDNN 2.6 adds products with what its workspace held to U's gradient.
Passes passes_of(Cell cell, const Layout& l) {
  const memory::desc none;
  if (cell == Cell::kLstm) {
    const dnnl::lstm_forward::primitive_desc forward(
        {kForward, kDirection, l.x, l.start, l.start, l.weights, l.recurrent, l.bias, l.states, none, none},
        onednn_engine());
    return {forward, dnnl::lstm_backward::primitive_desc(
                         {kBackward, kDirection,  l.x,    l.start,  l.start, l.weights, l.recurrent,
                          l.bias,    l.states,    none,   none,     l.x,     l.start,   l.start,
                          l.weights, l.recurrent, l.bias, l.states, none,    none},
                         onednn_engine(), forward)};
  }
  if (cell == Cell::kGru) {
    const dnnl::lbr_gru_forward::primitive_desc forward(
        {kForward, kDirection, l.x, l.start, l.weights, l.recurrent, l.bias, l.states, none},
        onednn_engine());
    return {forward, dnnl::lbr_gru_backward::primitive_desc(
                         {kBackward, kDirection, l.x, l.start, l.weights, l.recurrent, l.bias, l.states, none,
                          l.x, l.start, l.weights, l.recurrent, l.bias, l.states, none},
                         onednn_engine(), forward)};
  }
  constexpr auto kTanh = dnnl::algorithm::eltwise_tanh;
  const dnnl::vanilla_rnn_forward::primitive_desc forward(
      {kForward, kTanh, kDirection, l.x, l.start, l.weights, l.recurrent, l.bias, l.states, none},
      onednn_engine());
  return {forward, dnnl::vanilla_rnn_backward::primitive_desc(
                       {kBackward, kTanh, kDirection, l.x, l.start, l.weights, l.recurrent, l.bias, l.states,
                        none, l.x, l.start, l.weights, l.recurrent, l.bias, l.states, none},
                       onednn_engine(), forward)};
}

memory::desc asked(const dnnl::primitive_desc& pass, int argument) {
  return pass.query_md(dnnl::query::exec_arg_md, argument);
}

// Weights as the updates see them, [inputs, gates, units], and laid out as each pass likes them: the same
// memory where a pass likes that. A step reorders what differs.
struct Weights {
  memory plain, forward, backward, gradient, plain_gradient;
};

class OneDnnRecurrent : public Peer {
 public:
  OneDnnRecurrent(const Problem& p, double rate, int threads)
      : p_(p),
        r_(*p.recurrence),
        rate_(static_cast<float>(rate)),
        threads_(threads),
        stream_(onednn_engine()) {
    omp_set_num_threads(threads_);
    const memory::dim biases = r_.cell == Cell::kGru ? 4 : r_.gates();
    const auto any = [](const memory::dims& dims) { return memory::desc(dims, type::f32, tag::any); };
    const memory::dims weights = {1, 1, r_.inputs, r_.gates(), r_.units},
                       recurrent = {1, 1, r_.units, r_.gates(), r_.units};
    const Layout layout{.x = {{r_.steps, p.batch, r_.inputs}, type::f32, tag::tnc},
                        .start = {{1, 1, p.batch, r_.units}, type::f32, tag::ldnc},
                        .weights = any(weights),
                        .recurrent = any(recurrent),
                        .bias = {{1, 1, biases, r_.units}, type::f32, tag::ldgo},
                        .states = {{r_.steps, p.batch, r_.units}, type::f32, tag::tnc}};
    const Passes passes = passes_of(r_.cell, layout);
    forward_ = dnnl::primitive(passes.forward);
    backward_ = dnnl::primitive(passes.backward);
    weights_ = weights_of(passes, DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_LAYER, weights);
    recurrent_ = weights_of(passes, DNNL_ARG_WEIGHTS_ITER, DNNL_ARG_DIFF_WEIGHTS_ITER, recurrent);
    for (memory* own : {&start_, &start_gradient_, &cell_gradient_})
      *own = memory(layout.start, onednn_engine());
    for (memory* own : {&x_, &x_gradient_}) *own = memory(layout.x, onednn_engine());
    for (memory* own : {&bias_, &bias_gradient_}) *own = memory(layout.bias, onednn_engine());
    for (memory* own : {&states_, &delta_}) *own = memory(layout.states, onednn_engine());
    workspace_ = memory(asked(passes.forward, DNNL_ARG_WORKSPACE), onednn_engine());
    clear(start_);
    clear(delta_);
    write_problem();
  }

  void step() override {
    omp_set_num_threads(threads_);
    for (Weights* w : {&weights_, &recurrent_}) {
      reorder(w->plain, w->forward);
      reorder(w->plain, w->backward);
      clear(w->gradient);  // the backward pass adds to them
    }
    clear(bias_gradient_);
    forward_.execute(stream_, {{DNNL_ARG_SRC_LAYER, x_},
                               {DNNL_ARG_SRC_ITER, start_},
                               {DNNL_ARG_SRC_ITER_C, start_},
                               {DNNL_ARG_WEIGHTS_LAYER, weights_.forward},
                               {DNNL_ARG_WEIGHTS_ITER, recurrent_.forward},
                               {DNNL_ARG_BIAS, bias_},
                               {DNNL_ARG_DST_LAYER, states_},
                               {DNNL_ARG_WORKSPACE, workspace_}});
    stream_.wait();
    last_delta();
    backward_.execute(stream_, {{DNNL_ARG_SRC_LAYER, x_},
                                {DNNL_ARG_SRC_ITER, start_},
                                {DNNL_ARG_SRC_ITER_C, start_},
                                {DNNL_ARG_WEIGHTS_LAYER, weights_.backward},
                                {DNNL_ARG_WEIGHTS_ITER, recurrent_.backward},
                                {DNNL_ARG_BIAS, bias_},
                                {DNNL_ARG_DST_LAYER, states_},
                                {DNNL_ARG_DIFF_DST_LAYER, delta_},
                                {DNNL_ARG_DIFF_SRC_LAYER, x_gradient_},
                                {DNNL_ARG_DIFF_SRC_ITER, start_gradient_},
                                {DNNL_ARG_DIFF_SRC_ITER_C, cell_gradient_},
                                {DNNL_ARG_DIFF_WEIGHTS_LAYER, weights_.gradient},
                                {DNNL_ARG_DIFF_WEIGHTS_ITER, recurrent_.gradient},
                                {DNNL_ARG_DIFF_BIAS, bias_gradient_},
                                {DNNL_ARG_WORKSPACE, workspace_}});
    for (Weights* w : {&weights_, &recurrent_}) {
      reorder(w->gradient, w->plain_gradient);
      stream_.wait();
      descend(w->plain, w->plain_gradient);
    }
    descend(bias_, bias_gradient_);
  }

  std::vector<Numbers> parameters() override {
    std::vector<Numbers> all;
    const Numbers bias(data(bias_), data(bias_) + r_.gates() * r_.units);
    all.push_back(rows_of_weights(weights_, r_.inputs));
    all.push_back(swapped(bias, 1));
    all.push_back(rows_of_weights(recurrent_, r_.units));
    const float* candidate = data(bias_) + r_.gates() * r_.units;
    all.emplace_back(candidate, candidate + (r_.cell == Cell::kGru ? r_.units : 0));
    return all;
  }

 private:
  static Weights weights_of(const Passes& passes, int argument, int gradient, const memory::dims& dims) {
    const memory::desc plain(dims, type::f32, tag::ldigo);
    Weights made{.plain = memory(plain, onednn_engine())};
    const auto as = [&](const memory::desc& liked, const memory& other) {
      return liked == plain ? other : memory(liked, onednn_engine());
    };
    made.forward = as(asked(passes.forward, argument), made.plain);
    made.backward = as(asked(passes.backward, argument), made.plain);
    made.gradient = memory(asked(passes.backward, gradient), onednn_engine());
    made.plain_gradient = made.gradient.get_desc() == plain ? made.gradient : memory(plain, onednn_engine());
    return made;
  }

  // oneDNN has a GRU's update gate before its reset gate.
  Numbers swapped(Numbers rows, std::int64_t columns) const {
    const std::int64_t size = r_.units * columns;
    if (r_.cell == Cell::kGru) std::swap_ranges(rows.begin(), rows.begin() + size, rows.begin() + size);
    return rows;
  }

  void write_problem() {
    for (std::int64_t t = 0; t < r_.steps; ++t) {
      for (std::int64_t b = 0; b < p_.batch; ++b) {
        std::copy_n(p_.inputs.data() + (b * r_.steps + t) * r_.inputs, r_.inputs,
                    data(x_) + (t * p_.batch + b) * r_.inputs);
      }
    }
    write_weights(swapped(p_.weights[0], r_.inputs), r_.inputs, weights_);
    write_weights(swapped(p_.weights[1], r_.units), r_.units, recurrent_);
    const Numbers bias = swapped(p_.biases[0], 1);
    std::copy(bias.begin(), bias.end(), data(bias_));
    std::copy(p_.biases[1].begin(), p_.biases[1].end(), data(bias_) + bias.size());
  }

  void write_weights(const Numbers& rows, std::int64_t columns, const Weights& to) const {
    const std::int64_t count = r_.gates() * r_.units;
    for (std::int64_t row = 0; row < count; ++row) {
      for (std::int64_t k = 0; k < columns; ++k)
        data(to.plain)[k * count + row] = rows[static_cast<std::size_t>(row * columns + k)];
    }
  }

  Numbers rows_of_weights(const Weights& from, std::int64_t columns) const {
    const std::int64_t count = r_.gates() * r_.units;
    Numbers rows(static_cast<std::size_t>(count * columns));
    for (std::int64_t row = 0; row < count; ++row) {
      for (std::int64_t k = 0; k < columns; ++k)
        rows[static_cast<std::size_t>(row * columns + k)] = data(from.plain)[k * count + row];
    }
    return swapped(std::move(rows), columns);
  }

  void reorder(memory& from, memory& to) {
    if (from.get() != to.get()) dnnl::reorder(from, to).execute(stream_, from, to);
  }

  static void clear(const memory& m) {
    std::fill_n(static_cast<char*>(m.get_data_handle()), m.get_desc().get_size(), 0);
  }

  // (h − y) over the batch size, of the last step; that of the others stays 0.
  void last_delta() {
    const std::int64_t count = p_.batch * r_.units, first = (r_.steps - 1) * count;
    const float scale = 1.0f / static_cast<float>(p_.batch);
    const float *h = data(states_) + first, *y = p_.targets.data();
    float* delta = data(delta_) + first;
    for (std::int64_t i = 0; i < count; ++i) delta[i] = (h[i] - y[i]) * scale;
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
  Recurrence r_;
  float rate_;
  int threads_;
  dnnl::stream stream_;
  dnnl::primitive forward_, backward_;
  Weights weights_, recurrent_;
  memory x_, x_gradient_, start_, start_gradient_, cell_gradient_, bias_, bias_gradient_, states_, delta_,
      workspace_;
};

}  // namespace

std::unique_ptr<Peer> onednn_recurrent(const Problem& problem, double rate, int threads) {
  return std::make_unique<OneDnnRecurrent>(problem, rate, threads);
}

}  // namespace bench
