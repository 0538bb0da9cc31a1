#include "kernel.h"

namespace amorph {

Kernel::Kernel(const Potential &potential)
    : pot(potential), graph(pot), limit(pot.cutoff * pot.cutoff), stage(pot.species),
      M(graph.moments), A(graph.moments), sums(graph.basics), mono(2 * monomials(graph.degree)),
      adjoint(2 * monomials(graph.degree)), polynomial(4 * pot.chebyshev), a(graph.basics) {
  reserve(64);
}

void Kernel::reserve(int neighbours) {
  if (neighbours <= capacity) return;
  capacity = neighbours + neighbours / 4;
  for (Stage &s : stage) {
    for (auto *v : {&s.dx, &s.dy, &s.dz}) v->resize(capacity + W + 1);
    s.index.resize(capacity + W + 1);
  }
  const int blocks = capacity / W + pot.species + 2;
  for (Slot &slot : slots) {
    slot.block.resize(blocks);
    slot.f.resize(blocks * pot.functions);
    slot.df.resize(blocks * pot.functions);
  }
  gradient.resize(3 * blocks);
}

// f_mu and df_mu/dr of a group of blocks of one species.
template <int B> AMORPH_INLINE void Kernel::radial(Slot &slot, int first) {
  const int F = pot.functions, N = pot.chebyshev;
  const Block *block = &slot.block[first];
  const double *c = &pot.radial[size_t(slot.species * pot.species + block->species) * F * N];
  const double slope = 2.0 / (pot.cutoff - pot.min_distance);
  vd smooth[B], smooth_slope[B], *__restrict T = polynomial.data(), *__restrict U = T + B * N;
  for (int b = 0; b < B; b++) {
    const vd t = slope * (block[b].r - pot.min_distance) - 1.0, d = block[b].r - pot.cutoff;
    smooth[b] = pot.scaling * d * d, smooth_slope[b] = 2.0 * pot.scaling * d;
    vd T0 = splat(1.0), T1 = t, U0 = vd{}, U1 = splat(slope);  // T_n and dT_n/dr
    for (int n = 0; n < N; n++) {
      T[B * n + b] = T0, U[B * n + b] = U0;
      const vd T2 = 2.0 * t * T1 - T0, U2 = 2.0 * (slope * T1 + t * U1) - U0;
      T0 = T1, T1 = T2, U0 = U1, U1 = U2;
    }
  }
  for (int mu = 0; mu < F; mu++, c += N) {
    vd f[B] = {}, df[B] = {};
    for (int n = 0; n < N; n++)
      for (int b = 0; b < B; b++) {
        f[b] += c[n] * T[B * n + b];
        df[b] += c[n] * U[B * n + b];
      }
    for (int b = 0; b < B; b++) {
      slot.f[(first + b) * F + mu] = f[b] * smooth[b];
      slot.df[(first + b) * F + mu] = df[b] * smooth[b] + f[b] * smooth_slope[b];
    }
  }
}

void Kernel::open(int atom, int species) {
  slots[used].atom = atom;
  slots[used].species = species;
  for (Stage &s : stage) s.n = 0;
}

AMORPH_HOT void Kernel::close() {
  Slot &slot = slots[used];
  slot.blocks = 0;
  for (int z = 0; z < pot.species; z++) {
    Stage &s = stage[z];
    // a filling neighbour sits at the cutoff, where f and its derivative vanish
    for (int n = s.n; n % W; n++) {
      s.dx[n] = pot.cutoff;
      s.dy[n] = s.dz[n] = 0.0;
      s.index[n] = -1;
    }
    int b0 = slot.blocks;
    for (int n = 0; n < s.n; n += W) {
      Block &b = slot.block[slot.blocks++];
      b.dx = load(&s.dx[n]);
      b.dy = load(&s.dy[n]);
      b.dz = load(&s.dz[n]);
      b.r = root(b.dx * b.dx + b.dy * b.dy + b.dz * b.dz);
      b.inverse = 1.0 / b.r;
      b.x = b.dx * b.inverse;
      b.y = b.dy * b.inverse;
      b.z = b.dz * b.inverse;
      b.species = z;
      std::copy_n(&s.index[n], W, b.index);
    }
    for (; b0 + 1 < slot.blocks; b0 += 2) radial<2>(slot, b0);
    if (b0 < slot.blocks) radial<1>(slot, b0);
  }
  used++;
}

template <int B> AMORPH_INLINE void Kernel::sum_blocks(const Slot &slot, int first) {
  const int F = pot.functions;
  vd x[B], y[B], z[B];
  for (int b = 0; b < B; b++) {
    const Block &block = slot.block[first + b];
    x[b] = block.x, y[b] = block.y, z[b] = block.z;
  }
  vd *__restrict m = mono.data();
  fill_monomials<B>(graph.degree, x, y, z, m);
  for (int mu = 0; mu < F; mu++) {
    vd f[B];
    for (int b = 0; b < B; b++) f[b] = slot.f[(first + b) * F + mu];
    vd *__restrict out = &sums[graph.offset[mu]];
    for (int k = 0; k < graph.size[mu]; k++)
      for (int b = 0; b < B; b++) out[k] += f[b] * m[B * k + b];
  }
}

AMORPH_HOT void Kernel::sum_moments(const Slot &slot, int lane) {
  std::fill(sums.begin(), sums.end(), vd{});
  int b = 0;
  for (; b + 1 < slot.blocks; b += 2) sum_blocks<2>(slot, b);
  if (b < slot.blocks) sum_blocks<1>(slot, b);
  for (int k = 0; k < graph.basics; k++) M[k][lane] = sum(sums[k]);
}

AMORPH_HOT void Kernel::forward() {
  for (int s = 0; s < W; s++) {
    if (s < used)
      sum_moments(slots[s], s);
    else
      for (int k = 0; k < graph.basics; k++) M[k][s] = 0.0;
  }
  vd *__restrict m = M.data();
  std::fill(M.begin() + graph.basics, M.end(), vd{});
  for (const Graph::Product &p : graph.products) m[p.c] += p.m * m[p.a] * m[p.b];
  vd energy = vd{};
  for (size_t i = 0; i < graph.scalar.size(); i++)
    energy += pot.moment_coeffs[i] * m[graph.scalar[i]];
  for (int s = 0; s < used; s++)
    slots[s].energy = energy[s] + pot.species_coeffs[slots[s].species];
}

AMORPH_HOT void Kernel::backward_graph(int basis) {
  const vd *__restrict m = M.data();
  vd *__restrict adj = A.data();
  std::fill(A.begin(), A.end(), vd{});
  if (basis >= 0)
    adj[graph.scalar[basis]] = splat(1.0);
  else
    for (size_t i = 0; i < graph.scalar.size(); i++) adj[graph.scalar[i]] += pot.moment_coeffs[i];
  for (size_t i = graph.products.size(); i-- > 0;) {
    const Graph::Product &p = graph.products[i];
    const vd w = p.m * adj[p.c];
    adj[p.a] += w * m[p.b];
    adj[p.b] += w * m[p.a];
  }
}

template <int B>
AMORPH_INLINE void Kernel::pull_blocks(const Slot &slot, int first, vd *force, vd *virial) {
  const int F = pot.functions;
  vd x[B], y[B], z[B], gr[B] = {}, gx[B], gy[B], gz[B];
  for (int b = 0; b < B; b++) {
    const Block &block = slot.block[first + b];
    x[b] = block.x, y[b] = block.y, z[b] = block.z;
  }
  vd *__restrict m = mono.data(), *__restrict w = adjoint.data();
  fill_monomials<B>(graph.degree, x, y, z, m);
  for (int k = B * graph.size[0]; k < B * monomials(graph.degree); k++) w[k] = vd{};
  for (int mu = 0; mu < F; mu++) {
    const double *__restrict c = &a[graph.offset[mu]];
    const int n = graph.size[mu];
    vd f[B], slope[B];
    for (int b = 0; b < B; b++) f[b] = slot.f[(first + b) * F + mu];
    if (mu == 0)
      for (int k = 0; k < n; k++)
        for (int b = 0; b < B; b++) w[B * k + b] = c[k] * f[b];
    else
      for (int k = 0; k < n; k++)
        for (int b = 0; b < B; b++) w[B * k + b] += c[k] * f[b];
    sum_monomials<B>(n, c, m, slope);
    for (int b = 0; b < B; b++) gr[b] += slope[b] * slot.df[(first + b) * F + mu];
  }
  pull_monomials<B>(graph.degree, x, y, z, m, w, gx, gy, gz);
  for (int b = 0; b < B; b++) {
    const Block &p = slot.block[first + b];
    const vd along = gr[b] - (gx[b] * x[b] + gy[b] * y[b] + gz[b] * z[b]) * p.inverse;
    const vd g[3] = {gx[b] * p.inverse + along * x[b], gy[b] * p.inverse + along * y[b],
                     gz[b] * p.inverse + along * z[b]};
    for (int k = 0; k < 3; k++) {
      gradient[3 * (first + b) + k] = g[k];
      force[k] += g[k];
    }
    virial[0] += p.dx * g[0], virial[1] += p.dy * g[1], virial[2] += p.dz * g[2];
    virial[3] += p.dy * g[2], virial[4] += p.dx * g[2], virial[5] += p.dx * g[1];
  }
}

AMORPH_HOT void Kernel::pull(int s) {
  Slot &slot = slots[s];
  for (int k = 0; k < graph.basics; k++) a[k] = A[k][s];
  vd force[3] = {}, virial[6] = {};
  int b = 0;
  for (; b + 1 < slot.blocks; b += 2) pull_blocks<2>(slot, b, force, virial);
  if (b < slot.blocks) pull_blocks<1>(slot, b, force, virial);
  for (int k = 0; k < 3; k++) slot.force[k] = sum(force[k]);
  for (int k = 0; k < 6; k++) slot.virial[k] = sum(virial[k]);
}

}  // namespace amorph
