#include "pair_mtp.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "update.h"
#include "utils.h"

#include <cstring>

using namespace LAMMPS_NS;
using amorph::Block;
using amorph::Slot;
using amorph::vd;
using amorph::W;

PairMTP::PairMTP(LAMMPS *lmp) : Pair(lmp) {
  single_enable = 0;
  restartinfo = 0;
  one_coeff = 1;
  manybody_flag = 1;
  no_virial_fdotr_compute = 1;
  centroidstressflag = CENTROID_NOTAVAIL;
}

PairMTP::~PairMTP() {
  if (!allocated || copymode) return;
  memory->destroy(setflag);
  memory->destroy(cutsq);
}

void PairMTP::fail_together(const std::string &failure) {
  int failed = !failure.empty(), any = 0;
  MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_MAX, world);
  if (failed) error->one(FLERR, "Pair style " + style + ": " + failure);
  if (any) error->one(FLERR, "Pair style " + style + ": another rank could not read its files");
}

void PairMTP::settings(int narg, char **) {
  if (narg != 0)
    error->all(FLERR, "Pair style mtp takes no arguments; the file goes to pair_coeff");
}

void PairMTP::open_potential(const std::string &path) {
  guarded([&] {
    const amorph::Potential potential = amorph::read_mtp(path);
    kernels.clear();
    for (int t = 0; t < std::max(1, comm->nthreads); t++) kernels.push_back(make_kernel(potential));
    shares.resize(kernels.size());
  });
}

std::unique_ptr<amorph::Kernel> PairMTP::make_kernel(const amorph::Potential &potential) const {
  return std::make_unique<amorph::Kernel>(potential);
}

void PairMTP::coeff(int narg, char **arg) {
  const int types = atom->ntypes;
  if (narg < 3 || std::strcmp(arg[0], "*") != 0 || std::strcmp(arg[1], "*") != 0)
    error->all(FLERR, "Pair style " + style + " needs: pair_coeff * * FILE.mtp and species numbers");
  const std::string path = arg[2];
  if (narg != 3 + types)
    error->all(FLERR, "Pair style " + style + " with " + path + ": " + std::to_string(narg - 3) +
                          " species numbers for " + std::to_string(types) +
                          " atom types; give one for each type");
  open_potential(path);
  const int count = potential().species;
  species.assign(types + 1, -1);
  for (int t = 1; t <= types; t++) {
    const char *text = arg[2 + t];
    if (std::strcmp(text, "NULL") == 0) continue;
    char *end = nullptr;
    const long value = std::strtol(text, &end, 10);
    if (end == text || *end || value < 0 || value >= count)
      error->all(FLERR, "Pair style " + style + ": species number " + std::string(text) +
                            " of atom type " + std::to_string(t) + " is not in " + path +
                            ", which has species 0 to " + std::to_string(count - 1));
    species[t] = int(value);
  }
  if (!allocated) {
    allocated = 1;
    memory->create(setflag, types + 1, types + 1, "pair:setflag");
    memory->create(cutsq, types + 1, types + 1, "pair:cutsq");
  }
  for (int i = 1; i <= types; i++)
    for (int j = i; j <= types; j++) setflag[i][j] = species[i] >= 0 && species[j] >= 0;
}

void PairMTP::init_style() {
  if (!force->newton_pair) error->all(FLERR, "Pair style " + style + " needs newton on");
  if (std::strcmp(update->unit_style, "metal") != 0)
    error->all(FLERR, "Pair style " + style + " needs units metal");
  neighbor->add_request(this, NeighConst::REQ_FULL);
}

double PairMTP::init_one(int i, int j) {
  if (!setflag[i][j]) error->all(FLERR, "Pair style " + style + ": not all pairs are set");
  return potential().cutoff;
}

void PairMTP::compute(int eflag, int vflag) {
  ev_init(eflag, vflag);
  const int inum = list->inum, all = atom->nlocal + atom->nghost;
  // the atoms' stresses are not shared out among threads
  const int threads = vflag_atom ? 1 : int(kernels.size());
  int longest = 0;
  for (int ii = 0; ii < inum; ii++)
    longest = std::max(longest, list->numneigh[list->ilist[ii]]);
  for (int t = 0; t < threads; t++) {
    kernels[t]->reserve(longest);
    Share &share = shares[t];
    share.energy = 0.0;
    std::fill_n(share.virial, 6, 0.0);
    if (t > 0) share.own.resize(std::max(share.own.size(), 3 * size_t(all)));
    share.force = t > 0 ? share.own.data() : atom->f[0];
  }
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++) {
    if (t > 0) std::fill_n(shares[t].force, 3 * size_t(all), 0.0);
    run_atoms(*kernels[t], shares[t], int(int64_t(inum) * t / threads),
              int(int64_t(inum) * (t + 1) / threads));
  }
  for (int t = 0; t < threads; t++) {
    const Share &share = shares[t];
    double *f = atom->f[0];
    if (t > 0)
      for (size_t k = 0; k < 3 * size_t(all); k++) f[k] += share.force[k];
    if (eflag_global) eng_vdwl += share.energy;
    // Voigt order of the kernel: xx yy zz yz xz xy; of LAMMPS: xx yy zz xy xz yz
    constexpr int order[6] = {0, 1, 2, 5, 4, 3};
    if (vflag_global)
      for (int k = 0; k < 6; k++) virial[k] -= share.virial[order[k]];
  }
}

void PairMTP::run_atoms(amorph::Kernel &kernel, Share &share, int first, int last) {
  const double *const *x = atom->x;
  const int *type = atom->type;
  kernel.clear();
  for (int ii = first; ii < last; ii++) {
    const int i = list->ilist[ii];
    const double xi = x[i][0], yi = x[i][1], zi = x[i][2];
    const int *neighbours = list->firstneigh[i];
    kernel.open(i, species[type[i]]);
    for (int jj = 0; jj < list->numneigh[i]; jj++) {
      const int j = neighbours[jj] & NEIGHMASK;
      kernel.push(species[type[j]], j, x[j][0] - xi, x[j][1] - yi, x[j][2] - zi);
    }
    kernel.close();
    if (kernel.full() || ii + 1 == last) run_batch(kernel, share);
  }
}

void PairMTP::run_batch(amorph::Kernel &kernel, Share &share) {
  double *f = share.force;
  kernel.run([&](const Slot &slot, const Block &block, vd gx, vd gy, vd gz) {
    for (int l = 0; l < W; l++) {
      const int j = block.index[l];
      if (j < 0) continue;
      f[3 * j] -= gx[l];
      f[3 * j + 1] -= gy[l];
      f[3 * j + 2] -= gz[l];
      if (!vflag_atom) continue;
      const double d[3] = {block.dx[l], block.dy[l], block.dz[l]}, g[3] = {gx[l], gy[l], gz[l]};
      const double v[6] = {d[0] * g[0], d[1] * g[1], d[2] * g[2],
                           d[0] * g[1], d[0] * g[2], d[1] * g[2]};
      for (int k = 0; k < 6; k++) {
        vatom[slot.atom][k] -= 0.5 * v[k];
        vatom[j][k] -= 0.5 * v[k];
      }
    }
  });
  for (int s = 0; s < kernel.size(); s++) {
    const Slot &slot = kernel.slot(s);
    for (int k = 0; k < 3; k++) f[3 * slot.atom + k] += slot.force[k];
    for (int k = 0; k < 6; k++) share.virial[k] += slot.virial[k];
    share.energy += slot.energy;
    if (eflag_atom) eatom[slot.atom] += slot.energy;
  }
  if (grading()) graded(kernel);
  kernel.clear();
}
