// The C interface that Python loads.
#include "kernel.h"
#include "neighbours.h"
#include "training.h"

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

using namespace amorph;

namespace {

thread_local std::string message;

struct Calculator {
  Kernel kernel;
  Neighbours neighbours;
  Calculator(const Potential &p, double skin) : kernel(p), neighbours(p.cutoff, skin) {}
};

// Runs the work; gives 0, or 1 with the error kept for `amorph_mtp_error`.
template <class Work> int guarded(Work &&work) {
  try {
    work();
    return 0;
  } catch (const std::exception &error) {
    message = error.what();
    return 1;
  }
}

void open_atom(Kernel &kernel, const Neighbours &list, const int *species, int i) {
  const double *p = list.position(i);
  kernel.open(i, species[i]);
  for (const int *j = list.begin(i); j != list.end(i); j++) {
    const double *q = list.position(*j);
    const int owner = list.owner(*j);
    kernel.push(species[owner], owner, q[0] - p[0], q[1] - p[1], q[2] - p[2]);
  }
  kernel.close();
}

void run_batch(Kernel &kernel, double *energies, double *forces, double *virial) {
  kernel.run([&](const Slot &, const Block &block, vd gx, vd gy, vd gz) {
    for (int l = 0; l < W; l++) {
      const int j = block.index[l];
      if (j < 0) continue;
      forces[3 * j] -= gx[l];
      forces[3 * j + 1] -= gy[l];
      forces[3 * j + 2] -= gz[l];
    }
  });
  for (int s = 0; s < kernel.size(); s++) {
    const Slot &slot = kernel.slot(s);
    energies[slot.atom] = slot.energy;
    for (int k = 0; k < 3; k++) forces[3 * slot.atom + k] += slot.force[k];
    for (int k = 0; k < 6; k++) virial[k] += slot.virial[k];
  }
  kernel.clear();
}

}  // namespace

extern "C" {

const char *amorph_mtp_error() { return message.c_str(); }

int amorph_mtp_width() { return W; }

void *amorph_mtp_potential(int species, int functions, int chebyshev, int moments, int n_basic,
                           int n_times, int n_scalar, double scaling, double min_distance,
                           double cutoff, const double *radial, const int *basic, const int *times,
                           const int *scalar, const double *species_coeffs,
                           const double *moment_coeffs) {
  auto *p = new Potential;
  p->species = species, p->functions = functions, p->chebyshev = chebyshev, p->moments = moments;
  p->scaling = scaling, p->min_distance = min_distance, p->cutoff = cutoff;
  p->radial.assign(radial, radial + size_t(species) * species * functions * chebyshev);
  p->basic.assign(basic, basic + 4 * n_basic);
  p->times.assign(times, times + 4 * n_times);
  p->scalar.assign(scalar, scalar + n_scalar);
  p->species_coeffs.assign(species_coeffs, species_coeffs + species);
  p->moment_coeffs.assign(moment_coeffs, moment_coeffs + n_scalar);
  return p;
}

void amorph_mtp_potential_free(void *p) { delete static_cast<Potential *>(p); }

void *amorph_mtp_calculator(const void *potential, double skin) {
  return new Calculator(*static_cast<const Potential *>(potential), skin);
}

void amorph_mtp_calculator_free(void *c) { delete static_cast<Calculator *>(c); }

// virial: dE/d(strain), Voigt order xx yy zz yz xz xy
int amorph_mtp_compute(void *calculator, int atoms, const double *positions, const double *cell,
                       const int *periodic, const int *species, double *energies, double *forces,
                       double *virial) {
  return guarded([&] {
    auto &[kernel, list] = *static_cast<Calculator *>(calculator);
    list.update(atoms, positions, cell, periodic);
    kernel.reserve(list.longest());
    kernel.clear();
    std::memset(forces, 0, 3 * sizeof(double) * size_t(atoms));
    std::memset(virial, 0, 6 * sizeof(double));
    for (int i = 0; i < atoms; i++) {
      open_atom(kernel, list, species, i);
      if (kernel.full() || i + 1 == atoms) run_batch(kernel, energies, forces, virial);
    }
  });
}

}  // extern "C"

extern "C" {

void *amorph_mtp_training(const void *potential, int threads) {
  return new Training(*static_cast<const Potential *>(potential), threads);
}

void amorph_mtp_training_free(void *t) { delete static_cast<Training *>(t); }

int amorph_mtp_training_add(void *t, int atoms, const double *positions, const double *cell,
                            const int *periodic, const int *species) {
  return guarded(
      [&] { static_cast<Training *>(t)->add(atoms, positions, cell, periodic, species); });
}

void amorph_mtp_training_set(void *t, const double *p) {
  static_cast<Training *>(t)->set_parameters(p);
}

int amorph_mtp_training_evaluate(void *t, int n, const int *chosen, double *energies,
                                 double *forces, double *virials) {
  return guarded(
      [&] { static_cast<Training *>(t)->evaluate(n, chosen, energies, forces, virials); });
}

// strains: Voigt components multiply the energy's derivatives dE/d(strain) of `evaluate`
int amorph_mtp_training_pull_back(void *t, int n, const int *chosen, const double *weights,
                                  const double *displacements, const double *strains, int rows,
                                  double *out) {
  return guarded([&] {
    static_cast<Training *>(t)->pull_back(n, chosen, weights, displacements, strains, rows != 0,
                                          out);
  });
}

int amorph_mtp_training_basis_rows(void *t, int frame, double *out) {
  return guarded([&] { static_cast<Training *>(t)->basis_rows(frame, out); });
}

int amorph_mtp_training_atom_gradients(void *t, int frame, double *out) {
  return guarded([&] { static_cast<Training *>(t)->atom_gradients(frame, out); });
}

}  // extern "C"
