#include "gradient.h"

namespace amorph {

Gradient::Gradient(const Potential &potential)
    : Kernel(potential), G(pot.parameters()), tM(graph.moments), tA(graph.moments),
      tsums(graph.basics), tmono(2 * monomials(graph.degree)),
      by_species(pot.functions * pot.chebyshev), values(2 * pot.functions),
      slopes(2 * pot.functions), a2(graph.basics) {}

// Adds a group of blocks of one species to the gradient of the radial coefficients.
template <int B>
AMORPH_INLINE void Gradient::add_radial(const Block *block, const vd *value, const vd *slope) {
  const int F = pot.functions, N = pot.chebyshev;
  const double scale = 2.0 / (pot.cutoff - pot.min_distance);
  vd t[B], smooth[B], smooth_slope[B], T0[B], T1[B], U0[B], U1[B];
  for (int b = 0; b < B; b++) {
    const vd d = block[b].r - pot.cutoff;
    t[b] = scale * (block[b].r - pot.min_distance) - 1.0;
    smooth[b] = pot.scaling * d * d, smooth_slope[b] = 2.0 * pot.scaling * d;
    T0[b] = splat(1.0), T1[b] = t[b], U0[b] = vd{}, U1[b] = splat(scale);
  }
  vd *__restrict out = by_species.data();
  for (int n = 0; n < N; n++) {
    vd g[B], dg[B];
    for (int b = 0; b < B; b++) {
      g[b] = T0[b] * smooth[b];
      dg[b] = U0[b] * smooth[b] + T0[b] * smooth_slope[b];
      const vd T2 = 2.0 * t[b] * T1[b] - T0[b], U2 = 2.0 * (scale * T1[b] + t[b] * U1[b]) - U0[b];
      T0[b] = T1[b], T1[b] = T2, U0[b] = U1[b], U1[b] = U2;
    }
    for (int mu = 0; mu < F; mu++)
      for (int b = 0; b < B; b++) {
        out[n * F + mu] += value[B * mu + b] * g[b];
        if (slope) out[n * F + mu] += slope[B * mu + b] * dg[b];
      }
  }
}

template <int B> AMORPH_INLINE void Gradient::energy_blocks(const Slot &slot, int first) {
  const int F = pot.functions;
  const Block *block = &slot.block[first];
  vd *__restrict m = mono.data(), *__restrict value = values.data();
  vd x[B], y[B], z[B];
  for (int b = 0; b < B; b++) x[b] = block[b].x, y[b] = block[b].y, z[b] = block[b].z;
  fill_monomials<B>(graph.degree, x, y, z, m);
  for (int mu = 0; mu < F; mu++) {
    sum_monomials<B>(graph.size[mu], &a[graph.offset[mu]], m, &value[B * mu]);
  }
  add_radial<B>(block, value, nullptr);
}

AMORPH_HOT const Vectors &Gradient::energy_gradients() {
  backward_graph();
  const int F = pot.functions, N = pot.chebyshev;
  std::fill(G.begin(), G.end(), vd{});
  for (size_t i = 0; i < graph.scalar.size(); i++) G[i] = M[graph.scalar[i]];
  for (int s = 0; s < used; s++) {
    const Slot &slot = slots[s];
    G[species_at() + slot.species][s] = 1.0;
    for (int k = 0; k < graph.basics; k++) a[k] = A[k][s];
    for (int b = 0; b < slot.blocks;) {
      const int at = radial_at(slot.species, slot.block[b].species), end = same_species(slot, b);
      std::fill(by_species.begin(), by_species.end(), vd{});
      for (; b + 1 < end; b += 2) energy_blocks<2>(slot, b);
      for (; b < end; b++) energy_blocks<1>(slot, b);
      for (int k = 0; k < F * N; k++) G[at + k][s] = sum(by_species[k % N * F + k / N]);
    }
  }
  return G;
}

AMORPH_INLINE void Gradient::tangent(const Slot &slot, const Block &block,
                                     const Direction &direction, vd *out) const {
  const double *h = direction.strain;
  vd t[3];
  for (int k = 0; k < 3; k++)
    t[k] = h[3 * k] * block.dx + h[3 * k + 1] * block.dy + h[3 * k + 2] * block.dz;
  if (direction.displacement) {
    const double *pi = direction.displacement + 3 * size_t(slot.atom);
    alignas(64) double d[3][W];
    for (int l = 0; l < W; l++) {
      // lanes that only fill up have no part in anything
      const double *pj = direction.displacement + 3 * size_t(std::max(block.index[l], 0));
      for (int k = 0; k < 3; k++) d[k][l] = pj[k] - pi[k];
    }
    for (int k = 0; k < 3; k++) t[k] += load(d[k]);
  }
  const vd r = t[0] * block.x + t[1] * block.y + t[2] * block.z;
  out[0] = r;
  out[1] = (t[0] - r * block.x) * block.inverse;
  out[2] = (t[1] - r * block.y) * block.inverse;
  out[3] = (t[2] - r * block.z) * block.inverse;
}

// Monomials of a group of blocks and their tangents; u: dr, du_x, du_y, du_z of each block.
template <int B> AMORPH_INLINE void Gradient::fill_tangents(const Block *block, const vd *u) {
  vd *__restrict m = mono.data(), *__restrict t = tmono.data();
  vd x[B], y[B], z[B];
  for (int b = 0; b < B; b++) x[b] = block[b].x, y[b] = block[b].y, z[b] = block[b].z;
  fill_monomials<B>(graph.degree, x, y, z, m);
  for (int b = 0; b < B; b++) t[b] = vd{};
  int p = 0, c = 1;
  for (int d = 1; d <= graph.degree; d++) {
    const int n = d * (d + 1) / 2;
    for (int k = 0; k < n; k++)
      for (int b = 0; b < B; b++)
        t[B * (c + k) + b] = u[4 * b + 1] * m[B * (p + k) + b] + x[b] * t[B * (p + k) + b];
    for (int k = 0; k < d; k++)
      for (int b = 0; b < B; b++) {
        const int q = B * (p + n - d + k) + b;
        t[B * (c + n + k) + b] = u[4 * b + 2] * m[q] + y[b] * t[q];
      }
    for (int b = 0; b < B; b++) {
      const int q = B * (p + n - 1) + b;
      t[B * (c + n + d) + b] = u[4 * b + 3] * m[q] + z[b] * t[q];
    }
    p = c;
    c += n + d + 1;
  }
}

template <int B>
AMORPH_INLINE void Gradient::tangent_blocks(const Slot &slot, int first, const vd *u) {
  const int F = pot.functions;
  fill_tangents<B>(&slot.block[first], u);
  const vd *__restrict m = mono.data(), *__restrict t = tmono.data();
  for (int mu = 0; mu < F; mu++) {
    vd f[B], g[B];
    for (int b = 0; b < B; b++) {
      f[b] = slot.f[(first + b) * F + mu];
      g[b] = slot.df[(first + b) * F + mu] * u[4 * b];
    }
    vd *__restrict value = &sums[graph.offset[mu]], *__restrict slope = &tsums[graph.offset[mu]];
    for (int k = 0; k < graph.size[mu]; k++) {
      vd v = value[k], s = slope[k];
      for (int b = 0; b < B; b++) {
        v += f[b] * m[B * k + b];
        s += g[b] * m[B * k + b] + f[b] * t[B * k + b];
      }
      value[k] = v, slope[k] = s;
    }
  }
}

AMORPH_HOT void Gradient::tangent_moments(int lane, const Direction &direction) {
  const Slot &slot = slots[lane];
  Vectors &u = tangents[lane];
  if (u.size() < 4 * size_t(slot.blocks)) u.resize(4 * slot.block.size());
  std::fill(sums.begin(), sums.end(), vd{});
  std::fill(tsums.begin(), tsums.end(), vd{});
  for (int b = 0; b < slot.blocks; b++) tangent(slot, slot.block[b], direction, &u[4 * b]);
  int b = 0;
  for (; b + 1 < slot.blocks; b += 2) tangent_blocks<2>(slot, b, &u[4 * b]);
  if (b < slot.blocks) tangent_blocks<1>(slot, b, &u[4 * b]);
  for (int k = 0; k < graph.basics; k++) {
    M[k][lane] = sum(sums[k]);
    tM[k][lane] = sum(tsums[k]);
  }
}

AMORPH_HOT void Gradient::tangent_graph(double weight) {
  vd *__restrict m = M.data(), *__restrict t = tM.data();
  std::fill(M.begin() + graph.basics, M.end(), vd{});
  std::fill(tM.begin() + graph.basics, tM.end(), vd{});
  for (const Graph::Product &p : graph.products) {
    m[p.c] += p.m * m[p.a] * m[p.b];
    t[p.c] += p.m * (t[p.a] * m[p.b] + m[p.a] * t[p.b]);
  }
  vd *__restrict adj = A.data(), *__restrict tadj = tA.data();
  std::fill(A.begin(), A.end(), vd{});
  std::fill(tA.begin(), tA.end(), vd{});
  for (size_t i = 0; i < graph.scalar.size(); i++) {
    adj[graph.scalar[i]] += pot.moment_coeffs[i];
    tadj[graph.scalar[i]] += weight * pot.moment_coeffs[i];
  }
  // tadj is the adjoint of the moments in weight E + dE/dt, adj that of their tangents
  for (size_t i = graph.products.size(); i-- > 0;) {
    const Graph::Product &p = graph.products[i];
    const vd w = p.m * adj[p.c], v = p.m * tadj[p.c];
    adj[p.a] += w * m[p.b];
    adj[p.b] += w * m[p.a];
    tadj[p.a] += v * m[p.b] + w * t[p.b];
    tadj[p.b] += v * m[p.a] + w * t[p.a];
  }
}

template <int B>
AMORPH_INLINE void Gradient::pull_tangents(const Slot &slot, int first, const vd *u) {
  const int F = pot.functions;
  fill_tangents<B>(&slot.block[first], u);
  const vd *__restrict m = mono.data(), *__restrict t = tmono.data();
  vd *__restrict value = values.data(), *__restrict slope = slopes.data();
  for (int mu = 0; mu < F; mu++) {
    const double *__restrict c = &a[graph.offset[mu]], *__restrict e = &a2[graph.offset[mu]];
    vd v[B] = {}, w[B] = {}, d[B] = {};
    for (int k = 0; k < graph.size[mu]; k++)
      for (int b = 0; b < B; b++) {
        v[b] += e[k] * m[B * k + b];
        w[b] += c[k] * t[B * k + b];
        d[b] += c[k] * m[B * k + b];
      }
    for (int b = 0; b < B; b++) {
      value[B * mu + b] = v[b] + w[b];
      slope[B * mu + b] = d[b] * u[4 * b];
    }
  }
  add_radial<B>(&slot.block[first], value, slope);
}

AMORPH_HOT void Gradient::pull_radial(int lane, double *out) {
  const int F = pot.functions, N = pot.chebyshev;
  const Slot &slot = slots[lane];
  const vd *u = tangents[lane].data();
  for (int k = 0; k < graph.basics; k++) a[k] = A[k][lane], a2[k] = tA[k][lane];
  for (int b = 0; b < slot.blocks;) {
    double *at = out + radial_at(slot.species, slot.block[b].species);
    const int end = same_species(slot, b);
    std::fill(by_species.begin(), by_species.end(), vd{});
    for (; b + 1 < end; b += 2) pull_tangents<2>(slot, b, u + 4 * b);
    for (; b < end; b++) pull_tangents<1>(slot, b, u + 4 * b);
    for (int k = 0; k < F * N; k++) at[k] += sum(by_species[k % N * F + k / N]);
  }
}

void Gradient::pull_back(double weight, const Direction &direction, double *out) {
  for (int k = 0; k < graph.basics; k++) M[k] = tM[k] = vd{};
  for (int s = 0; s < used; s++) tangent_moments(s, direction);
  tangent_graph(weight);
  for (size_t i = 0; i < graph.scalar.size(); i++) {
    const vd g = weight * M[graph.scalar[i]] + tM[graph.scalar[i]];
    for (int s = 0; s < used; s++) out[i] += g[s];
  }
  for (int s = 0; s < used; s++) {
    out[species_at() + slots[s].species] += weight;
    pull_radial(s, out);
  }
}

}  // namespace amorph
