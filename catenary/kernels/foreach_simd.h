// Highway for exactly the three Simd levels. A kernel file names itself in HWY_TARGET_INCLUDE and includes
// this; it is then compiled once for each level, in the namespaces N_SCALAR, N_AVX2 and N_AVX3. No guard:
// each pass must see it again.

#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
// GCC 12.2 has no EMU128 either; so both compilers fall back to one lane (HWY_SCALAR).
#define HWY_BROKEN_EMU128 1
#endif

#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>
