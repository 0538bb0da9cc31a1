// Frames kept with their neighbours, evaluated and differentiated by threads over structures.
#pragma once

#include "gradient.h"
#include "neighbours.h"

#include <cstdint>

namespace amorph {

class Training {
 public:
  Training(const Potential &potential, int threads) : pot(potential), threads(threads) {}

  void add(int atoms, const double *positions, const double *cell, const int *periodic,
           const int *species);
  void set_parameters(const double *p);

  // Energies, forces and virials (Voigt order xx yy zz yz xz xy) of the chosen frames, in a row.
  void evaluate(int n, const int *chosen, double *energies, double *forces, double *virials);
  // Gradient of sum over frames of w E + the energy's tangent along displacements and strains;
  // summed over frames, or one row a frame.
  void pull_back(int n, const int *chosen, const double *weights, const double *displacements,
                 const double *strains, bool rows, double *out);
  // Rows of one frame: energy, forces, virial by basis function, [1 + 3 atoms + 6][basis functions].
  void basis_rows(int frame, double *out);
  // dE_i/dp of a frame's atoms, [atoms][parameters].
  void atom_gradients(int frame, double *out);

  int parameters() const { return pot.parameters(); }
  int atoms(int frame) const { return int(frames.at(frame).species.size()); }

 private:
  struct Frame {
    std::vector<int> species, first, index;
    std::vector<double> d;          // displacements of the pairs, 3 each
    int longest = 0;
  };
  static void open(Kernel &kernel, const Frame &frame, int atom);
  template <class K, class Work> void batches(K &kernel, const Frame &frame, Work &&work) const;
  template <class K, class Work> void parallel(int n, Work &&work) const;
  std::vector<int64_t> offsets(int n, const int *chosen) const;

  Potential pot;
  const int threads;
  std::vector<Frame> frames;
};

}  // namespace amorph
