#pragma once

#include <dnnl.hpp>

namespace bench {

/// The one that all steps by oneDNN run on.
inline dnnl::engine& onednn_engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

inline float* data(const dnnl::memory& m) { return static_cast<float*>(m.get_data_handle()); }

}  // namespace bench
