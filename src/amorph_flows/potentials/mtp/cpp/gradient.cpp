#include "gradient.h"

namespace amorph {

Gradient::Gradient(const Potential &potential)
    : Kernel(potential), G(pot.parameters()), tM(graph.moments), tA(graph.moments),
      tsums(graph.basics), tmono(monomials(graph.degree)),
      by_species(pot.functions * pot.chebyshev), a2(graph.basics) {}

void Gradient::add_radial(const Block &block, const vd *value, const vd *slope, vd *out) const {
  const int F = pot.functions, N = pot.chebyshev;
  const double scale = 2.0 / (pot.cutoff - pot.min_distance);
  const vd t = scale * (block.r - pot.min_distance) - 1.0, d = block.r - pot.cutoff;
  const vd smooth = pot.scaling * d * d, smooth_slope = 2.0 * pot.scaling * d;
  vd T0 = splat(1.0), T1 = t, U0 = vd{}, U1 = splat(scale);
  for (int n = 0; n < N; n++) {
    const vd g = T0 * smooth, dg = U0 * smooth + T0 * smooth_slope;
    if (slope)
      for (int mu = 0; mu < F; mu++) out[mu * N + n] += value[mu] * g + slope[mu] * dg;
    else
      for (int mu = 0; mu < F; mu++) out[mu * N + n] += value[mu] * g;
    const vd T2 = 2.0 * t * T1 - T0, U2 = 2.0 * (scale * T1 + t * U1) - U0;
    T0 = T1, T1 = T2, U0 = U1, U1 = U2;
  }
}

const Vectors &Gradient::energy_gradients() {
  backward_graph();
  const int F = pot.functions, N = pot.chebyshev;
  std::fill(G.begin(), G.end(), vd{});
  for (size_t i = 0; i < graph.scalar.size(); i++) G[i] = M[graph.scalar[i]];
  vd *__restrict m = mono.data();
  std::vector<vd, Aligned<vd>> d(F);
  for (int s = 0; s < used; s++) {
    const Slot &slot = slots[s];
    G[species_at() + slot.species][s] = 1.0;
    for (int k = 0; k < graph.basics; k++) a[k] = A[k][s];
    for (int b = 0; b < slot.blocks;) {
      const int z = slot.block[b].species;
      std::fill(by_species.begin(), by_species.end(), vd{});
      for (; b < slot.blocks && slot.block[b].species == z; b++) {
        const Block &p = slot.block[b];
        fill_monomials<1>(graph.degree, &p.x, &p.y, &p.z, m);
        for (int mu = 0; mu < F; mu++) {
          const double *c = &a[graph.offset[mu]];
          d[mu] = vd{};
          for (int k = 0; k < graph.size[mu]; k++) d[mu] += c[k] * m[k];
        }
        add_radial(p, d.data(), nullptr, by_species.data());
      }
      for (int k = 0; k < F * N; k++) G[radial_at(slot.species, z) + k][s] = sum(by_species[k]);
    }
  }
  return G;
}

void Gradient::tangent(const Slot &slot, const Block &block, const Direction &direction, vd &r,
                       vd *u) const {
  const double *h = direction.strain;
  vd t[3];
  for (int k = 0; k < 3; k++)
    t[k] = h[3 * k] * block.dx + h[3 * k + 1] * block.dy + h[3 * k + 2] * block.dz;
  if (direction.displacement)
    for (int l = 0; l < W; l++) {
      if (block.index[l] < 0) continue;
      const double *pj = direction.displacement + 3 * size_t(block.index[l]);
      const double *pi = direction.displacement + 3 * size_t(slot.atom);
      for (int k = 0; k < 3; k++) t[k][l] += pj[k] - pi[k];
    }
  r = t[0] * block.x + t[1] * block.y + t[2] * block.z;
  u[0] = (t[0] - r * block.x) * block.inverse;
  u[1] = (t[1] - r * block.y) * block.inverse;
  u[2] = (t[2] - r * block.z) * block.inverse;
}

void Gradient::fill_tangent_monomials(const Block &block, const vd *u) {
  vd *__restrict m = mono.data(), *__restrict t = tmono.data();
  fill_monomials<1>(graph.degree, &block.x, &block.y, &block.z, m);
  t[0] = vd{};
  int p = 0, c = 1;
  for (int d = 1; d <= graph.degree; d++) {
    const int n = d * (d + 1) / 2;
    for (int k = 0; k < n; k++) t[c + k] = u[0] * m[p + k] + block.x * t[p + k];
    for (int k = 0; k < d; k++)
      t[c + n + k] = u[1] * m[p + n - d + k] + block.y * t[p + n - d + k];
    t[c + n + d] = u[2] * m[p + n - 1] + block.z * t[p + n - 1];
    p = c;
    c += n + d + 1;
  }
}

void Gradient::tangent_moments(const Slot &slot, int lane, const Direction &direction) {
  const int F = pot.functions;
  std::fill(sums.begin(), sums.end(), vd{});
  std::fill(tsums.begin(), tsums.end(), vd{});
  const vd *__restrict m = mono.data(), *__restrict t = tmono.data();
  for (int b = 0; b < slot.blocks; b++) {
    vd r, u[3];
    tangent(slot, slot.block[b], direction, r, u);
    fill_tangent_monomials(slot.block[b], u);
    for (int mu = 0; mu < F; mu++) {
      const vd f = slot.f[b * F + mu], g = slot.df[b * F + mu] * r;
      vd *__restrict value = &sums[graph.offset[mu]], *__restrict slope = &tsums[graph.offset[mu]];
      for (int k = 0; k < graph.size[mu]; k++) {
        value[k] += f * m[k];
        slope[k] += g * m[k] + f * t[k];
      }
    }
  }
  for (int k = 0; k < graph.basics; k++) {
    M[k][lane] = sum(sums[k]);
    tM[k][lane] = sum(tsums[k]);
  }
}

void Gradient::tangent_graph(double weight) {
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

void Gradient::pull_radial(const Slot &slot, int lane, const Direction &direction, double *out) {
  const int F = pot.functions, N = pot.chebyshev;
  for (int k = 0; k < graph.basics; k++) a[k] = A[k][lane], a2[k] = tA[k][lane];
  const vd *__restrict m = mono.data(), *__restrict t = tmono.data();
  std::vector<vd, Aligned<vd>> value(F), slope(F);
  for (int b = 0; b < slot.blocks;) {
    const int z = slot.block[b].species;
    std::fill(by_species.begin(), by_species.end(), vd{});
    for (; b < slot.blocks && slot.block[b].species == z; b++) {
      vd r, u[3];
      tangent(slot, slot.block[b], direction, r, u);
      fill_tangent_monomials(slot.block[b], u);
      for (int mu = 0; mu < F; mu++) {
        const double *__restrict c = &a[graph.offset[mu]], *__restrict e = &a2[graph.offset[mu]];
        vd v = vd{}, w = vd{}, d = vd{};
        for (int k = 0; k < graph.size[mu]; k++) {
          v += e[k] * m[k];
          w += c[k] * t[k];
          d += c[k] * m[k];
        }
        value[mu] = v + w;
        slope[mu] = d * r;
      }
      add_radial(slot.block[b], value.data(), slope.data(), by_species.data());
    }
    double *at = out + radial_at(slot.species, z);
    for (int k = 0; k < F * N; k++) at[k] += sum(by_species[k]);
  }
}

void Gradient::pull_back(double weight, const Direction &direction, double *out) {
  for (int k = 0; k < graph.basics; k++) M[k] = tM[k] = vd{};
  for (int s = 0; s < used; s++) tangent_moments(slots[s], s, direction);
  tangent_graph(weight);
  for (size_t i = 0; i < graph.scalar.size(); i++) {
    const vd g = weight * M[graph.scalar[i]] + tM[graph.scalar[i]];
    for (int s = 0; s < used; s++) out[i] += g[s];
  }
  for (int s = 0; s < used; s++) {
    out[species_at() + slots[s].species] += weight;
    pull_radial(slots[s], s, direction, out);
  }
}

}  // namespace amorph
