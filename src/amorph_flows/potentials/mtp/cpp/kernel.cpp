#include "kernel.h"

namespace amorph {

Kernel::Kernel(const Potential &potential)
    : pot(potential), graph(pot), limit(pot.cutoff * pot.cutoff), stage(pot.species),
      M(graph.moments), A(graph.moments), sums(graph.basics), mono(2 * monomials(graph.degree)),
      adjoint(2 * monomials(graph.degree)), a(graph.basics) {
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

void Kernel::open(int atom, int species) {
  slots[used].atom = atom;
  slots[used].species = species;
  for (Stage &s : stage) s.n = 0;
}

void Kernel::close() {
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
    for (int n = 0; n < s.n; n += W) {
      Block &b = slot.block[slot.blocks];
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
      radial(slot, slot.blocks++);
    }
  }
  used++;
}

void Kernel::radial(Slot &slot, int b) {
  const Block &block = slot.block[b];
  const int F = pot.functions, N = pot.chebyshev;
  const double *c = &pot.radial[size_t(slot.species * pot.species + block.species) * F * N];
  const double slope = 2.0 / (pot.cutoff - pot.min_distance);
  const vd t = slope * (block.r - pot.min_distance) - 1.0, d = block.r - pot.cutoff;
  const vd smooth = pot.scaling * d * d, smooth_slope = 2.0 * pot.scaling * d;
  vd *f = &slot.f[b * F], *df = &slot.df[b * F];
  for (int mu = 0; mu < F; mu++) f[mu] = df[mu] = vd{};
  vd T0 = splat(1.0), T1 = t, U0 = vd{}, U1 = splat(slope);  // T_n and dT_n/dr
  for (int n = 0; n < N; n++) {
    const vd g = T0 * smooth, dg = U0 * smooth + T0 * smooth_slope;
    for (int mu = 0; mu < F; mu++) {
      f[mu] += c[mu * N + n] * g;
      df[mu] += c[mu * N + n] * dg;
    }
    const vd T2 = 2.0 * t * T1 - T0, U2 = 2.0 * (slope * T1 + t * U1) - U0;
    T0 = T1, T1 = T2, U0 = U1, U1 = U2;
  }
}

void Kernel::sum_moments(const Slot &slot, int lane) {
  const int F = pot.functions, n = monomials(graph.degree);
  vd *__restrict acc = sums.data();
  vd *__restrict m0 = mono.data(), *__restrict m1 = m0 + n;
  std::fill_n(acc, graph.basics, vd{});
  int b = 0;
  for (; b + 1 < slot.blocks; b += 2) {
    const Block &p = slot.block[b], &q = slot.block[b + 1];
    fill_monomials(graph.degree, p.x, p.y, p.z, m0);
    fill_monomials(graph.degree, q.x, q.y, q.z, m1);
    for (int mu = 0; mu < F; mu++) {
      const vd f0 = slot.f[b * F + mu], f1 = slot.f[(b + 1) * F + mu];
      vd *__restrict out = acc + graph.offset[mu];
      for (int k = 0; k < graph.size[mu]; k++) out[k] += f0 * m0[k] + f1 * m1[k];
    }
  }
  if (b < slot.blocks) {
    const Block &p = slot.block[b];
    fill_monomials(graph.degree, p.x, p.y, p.z, m0);
    for (int mu = 0; mu < F; mu++) {
      const vd f0 = slot.f[b * F + mu];
      vd *__restrict out = acc + graph.offset[mu];
      for (int k = 0; k < graph.size[mu]; k++) out[k] += f0 * m0[k];
    }
  }
  for (int k = 0; k < graph.basics; k++) M[k][lane] = sum(acc[k]);
}

void Kernel::forward() {
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

void Kernel::backward_graph() {
  const vd *__restrict m = M.data();
  vd *__restrict adj = A.data();
  std::fill(A.begin(), A.end(), vd{});
  for (size_t i = 0; i < graph.scalar.size(); i++) adj[graph.scalar[i]] += pot.moment_coeffs[i];
  for (size_t i = graph.products.size(); i-- > 0;) {
    const Graph::Product &p = graph.products[i];
    const vd w = p.m * adj[p.c];
    adj[p.a] += w * m[p.b];
    adj[p.b] += w * m[p.a];
  }
}

void Kernel::pull(int s) {
  Slot &slot = slots[s];
  const int F = pot.functions, n = monomials(graph.degree);
  for (int k = 0; k < graph.basics; k++) a[k] = A[k][s];
  vd *__restrict m = mono.data(), *__restrict w = adjoint.data();
  vd force[3] = {}, virial[6] = {};
  for (int b = 0; b < slot.blocks; b++) {
    const Block &p = slot.block[b];
    fill_monomials(graph.degree, p.x, p.y, p.z, m);
    std::fill_n(w, n, vd{});
    vd gr = vd{};
    for (int mu = 0; mu < F; mu++) {
      const vd f = slot.f[b * F + mu];
      const double *__restrict coeff = &a[graph.offset[mu]];
      vd d = vd{};
      for (int k = 0; k < graph.size[mu]; k++) {
        w[k] += coeff[k] * f;
        d += coeff[k] * m[k];
      }
      gr += d * slot.df[b * F + mu];
    }
    vd gx, gy, gz;
    pull_monomials(graph.degree, p.x, p.y, p.z, m, w, gx, gy, gz);
    const vd along = gr - (gx * p.x + gy * p.y + gz * p.z) * p.inverse;
    gx = gx * p.inverse + along * p.x;
    gy = gy * p.inverse + along * p.y;
    gz = gz * p.inverse + along * p.z;
    gradient[3 * b] = gx, gradient[3 * b + 1] = gy, gradient[3 * b + 2] = gz;
    force[0] += gx, force[1] += gy, force[2] += gz;
    virial[0] += p.dx * gx, virial[1] += p.dy * gy, virial[2] += p.dz * gz;
    virial[3] += p.dy * gz, virial[4] += p.dx * gz, virial[5] += p.dx * gy;
  }
  for (int k = 0; k < 3; k++) slot.force[k] = sum(force[k]);
  for (int k = 0; k < 6; k++) slot.virial[k] = sum(virial[k]);
}

}  // namespace amorph
