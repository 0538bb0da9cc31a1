// Energy, forces and virial of a moment tensor potential.
//
// E_i = e_{z_i} + sum_a xi_a B_a,  M_{mu,abc} = sum_j f_mu(r_ij) x^a y^b z^c of the unit vector,
// f_mu(r) = s sum_n c_n T_n(t) (r - R)^2,  t = (2 r - r_min - R) / (R - r_min)
// (Novikov et al., Mach. Learn.: Sci. Technol. 2 (2021) 025002, equations 2 to 6).
//
// Atoms go in batches of W: neighbours fill the lanes of a vector while moments are summed, atoms
// fill them while the moment graph is run forwards and back.
#pragma once

#include "potential.h"
#include "simd.h"

#include <algorithm>
#include <vector>

namespace amorph {

template <class T> struct Aligned {
  using value_type = T;
  Aligned() = default;
  template <class U> Aligned(const Aligned<U> &) {}
  T *allocate(size_t n) {
    return static_cast<T *>(::operator new(n * sizeof(T), std::align_val_t(64)));
  }
  void deallocate(T *p, size_t) { ::operator delete(p, std::align_val_t(64)); }
  bool operator==(const Aligned &) const { return true; }
  bool operator!=(const Aligned &) const { return false; }
};
using Vectors = std::vector<vd, Aligned<vd>>;

// W neighbours of one species: displacement, unit vector, distance.
struct Block {
  vd dx, dy, dz, x, y, z, r, inverse;
  int species;
  int index[W];                     // of the neighbours; -1 in lanes that only fill up
};

// One atom of a batch and its neighbours.
struct Slot {
  int atom = -1, species = 0, blocks = 0;
  std::vector<Block, Aligned<Block>> block;
  Vectors f, df;                    // radial functions [block][mu] and their derivatives
  double energy = 0.0, force[3], virial[6];
};

// Monomials of B unit vectors (x, y, z) up to a degree, m[B * k + b].
template <int B>
AMORPH_INLINE void fill_monomials(int degree, const vd *x, const vd *y, const vd *z, vd *__restrict m) {
  for (int b = 0; b < B; b++) m[b] = splat(1.0);
  vd *p = m, *c = m + B;
  for (int d = 1; d <= degree; d++) {
    const int n = d * (d + 1) / 2;
    for (int k = 0; k < n; k++)
      for (int b = 0; b < B; b++) c[B * k + b] = x[b] * p[B * k + b];
    for (int k = 0; k < d; k++)
      for (int b = 0; b < B; b++) c[B * (n + k) + b] = y[b] * p[B * (n - d + k) + b];
    for (int b = 0; b < B; b++) c[B * (n + d) + b] = z[b] * p[B * (n - 1) + b];
    p = c;
    c += B * (n + d + 1);
  }
}

// Sums of n monomials with coefficients c, in two chains of additions that do not wait for each
// other.
template <int B>
AMORPH_INLINE void sum_monomials(int n, const double *__restrict c, const vd *m, vd *out) {
  vd d[B] = {}, e[B] = {};
  int k = 0;
  for (; k + 1 < n; k += 2)
    for (int b = 0; b < B; b++) {
      d[b] += c[k] * m[B * k + b];
      e[b] += c[k + 1] * m[B * (k + 1) + b];
    }
  for (; k < n; k++)
    for (int b = 0; b < B; b++) d[b] += c[k] * m[B * k + b];
  for (int b = 0; b < B; b++) out[b] = d[b] + e[b];
}

// Gradients of sum_k a_k m_k with respect to x, y, z; consumes a.
template <int B>
AMORPH_INLINE void pull_monomials(int degree, const vd *x, const vd *y, const vd *z,
                                  const vd *__restrict m, vd *__restrict a, vd *gx, vd *gy, vd *gz) {
  vd sx[B] = {}, sy[B] = {}, sz[B] = {};
  int c = monomials(degree - 1);
  for (int d = degree; d >= 1; d--) {
    const int n = d * (d + 1) / 2, p = c - n;
    for (int k = 0; k < n; k++)
      for (int b = 0; b < B; b++) {
        const vd w = a[B * (c + k) + b];
        sx[b] += w * m[B * (p + k) + b];
        a[B * (p + k) + b] += w * x[b];
      }
    for (int k = 0; k < d; k++)
      for (int b = 0; b < B; b++) {
        const vd w = a[B * (c + n + k) + b];
        sy[b] += w * m[B * (p + n - d + k) + b];
        a[B * (p + n - d + k) + b] += w * y[b];
      }
    for (int b = 0; b < B; b++) {
      const vd w = a[B * (c + n + d) + b];
      sz[b] += w * m[B * (p + n - 1) + b];
      a[B * (p + n - 1) + b] += w * z[b];
    }
    c = p;
  }
  for (int b = 0; b < B; b++) gx[b] = sx[b], gy[b] = sy[b], gz[b] = sz[b];
}

class Kernel {
 public:
  explicit Kernel(const Potential &potential);
  virtual ~Kernel() = default;

  const Potential &potential() const { return pot; }
  double cutoff_squared() const { return pot.cutoff * pot.cutoff; }

  // Room for atoms with up to this many candidates within the cutoff.
  void reserve(int neighbours);

  // Starts the batch; then for each atom `open`, `push` of candidates, `close`.
  void clear() { used = 0; }
  bool full() const { return used == W; }
  void open(int atom, int species);
  void push(int species, int index, double dx, double dy, double dz) {
    Stage &s = stage[species];
    const int n = s.n;
    s.dx[n] = dx;
    s.dy[n] = dy;
    s.dz[n] = dz;
    s.index[n] = index;
    s.n = n + (dx * dx + dy * dy + dz * dz < limit);
  }
  void close();

  // Runs the batch. `scatter(slot, block, gx, gy, gz)` gets dE_i/dr_ij of a block of neighbours.
  template <class Scatter> void run(Scatter &&scatter) {
    forward();
    backward_graph();
    for (int s = 0; s < used; s++) {
      pull(s);
      const Slot &slot = slots[s];
      for (int b = 0; b < slot.blocks; b++)
        scatter(slot, slot.block[b], gradient[3 * b], gradient[3 * b + 1], gradient[3 * b + 2]);
    }
  }
  // Moments and energies only.
  void forward();

  int size() const { return used; }
  const Slot &slot(int s) const { return slots[s]; }
  double moment(int id, int s) const { return M[id][s]; }
  const Graph &moment_graph() const { return graph; }

 protected:
  struct Stage {
    int n = 0;
    std::vector<double> dx, dy, dz;
    std::vector<int> index;
  };

  template <int B> void radial(Slot &slot, int first);
  void sum_moments(const Slot &slot, int lane);
  template <int B> void sum_blocks(const Slot &slot, int first);
  // Adjoints of the energy, or of one basis function.
  void backward_graph(int basis = -1);
  void pull(int s);
  template <int B> void pull_blocks(const Slot &slot, int first, vd *force, vd *virial);

  const Potential pot;
  const Graph graph;
  const double limit;
  int used = 0, capacity = 0;
  std::vector<Stage> stage;
  Slot slots[W];
  Vectors M, A;                     // moments and their adjoints; lanes are atoms
  Vectors sums, mono, adjoint, polynomial, gradient;
  std::vector<double> a;            // adjoints of one atom's basic moments
};

}  // namespace amorph
