// The vector of doubles that the kernel computes with: as wide as the target's registers.
#pragma once

namespace amorph {

#if defined(__AVX512F__)
constexpr int W = 8;
#elif defined(__AVX__)
constexpr int W = 4;
#else
constexpr int W = 2;
#endif

typedef double vd __attribute__((vector_size(W * sizeof(double))));
typedef double vd_unaligned
    __attribute__((vector_size(W * sizeof(double)), aligned(sizeof(double)), may_alias));

inline vd splat(double a) { return vd{} + a; }
inline vd load(const double *p) { return *reinterpret_cast<const vd_unaligned *>(p); }
inline double sum(vd a) {
  double s = 0.0;
  for (int l = 0; l < W; l++) s += a[l];
  return s;
}
inline vd root(vd a) {
  for (int l = 0; l < W; l++) a[l] = __builtin_sqrt(a[l]);
  return a;
}

}  // namespace amorph
