// The moment tensor potential and its graph of moments.
#pragma once

#include <string>
#include <vector>

namespace amorph {

// What an MLIP-2 .mtp file (format 1.1.0) holds.
struct Potential {
  int species = 0, functions = 0, chebyshev = 0, moments = 0;
  double scaling = 0.0, min_distance = 0.0, cutoff = 0.0;
  std::vector<double> radial;       // [z_i][z_j][mu][n]
  std::vector<int> basic;           // rows mu, x, y, z
  std::vector<int> times;           // rows a, b, m, c: M_c += m M_a M_b
  std::vector<int> scalar;          // moments that are basis functions
  std::vector<double> species_coeffs, moment_coeffs;

  int parameters() const {
    return int(moment_coeffs.size() + species_coeffs.size() + radial.size());
  }
};

// Reads a file; throws std::runtime_error that names the file and the line.
Potential read_mtp(const std::string &path);

// Monomials x^a y^b z^c of a unit vector, degree by degree, x first: 1; x y z; xx xy xz yy yz zz; …
inline int monomials(int degree) { return (degree + 1) * (degree + 2) * (degree + 3) / 6; }
inline int monomial(int a, int b, int c) {
  const int q = b + c;
  return monomials(a + q - 1) + q * (q + 1) / 2 + c;
}

// The moment graph, renumbered: the basic moments of each mu are all monomials up to its degree.
struct Graph {
  struct Product {
    int a, b, c;
    double m;
  };
  int basics = 0, moments = 0, degree = 0;
  std::vector<int> offset, size;    // of the monomials of each mu
  std::vector<Product> products;
  std::vector<int> scalar;

  explicit Graph(const Potential &p) : offset(p.functions), size(p.functions) {
    const int listed = int(p.basic.size()) / 4;
    std::vector<int> degrees(p.functions, 0), id(p.moments);
    for (int i = 0; i < listed; i++) {
      const int *b = &p.basic[4 * i];
      const int d = b[1] + b[2] + b[3];
      if (d > degrees[b[0]]) degrees[b[0]] = d;
      if (d > degree) degree = d;
    }
    for (int mu = 0; mu < p.functions; mu++) {
      offset[mu] = basics;
      size[mu] = monomials(degrees[mu]);
      basics += size[mu];
    }
    for (int i = 0; i < listed; i++) {
      const int *b = &p.basic[4 * i];
      id[i] = offset[b[0]] + monomial(b[1], b[2], b[3]);
    }
    for (int i = listed; i < p.moments; i++) id[i] = basics + i - listed;
    moments = basics + p.moments - listed;
    for (size_t i = 0; i < p.times.size(); i += 4) {
      const int *t = &p.times[i];
      products.push_back({id[t[0]], id[t[1]], id[t[3]], double(t[2])});
    }
    for (int s : p.scalar) scalar.push_back(id[s]);
  }
};

}  // namespace amorph
