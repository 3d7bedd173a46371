#include <cblas.h>

#include "assembled.h"

namespace bench {

namespace {

struct OpenBlas {
  using Int = std::int64_t;
  static void set_threads(int threads) {
    if (openblas_get_num_threads() != threads) openblas_set_num_threads(threads);
  }
  static void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, Int m, Int n, Int k, float alpha, const float* a,
                   Int lda, const float* b, Int ldb, float beta, float* c) {
    const auto i = [](Int x) { return static_cast<int>(x); };
    cblas_sgemm(CblasRowMajor, ta, tb, i(m), i(n), i(k), alpha, a, i(lda), b, i(ldb), beta, c, i(n));
  }
  static void forward(Int batch, Int n, Int k, const float* a, const float* w, float* z) {
    gemm(CblasNoTrans, CblasTrans, batch, n, k, 1, a, k, w, k, 0, z);
  }
  static void backward(Int batch, Int n, Int k, const float* d, const float* w, float* e) {
    gemm(CblasNoTrans, CblasNoTrans, batch, k, n, 1, d, n, w, k, 0, e);
  }
  static void update(Int batch, Int n, Int k, float rate, const float* d, const float* a, float* w) {
    gemm(CblasTrans, CblasNoTrans, n, k, batch, -rate, d, n, a, k, 1, w);
  }
};

}  // namespace

PeerKind openblas_peer() {
  return {"openblas", std::string(openblas_get_config()) + ", core " + openblas_get_corename(),
          assemble<OpenBlas>, true};
}

}  // namespace bench
