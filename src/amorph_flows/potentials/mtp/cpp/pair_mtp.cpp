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
  guarded([&] { kernel = std::make_unique<amorph::Kernel>(amorph::read_mtp(path)); });
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
  const int count = kernel->potential().species;
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
  return kernel->potential().cutoff;
}

void PairMTP::compute(int eflag, int vflag) {
  ev_init(eflag, vflag);
  const double *const *x = atom->x;
  const int *type = atom->type;
  int longest = 0;
  for (int ii = 0; ii < list->inum; ii++)
    longest = std::max(longest, list->numneigh[list->ilist[ii]]);
  kernel->reserve(longest);
  kernel->clear();
  for (int ii = 0; ii < list->inum; ii++) {
    const int i = list->ilist[ii];
    const double xi = x[i][0], yi = x[i][1], zi = x[i][2];
    const int *neighbours = list->firstneigh[i];
    kernel->open(i, species[type[i]]);
    for (int jj = 0; jj < list->numneigh[i]; jj++) {
      const int j = neighbours[jj] & NEIGHMASK;
      kernel->push(species[type[j]], j, x[j][0] - xi, x[j][1] - yi, x[j][2] - zi);
    }
    kernel->close();
    if (kernel->full() || ii + 1 == list->inum) run_batch();
  }
}

void PairMTP::run_batch() {
  double **f = atom->f;
  kernel->run([&](const Slot &slot, const Block &block, vd gx, vd gy, vd gz) {
    for (int l = 0; l < W; l++) {
      const int j = block.index[l];
      if (j < 0) continue;
      f[j][0] -= gx[l];
      f[j][1] -= gy[l];
      f[j][2] -= gz[l];
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
  for (int s = 0; s < kernel->size(); s++) {
    const Slot &slot = kernel->slot(s);
    for (int k = 0; k < 3; k++) f[slot.atom][k] += slot.force[k];
    if (eflag_global) eng_vdwl += slot.energy;
    if (eflag_atom) eatom[slot.atom] += slot.energy;
    // Voigt order of the kernel: xx yy zz yz xz xy; of LAMMPS: xx yy zz xy xz yz
    constexpr int order[6] = {0, 1, 2, 5, 4, 3};
    if (vflag_global)
      for (int k = 0; k < 6; k++) virial[k] -= slot.virial[order[k]];
  }
  if (grading()) graded(*kernel);
  kernel->clear();
}
