#include <Eigen/Core>

#include "assembled.h"

namespace bench {

namespace {

struct EigenProducts {
  using Int = std::int64_t;
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using In = Eigen::Map<const Matrix>;
  using Out = Eigen::Map<Matrix>;
  static void set_threads(int threads) { Eigen::setNbThreads(threads); }
  static void forward(Int batch, Int n, Int k, const float* a, const float* w, float* z) {
    Out(z, batch, n).noalias() = In(a, batch, k) * In(w, n, k).transpose();
  }
  static void backward(Int batch, Int n, Int k, const float* d, const float* w, float* e) {
    Out(e, batch, k).noalias() = In(d, batch, n) * In(w, n, k);
  }
  static void update(Int batch, Int n, Int k, float rate, const float* d, const float* a, float* w) {
    Out(w, n, k).noalias() -= rate * In(d, batch, n).transpose() * In(a, batch, k);
  }
};

}  // namespace

PeerKind eigen_peer() { return {"eigen", Eigen::SimdInstructionSetsInUse(), assemble<EigenProducts>, true}; }

}  // namespace bench
