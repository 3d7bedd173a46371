#pragma once

#include <dlfcn.h>

namespace bench {

/// Sets the threads of the BLAS that other libraries bring along, if it is OpenBLAS; they never set them.
inline void set_blas_threads(int threads) {
  using SetThreads = void (*)(int);
  static const auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set != nullptr) set(threads);
}

}  // namespace bench
