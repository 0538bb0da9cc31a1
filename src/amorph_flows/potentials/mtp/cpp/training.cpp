#include "training.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace amorph {

void Training::add(int atoms, const double *positions, const double *cell, const int *periodic,
                   const int *species) {
  Neighbours list(pot.cutoff, 0.0);
  list.update(atoms, positions, cell, periodic);
  Frame frame;
  frame.species.assign(species, species + atoms);
  frame.longest = list.longest();
  frame.first.assign(1, 0);
  for (int i = 0; i < atoms; i++) {
    const double *p = list.position(i);
    for (const int *j = list.begin(i); j != list.end(i); j++) {
      frame.index.push_back(list.owner(*j));
      for (int k = 0; k < 3; k++) frame.d.push_back(list.position(*j)[k] - p[k]);
    }
    frame.first.push_back(int(frame.index.size()));
  }
  frame.index.shrink_to_fit();
  frame.d.shrink_to_fit();
  frames.push_back(std::move(frame));
}

void Training::set_parameters(const double *p) {
  for (auto *part : {&pot.moment_coeffs, &pot.species_coeffs, &pot.radial}) {
    std::copy_n(p, part->size(), part->begin());
    p += part->size();
  }
}

void Training::open(Kernel &kernel, const Frame &frame, int i) {
  kernel.open(i, frame.species[i]);
  for (int n = frame.first[i]; n < frame.first[i + 1]; n++) {
    const double *d = &frame.d[3 * size_t(n)];
    kernel.push(frame.species[frame.index[n]], frame.index[n], d[0], d[1], d[2]);
  }
  kernel.close();
}

template <class K, class Work>
void Training::batches(K &kernel, const Frame &frame, Work &&work) const {
  kernel.reserve(frame.longest);
  kernel.clear();
  const int atoms = int(frame.species.size());
  for (int i = 0; i < atoms; i++) {
    open(kernel, frame, i);
    if (!kernel.full() && i + 1 < atoms) continue;
    work();
    kernel.clear();
  }
}

template <class K, class Work> void Training::parallel(int n, Work &&work) const {
  std::atomic<int> next{0};
  std::exception_ptr failure;
  std::mutex lock;
  auto run = [&] {
    try {
      K kernel(pot);
      for (int i = next++; i < n; i = next++) work(kernel, i);
    } catch (...) {
      std::lock_guard<std::mutex> guard(lock);
      failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < std::min(threads, n); t++) others.emplace_back(run);
  run();
  for (std::thread &t : others) t.join();
  if (failure) std::rethrow_exception(failure);
}

std::vector<int64_t> Training::offsets(int n, const int *chosen) const {
  std::vector<int64_t> at(1, 0);
  for (int i = 0; i < n; i++) at.push_back(at.back() + 3 * int64_t(atoms(chosen[i])));
  return at;
}

void Training::evaluate(int n, const int *chosen, double *energies, double *forces,
                        double *virials) {
  const std::vector<int64_t> at = offsets(n, chosen);
  std::fill_n(forces, at.back(), 0.0);
  parallel<Kernel>(n, [&](Kernel &kernel, int i) {
    double *f = forces + at[i], *virial = virials + 6 * i;
    energies[i] = 0.0;
    std::fill_n(virial, 6, 0.0);
    batches(kernel, frames[chosen[i]], [&] {
      kernel.run([&](const Slot &, const Block &block, vd gx, vd gy, vd gz) {
        for (int l = 0; l < W; l++) {
          const int j = block.index[l];
          if (j < 0) continue;
          f[3 * j] -= gx[l], f[3 * j + 1] -= gy[l], f[3 * j + 2] -= gz[l];
        }
      });
      for (int s = 0; s < kernel.size(); s++) {
        const Slot &slot = kernel.slot(s);
        energies[i] += slot.energy;
        for (int k = 0; k < 3; k++) f[3 * slot.atom + k] += slot.force[k];
        for (int k = 0; k < 6; k++) virial[k] += slot.virial[k];
      }
    });
  });
}

void Training::pull_back(int n, const int *chosen, const double *weights,
                         const double *displacements, const double *strains, bool rows,
                         double *out) {
  const std::vector<int64_t> at = offsets(n, chosen);
  const size_t size = parameters();
  // rows are summed in the order of the frames, so that threads leave no trace in the digits
  std::vector<double> all(rows ? 0 : size * n);
  double *target = rows ? out : all.data();
  std::fill_n(target, size * n, 0.0);
  parallel<Gradient>(n, [&](Gradient &kernel, int i) {
    Direction direction{displacements + at[i], {}};
    const double *v = strains + 6 * i;
    const int voigt[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    for (int k = 0; k < 9; k++) direction.strain[k] = v[voigt[k]] * (k % 4 == 0 ? 1.0 : 0.5);
    batches(kernel, frames[chosen[i]],
            [&] { kernel.pull_back(weights[i], direction, target + size * i); });
  });
  if (rows) return;
  std::fill_n(out, size, 0.0);
  for (int i = 0; i < n; i++)
    for (size_t k = 0; k < size; k++) out[k] += all[size * i + k];
}

void Training::basis_rows(int frame, double *out) {
  const int width = int(pot.moment_coeffs.size()), n = atoms(frame);
  std::fill_n(out, size_t(width) * (1 + 3 * size_t(n) + 6), 0.0);
  double *force = out + width, *virial = force + 3 * size_t(n) * width;
  Gradient kernel(pot);
  batches(kernel, frames[frame], [&] {
    kernel.forward();
    for (int s = 0; s < kernel.size(); s++)
      for (int a = 0; a < width; a++)
        out[a] += kernel.moment(kernel.moment_graph().scalar[a], s);
    kernel.basis_gradients([&](const Slot &slot, const Block &b, int a, vd gx, vd gy, vd gz) {
      const vd g[3] = {gx, gy, gz};
      for (int l = 0; l < W; l++) {
        const int j = b.index[l];
        if (j < 0) continue;
        for (int k = 0; k < 3; k++) {
          force[size_t(3 * j + k) * width + a] -= g[k][l];
          force[size_t(3 * slot.atom + k) * width + a] += g[k][l];
        }
      }
      const vd v[6] = {b.dx * gx, b.dy * gy, b.dz * gz, b.dy * gz, b.dx * gz, b.dx * gy};
      for (int k = 0; k < 6; k++) virial[k * width + a] += sum(v[k]);
    });
  });
}

void Training::atom_gradients(int frame, double *out) {
  const size_t size = parameters();
  Gradient kernel(pot);
  batches(kernel, frames[frame], [&] {
    kernel.forward();
    const Vectors &g = kernel.energy_gradients();
    for (int s = 0; s < kernel.size(); s++)
      for (size_t k = 0; k < size; k++) out[size * kernel.slot(s).atom + k] = g[k][s];
  });
}

}  // namespace amorph
