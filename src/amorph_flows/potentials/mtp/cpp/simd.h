// The vector of doubles that the kernel computes with: as wide as the target's registers.
//
// A build for any x86-64 CPU holds its hot functions twice, for SSE2 and for AVX2; the loader takes
// what the CPU has. Vectors are then as wide as AVX2's (wider ones than the registers are compiled
// badly) and must not be passed by value into or out of such a function: their registers differ.
#pragma once

#include <cstddef>

#if defined(AMORPH_PORTABLE) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(__clang__) && __GNUC__ >= 12
#define AMORPH_DISPATCHED 1
#pragma GCC diagnostic ignored "-Wpsabi"
#define AMORPH_HOT __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define AMORPH_HOT
#endif
#define AMORPH_INLINE inline __attribute__((always_inline))

namespace amorph {

#if defined(__AVX512F__)
constexpr int W = 8;
#elif defined(__AVX__) || defined(AMORPH_DISPATCHED)
constexpr int W = 4;
#else
constexpr int W = 2;
#endif

typedef double vd __attribute__((vector_size(W * sizeof(double))));
typedef double vd_unaligned
    __attribute__((vector_size(W * sizeof(double)), aligned(sizeof(double)), may_alias));

AMORPH_INLINE vd splat(double a) { return vd{} + a; }
AMORPH_INLINE vd load(const double *p) { return *reinterpret_cast<const vd_unaligned *>(p); }
AMORPH_INLINE double sum(vd a) {
  double s = 0.0;
  for (int l = 0; l < W; l++) s += a[l];
  return s;
}
AMORPH_INLINE vd root(vd a) {
  for (int l = 0; l < W; l++) a[l] = __builtin_sqrt(a[l]);
  return a;
}

}  // namespace amorph
