// Neighbour list of a periodic or open cell, triclinic and narrower than the cutoff included:
// periodic images are explicit atoms, the list is kept until an atom has moved half the skin.
#pragma once

#include <cstddef>
#include <vector>

namespace amorph {

class Neighbours {
 public:
  Neighbours(double cutoff, double skin) : range(cutoff + skin), skin(skin) {}

  // Positions of the atoms and their images; rebuilds the list where it must.
  void update(int atoms, const double *positions, const double *cell, const int *periodic);

  const double *position(int i) const { return &x[3 * std::size_t(i)]; }
  int owner(int i) const { return owners[i]; }
  const int *begin(int i) const { return &list[first[i]]; }
  const int *end(int i) const { return &list[first[i + 1]]; }
  int longest() const { return most; }

 private:
  bool valid(const double *positions, const double *cell, const int *periodic) const;
  void build(const double *positions);
  void place(const double *positions);

  const double range, skin;
  int n = -1, most = 0;
  double h[9];
  int pbc[3];
  std::vector<double> x, built, shift;   // positions, positions when built, image translations
  std::vector<int> owners, first, list;
};

}  // namespace amorph
