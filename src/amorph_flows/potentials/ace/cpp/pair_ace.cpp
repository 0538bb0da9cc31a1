#include "pair_ace.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "update.h"

#include <algorithm>
#include <cstring>

using namespace LAMMPS_NS;

PairACE::PairACE(LAMMPS *lmp) : Pair(lmp) {
  single_enable = 0;
  restartinfo = 0;
  one_coeff = 1;
  manybody_flag = 1;
  centroidstressflag = CENTROID_NOTAVAIL;
}

PairACE::~PairACE() {
  if (!allocated || copymode) return;
  memory->destroy(setflag);
  memory->destroy(cutsq);
}

void PairACE::settings(int narg, char **) {
  if (narg != 0)
    error->all(FLERR, "Pair style ace takes no arguments; the file goes to pair_coeff");
}

void PairACE::open_potential(const std::string &path) {
  std::string failure;
  try {
    basis = std::make_unique<ACECTildeBasisSet>(path);
    evaluator = std::make_unique<ACERecursiveEvaluator>(*basis, true);
  } catch (const std::exception &e) {
    failure = e.what();
  }
  int failed = !failure.empty(), any = 0;
  MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_MAX, world);
  if (failed) error->one(FLERR, "Pair style ace cannot read " + path + ": " + failure);
  if (any) error->one(FLERR, "Pair style ace: another rank could not read its file");
}

void PairACE::coeff(int narg, char **arg) {
  const int types = atom->ntypes;
  if (narg < 3 || std::strcmp(arg[0], "*") != 0 || std::strcmp(arg[1], "*") != 0)
    error->all(FLERR, "Pair style ace needs: pair_coeff * * FILE.yace and elements");
  const std::string path = arg[2];
  if (narg != 3 + types)
    error->all(FLERR, "Pair style ace with " + path + ": " + std::to_string(narg - 3) +
                          " elements for " + std::to_string(types) +
                          " atom types; give one for each type");
  open_potential(path);
  const std::string *known = basis->elements_name, *end = known + basis->nelements;
  species.assign(types + 1, -1);
  evaluator->element_type_mapping.init(types + 1);
  for (int t = 1; t <= types; t++) {
    const std::string element = arg[2 + t];
    if (element != "NULL") {
      const std::string *found = std::find(known, end, element);
      if (found == end)
        error->all(FLERR, "Pair style ace: " + path + " has no element " + element);
      species[t] = int(found - known);
    }
    evaluator->element_type_mapping(t) = species[t];
  }
  if (!allocated) {
    allocated = 1;
    memory->create(setflag, types + 1, types + 1, "pair:setflag");
    memory->create(cutsq, types + 1, types + 1, "pair:cutsq");
  }
  for (int i = 1; i <= types; i++)
    for (int j = i; j <= types; j++) setflag[i][j] = species[i] >= 0 && species[j] >= 0;
}

void PairACE::init_style() {
  if (!force->newton_pair) error->all(FLERR, "Pair style ace needs newton on");
  if (std::strcmp(update->unit_style, "metal") != 0)
    error->all(FLERR, "Pair style ace needs units metal");
  neighbor->add_request(this, NeighConst::REQ_FULL);
}

double PairACE::init_one(int i, int j) {
  if (!setflag[i][j]) error->all(FLERR, "Pair style ace: not all pairs are set");
  const auto &cut = basis->radial_functions->cut;
  return std::max(cut(species[i], species[j]), cut(species[j], species[i]));
}

void PairACE::compute(int eflag, int vflag) {
  ev_init(eflag, vflag);
  int longest = 0;
  for (int ii = 0; ii < list->inum; ii++)
    longest = std::max(longest, list->numneigh[list->ilist[ii]]);
  evaluator->resize_neighbours_cache(longest);
  near.reserve(longest);
  for (int ii = 0; ii < list->inum; ii++) {
    const int i = list->ilist[ii];
    if (species[atom->type[i]] < 0) continue;
    find_near(i);
    evaluator->compute_atom(i, atom->x, atom->type, int(near.size()), near.data());
    add_forces(i);
    if (eflag_global) eng_vdwl += evaluator->e_atom;
    if (eflag_atom) eatom[i] += evaluator->e_atom;
  }
  if (vflag_fdotr) virial_fdotr_compute();
}

void PairACE::find_near(int i) {
  const double *const *x = atom->x;
  const int *type = atom->type;
  const double *limit = cutsq[type[i]];
  near.clear();
  for (int jj = 0; jj < list->numneigh[i]; jj++) {
    const int j = list->firstneigh[i][jj] & NEIGHMASK;
    if (species[type[j]] < 0) continue;
    const double dx = x[j][0] - x[i][0], dy = x[j][1] - x[i][1], dz = x[j][2] - x[i][2];
    if (dx * dx + dy * dy + dz * dz < limit[type[j]]) near.push_back(j);
  }
}

void PairACE::add_forces(int i) {
  const double *const *x = atom->x;
  double **f = atom->f;
  for (size_t jj = 0; jj < near.size(); jj++) {
    const int j = near[jj];
    double pull[3];
    for (int k = 0; k < 3; k++) {
      pull[k] = evaluator->neighbours_forces(jj, k);
      f[i][k] += pull[k];
      f[j][k] -= pull[k];
    }
    if (!vflag_atom) continue;
    const double d[3] = {x[j][0] - x[i][0], x[j][1] - x[i][1], x[j][2] - x[i][2]};
    const double v[6] = {d[0] * pull[0], d[1] * pull[1], d[2] * pull[2],
                         d[0] * pull[1], d[0] * pull[2], d[1] * pull[2]};
    for (int k = 0; k < 6; k++) {
      vatom[i][k] -= 0.5 * v[k];
      vatom[j][k] -= 0.5 * v[k];
    }
  }
}
