#include "neighbours.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace amorph {

bool Neighbours::valid(const double *positions, const double *cell, const int *periodic) const {
  if (std::memcmp(h, cell, sizeof h) || std::memcmp(pbc, periodic, sizeof pbc)) return false;
  const double limit = 0.25 * skin * skin;
  for (int i = 0; i < n; i++) {
    double d2 = 0.0;
    for (int k = 0; k < 3; k++) {
      const double d = positions[3 * i + k] - built[3 * i + k];
      d2 += d * d;
    }
    if (!(d2 < limit)) return false;
  }
  return true;
}

void Neighbours::update(int atoms, const double *positions, const double *cell,
                        const int *periodic) {
  if (atoms == n && valid(positions, cell, periodic)) {
    place(positions);
    return;
  }
  n = atoms;
  std::memcpy(h, cell, sizeof h);
  std::memcpy(pbc, periodic, sizeof pbc);
  built.assign(positions, positions + 3 * size_t(n));
  build(positions);
}

void Neighbours::place(const double *positions) {
  for (size_t g = 0; g < owners.size(); g++)
    for (int k = 0; k < 3; k++) x[3 * g + k] = positions[3 * size_t(owners[g]) + k] + shift[3 * g + k];
}

void Neighbours::build(const double *positions) {
  // reciprocal vectors: fractional coordinate k of r is b_k . r, the cell's height is 1/|b_k|
  double b[9];
  for (int k = 0; k < 3; k++) {
    const double *u = h + 3 * ((k + 1) % 3), *v = h + 3 * ((k + 2) % 3);
    b[3 * k] = u[1] * v[2] - u[2] * v[1];
    b[3 * k + 1] = u[2] * v[0] - u[0] * v[2];
    b[3 * k + 2] = u[0] * v[1] - u[1] * v[0];
  }
  const double volume = h[0] * b[0] + h[1] * b[1] + h[2] * b[2];
  if (!(std::fabs(volume) > 1e-12)) throw std::runtime_error("the cell has no volume");
  double margin[3], low[3], high[3];
  for (int k = 0; k < 9; k++) b[k] /= volume;
  for (int k = 0; k < 3; k++)
    margin[k] = range * std::sqrt(b[3 * k] * b[3 * k] + b[3 * k + 1] * b[3 * k + 1] +
                                  b[3 * k + 2] * b[3 * k + 2]);
  std::vector<double> s(3 * size_t(n)), fractional;
  std::vector<int> wrap(3 * size_t(n));
  for (int k = 0; k < 3; k++) {
    low[k] = pbc[k] ? 0.0 : 1e300;
    high[k] = pbc[k] ? 1.0 : -1e300;
  }
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) {
      double f = 0.0;
      for (int c = 0; c < 3; c++) f += b[3 * k + c] * positions[3 * i + c];
      if (!std::isfinite(f)) throw std::runtime_error("a position is not finite");
      wrap[3 * i + k] = pbc[k] ? -int(std::floor(f)) : 0;
      s[3 * i + k] = f + wrap[3 * i + k];
      if (!pbc[k]) low[k] = std::min(low[k], f), high[k] = std::max(high[k], f);
    }
  owners.clear();
  shift.clear();
  auto image = [&](int i, int n0, int n1, int n2) {
    const int t[3] = {wrap[3 * i] + n0, wrap[3 * i + 1] + n1, wrap[3 * i + 2] + n2};
    const int extra[3] = {n0, n1, n2};
    owners.push_back(i);
    for (int c = 0; c < 3; c++) {
      shift.push_back(t[0] * h[c] + t[1] * h[3 + c] + t[2] * h[6 + c]);
      fractional.push_back(s[3 * i + c] + extra[c]);
    }
  };
  for (int i = 0; i < n; i++) image(i, 0, 0, 0);
  int reach[3];
  for (int k = 0; k < 3; k++) reach[k] = pbc[k] ? int(std::ceil(margin[k])) : 0;
  for (int n0 = -reach[0]; n0 <= reach[0]; n0++)
    for (int n1 = -reach[1]; n1 <= reach[1]; n1++)
      for (int n2 = -reach[2]; n2 <= reach[2]; n2++) {
        if (!n0 && !n1 && !n2) continue;
        const int t[3] = {n0, n1, n2};
        for (int i = 0; i < n; i++) {
          bool near = true;
          for (int k = 0; k < 3; k++) {
            const double f = s[3 * i + k] + t[k];
            near = near && f >= low[k] - margin[k] && f <= high[k] + margin[k];
          }
          if (near) image(i, n0, n1, n2);
        }
      }
  x.resize(3 * owners.size());
  place(positions);

  // bins at least as wide as the range, over atoms and images
  int bins[3];
  for (int k = 0; k < 3; k++) {
    if (pbc[k]) low[k] -= margin[k], high[k] += margin[k];
    const double width = high[k] - low[k];
    bins[k] = std::clamp(int(width / margin[k]), 1, 200);
  }
  auto bin = [&](size_t g, int k) {
    const double f = (fractional[3 * g + k] - low[k]) / std::max(high[k] - low[k], 1e-300);
    return std::clamp(int(f * bins[k]), 0, bins[k] - 1);
  };
  std::vector<int> head(size_t(bins[0]) * bins[1] * bins[2], -1), next(owners.size());
  for (size_t g = owners.size(); g-- > 0;) {
    int &front = head[(size_t(bin(g, 0)) * bins[1] + bin(g, 1)) * bins[2] + bin(g, 2)];
    next[g] = front;
    front = int(g);
  }
  first.assign(1, 0);
  list.clear();
  most = 0;
  for (int i = 0; i < n; i++) {
    const int c[3] = {bin(i, 0), bin(i, 1), bin(i, 2)};
    const double *p = position(i);
    for (int i0 = std::max(c[0] - 1, 0); i0 <= std::min(c[0] + 1, bins[0] - 1); i0++)
      for (int i1 = std::max(c[1] - 1, 0); i1 <= std::min(c[1] + 1, bins[1] - 1); i1++)
        for (int i2 = std::max(c[2] - 1, 0); i2 <= std::min(c[2] + 1, bins[2] - 1); i2++)
          for (int j = head[(size_t(i0) * bins[1] + i1) * bins[2] + i2]; j >= 0; j = next[j]) {
            const double *q = position(j);
            const double d0 = q[0] - p[0], d1 = q[1] - p[1], d2 = q[2] - p[2];
            if (j != i && d0 * d0 + d1 * d1 + d2 * d2 < range * range) list.push_back(j);
          }
    first.push_back(int(list.size()));
    most = std::max(most, first[i + 1] - first[i]);
  }
  list.push_back(-1);
}

}  // namespace amorph
