#pragma once

#include <algorithm>
#include <cmath>

#include "peer.h"

namespace bench {

/// Threads that loops over this many numbers are worth.
inline int loop_threads(std::int64_t numbers, int threads) { return numbers < 32'768 ? 1 : threads; }

// The loops around a step's products, as one writes them by hand over rows of samples. Compiled with -O3
// -march=native -ffast-math, so that exp and tanh come from glibc's vector library.

/// a = f(z + b) in place: [rows, columns] and [columns].
inline void add_bias_and_activate(float* a, const float* b, std::int64_t rows, std::int64_t columns,
                                  bool hidden, bool tanh, int threads) {
#pragma omp parallel for num_threads( \
    loop_threads(rows* columns, threads)) if (loop_threads(rows * columns, threads) > 1)
  for (std::int64_t r = 0; r < rows; ++r) {
    float* row = a + r * columns;
    if (!hidden) {
      for (std::int64_t c = 0; c < columns; ++c) row[c] += b[c];
    } else if (tanh) {
      for (std::int64_t c = 0; c < columns; ++c) row[c] = std::tanh(row[c] + b[c]);
    } else {
      for (std::int64_t c = 0; c < columns; ++c) row[c] = std::max(row[c] + b[c], 0.0f);
    }
  }
}

/// d = d ⊙ f'(z), told by a = f(z).
inline void multiply_by_derivative(float* d, const float* a, std::int64_t count, bool tanh, int threads) {
#pragma omp parallel for simd num_threads(loop_threads(count, threads)) if (parallel                         \
                                                                            : loop_threads(count, threads) > \
                                                                                  1)
  for (std::int64_t i = 0; i < count; ++i) d[i] = tanh ? d[i] * (1 - a[i] * a[i]) : (a[i] > 0 ? d[i] : 0.0f);
}

/// δ of the last layer over the batch size, from its z: softmax(z) − y, or z − y.
inline void last_delta(const Problem& p, const float* z, float* delta) {
  const std::int64_t columns = p.widths.back();
  const float scale = 1.0f / static_cast<float>(p.batch);
  for (std::int64_t r = 0; r < p.batch; ++r) {
    const float* row = z + r * columns;
    float* d = delta + r * columns;
    const float target = p.targets[static_cast<std::size_t>(r)];
    if (!p.classifies()) {
      d[0] = (row[0] - target) * scale;
      continue;
    }
    float largest = row[0], sum = 0;
    for (std::int64_t c = 1; c < columns; ++c) largest = std::max(largest, row[c]);
    for (std::int64_t c = 0; c < columns; ++c) sum += d[c] = std::exp(row[c] - largest);
    for (std::int64_t c = 0; c < columns; ++c) d[c] *= scale / sum;
    d[static_cast<std::int64_t>(target)] -= scale;
  }
}

/// b -= rate·Σ over rows of δ. `sum`: room for the sum, which a large b would round away row by row.
inline void update_bias(float* b, const float* delta, std::int64_t rows, std::int64_t columns, float rate,
                        float* sum) {
  std::fill_n(sum, columns, 0.0f);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) sum[c] += delta[r * columns + c];
  }
  for (std::int64_t c = 0; c < columns; ++c) b[c] -= rate * sum[c];
}

/// A step assembled from one library's matrix product: three products a layer, the update folded into the
/// weights' one. Gemm: a type with
///   static void forward(B, n, k, a, w, z)           z = a·wᵀ           [B, n] = [B, k]·[n, k]ᵀ
///   static void backward(B, n, k, d, w, e)          e = d·w            [B, k] = [B, n]·[n, k]
///   static void update(B, n, k, rate, d, a, w)      w -= rate·dᵀ·a     [n, k]
///   static void set_threads(n)
template <typename Gemm>
class Assembled : public Peer {
 public:
  Assembled(const Problem& problem, double rate, int threads)
      : p_(problem), rate_(static_cast<float>(rate)), threads_(threads) {
    std::int64_t widest = 0;
    for (int l = 0; l < p_.layers(); ++l) {
      a_.emplace_back(static_cast<std::size_t>(p_.batch * p_.out(l)));
      widest = std::max(widest, p_.out(l));
    }
    delta_.resize(static_cast<std::size_t>(p_.batch * widest));
    earlier_.resize(delta_.size());
    bias_sum_.resize(static_cast<std::size_t>(widest));
  }

  void step() override {
    Gemm::set_threads(threads_);
    for (int l = 0; l < p_.layers(); ++l) {
      const auto i = static_cast<std::size_t>(l);
      Gemm::forward(p_.batch, p_.out(l), p_.in(l), input(l), p_.weights[i].data(), a_[i].data());
      add_bias_and_activate(a_[i].data(), p_.biases[i].data(), p_.batch, p_.out(l), l + 1 < p_.layers(),
                            p_.tanh, threads_);
    }
    last_delta(p_, a_.back().data(), delta_.data());
    for (int l = p_.layers() - 1; l >= 0; --l) {
      const auto i = static_cast<std::size_t>(l);
      if (l > 0) {
        Gemm::backward(p_.batch, p_.out(l), p_.in(l), delta_.data(), p_.weights[i].data(), earlier_.data());
        multiply_by_derivative(earlier_.data(), input(l), p_.batch * p_.in(l), p_.tanh, threads_);
      }
      Gemm::update(p_.batch, p_.out(l), p_.in(l), rate_, delta_.data(), input(l), p_.weights[i].data());
      update_bias(p_.biases[i].data(), delta_.data(), p_.batch, p_.out(l), rate_, bias_sum_.data());
      std::swap(delta_, earlier_);
    }
  }

  std::vector<Numbers> parameters() override {
    std::vector<Numbers> all;
    for (int l = 0; l < p_.layers(); ++l) {
      all.push_back(p_.weights[static_cast<std::size_t>(l)]);
      all.push_back(p_.biases[static_cast<std::size_t>(l)]);
    }
    return all;
  }

 private:
  const float* input(int layer) const {
    return layer == 0 ? p_.inputs.data() : a_[static_cast<std::size_t>(layer) - 1].data();
  }

  Problem p_;
  float rate_;
  int threads_;
  std::vector<Numbers> a_;  // of each layer
  Numbers delta_, earlier_, bias_sum_;
};

template <typename Gemm>
std::unique_ptr<Peer> assemble(const Problem& p, double rate, int threads) {
  return std::make_unique<Assembled<Gemm>>(p, rate, threads);
}

}  // namespace bench
