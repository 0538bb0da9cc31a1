// Derivatives with respect to the parameters (moment, species, radial coefficients, in that order).
//
// Forces enter a loss through the tangent of the energy along a displacement of the atoms:
// sum_j phi_j . F_j = -dE along phi. One forward-over-reverse pass gives the parameter gradient of
// g E_i + (dE_i along the displacement).
#pragma once

#include "kernel.h"

namespace amorph {

// Tangent of the neighbours of a batch: displacement of each atom, 3 n, and a strain.
struct Direction {
  const double *displacement;       // [atom][3]; null: none
  double strain[9];
};

class Gradient : public Kernel {
 public:
  explicit Gradient(const Potential &potential);

  // dE_i/dp of each atom of the batch: lane s of vector p. Needs `forward`.
  const Vectors &energy_gradients();
  // Adds the gradient of sum_i (weight E_i + tangent of E_i) to out.
  void pull_back(double weight, const Direction &direction, double *out);
  // Gradient of each basis function: scatter(slot, block, basis function, gx, gy, gz).
  template <class Scatter> void basis_gradients(Scatter &&scatter) {
    for (size_t i = 0; i < graph.scalar.size(); i++) {
      backward_graph(int(i));
      for (int s = 0; s < used; s++) {
        pull(s);
        for (int b = 0; b < slots[s].blocks; b++)
          scatter(slots[s], slots[s].block[b], int(i), gradient[3 * b], gradient[3 * b + 1],
                  gradient[3 * b + 2]);
      }
    }
  }

 private:
  int species_at() const { return int(pot.moment_coeffs.size()); }
  int radial_at(int zi, int zj) const {
    return species_at() + pot.species + (zi * pot.species + zj) * pot.functions * pot.chebyshev;
  }
  // The end of the run of blocks of one species that starts at b.
  static int same_species(const Slot &slot, int b) {
    const int z = slot.block[b].species;
    while (b < slot.blocks && slot.block[b].species == z) b++;
    return b;
  }
  // Radial and angular parts of one block's displacement: dr/dt and the unit vector's tangent.
  void tangent(const Slot &slot, const Block &block, const Direction &direction, vd *out) const;
  template <int B> void fill_tangents(const Block *block, const vd *u);
  template <int B> void tangent_blocks(const Slot &slot, int first, const vd *u);
  void tangent_moments(int lane, const Direction &direction);
  void tangent_graph(double weight);
  void pull_radial(int lane, double *out);
  template <int B> void pull_tangents(const Slot &slot, int first, const vd *u);
  template <int B> void energy_blocks(const Slot &slot, int first);
  template <int B> void add_radial(const Block *block, const vd *value, const vd *slope);

  Vectors G;                        // energy gradients
  Vectors tM, tA;                   // tangents of moments and of their adjoints
  Vectors tsums, tmono;
  Vectors by_species;               // radial gradient of one species of neighbours, [n][mu]
  Vectors values, slopes;           // adjoints of a group's radial functions and derivatives
  Vectors tangents[W];              // of each atom's blocks
  std::vector<double> a2;
};

}  // namespace amorph
