#include "pair_mtp_extrapolation.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "input.h"
#include "timer.h"
#include "update.h"
#include "utils.h"
#include "variable.h"

#include <cstdio>
#include <cstring>
#include <numeric>

using namespace LAMMPS_NS;
using amorph::vd;
using amorph::W;
using amorph::Vectors;

AMORPH_HOT void amorph::ActiveSet::grade(const Vectors &gradient, double *out) const {
  const size_t n = parameters.size();
  std::fill_n(out, W, 0.0);
  for (size_t r = 0; r < rank; r += 4) {
    const double *row[4];
    for (size_t q = 0; q < 4; q++) row[q] = &rows[std::min(r + q, rank - 1) * n];
    vd s[4] = {};
    for (size_t k = 0; k < n; k++)
      for (int q = 0; q < 4; q++) s[q] += row[q][k] * gradient[k];
    for (int q = 0; q < 4; q++)
      for (int l = 0; l < W; l++) {
        const double value = std::fabs(s[q][l]);
        out[l] = std::max(out[l], std::isfinite(value) ? value : NON_FINITE_GRADE);
      }
  }
}

PairMTPExtrapolation::PairMTPExtrapolation(LAMMPS *lmp) : PairMTP(lmp) {
  style = "mtp/extrapolation";
  nextra = 1;
  pvector = new double[1]{0.0};
}

PairMTPExtrapolation::~PairMTPExtrapolation() { delete[] pvector; }

void PairMTPExtrapolation::settings(int narg, char **arg) {
  if (narg < 2 || narg % 2)
    error->all(FLERR,
               "Pair style mtp/extrapolation needs: ACTIVE_SET SAVE_FILE [every N] [select S] "
               "[break B] [grades FILE]");
  active_path = arg[0];
  save_path = arg[1];
  for (int i = 2; i < narg; i += 2) {
    const std::string key = arg[i];
    if (key == "every")
      every = utils::bnumeric(FLERR, arg[i + 1], false, lmp);
    else if (key == "select")
      select = utils::numeric(FLERR, arg[i + 1], false, lmp);
    else if (key == "break")
      limit = utils::numeric(FLERR, arg[i + 1], false, lmp);
    else if (key == "grades")
      grades_path = arg[i + 1];
    else
      error->all(FLERR, "Pair style mtp/extrapolation: unknown keyword " + key);
  }
  if (every < 1) error->all(FLERR, "Pair style mtp/extrapolation: every must be at least 1");
  if (!(select > 0.0 && limit >= select))
    error->all(FLERR, "Pair style mtp/extrapolation needs 0 < select <= break");
  guarded([&] { active = std::make_unique<amorph::ActiveSet>(active_path); });
}

std::unique_ptr<amorph::Kernel> PairMTPExtrapolation::make_kernel(
    const amorph::Potential &potential) const {
  return std::make_unique<amorph::Gradient>(potential);
}

void PairMTPExtrapolation::open_potential(const std::string &path) {
  PairMTP::open_potential(path);
  if (!active->belongs_to(potential()))
    error->all(FLERR, "Pair style mtp/extrapolation: " + active_path +
                          ", line 4: the active set is not one of " + path);
}

void PairMTPExtrapolation::compute(int eflag, int vflag) {
  grading_now = update->ntimestep % every == 0;
  if (grading_now) atom_grades.assign(atom->nlocal, 0.0);
  PairMTP::compute(eflag, vflag);
  if (!grading_now) return;
  grading_now = false;
  double grade = 0.0;
  const double own =
      atom_grades.empty() ? 0.0 : *std::max_element(atom_grades.begin(), atom_grades.end());
  MPI_Allreduce(&own, &grade, 1, MPI_DOUBLE, MPI_MAX, world);
  pvector[0] = comm->me == 0 ? grade : 0.0;  // compute pair adds the ranks up
  if (comm->me == 0 && !grades_path.empty() && !stopped) record(grade);
  if (grade > select && update->ntimestep != last_saved) {
    last_saved = update->ntimestep;
    save(grade);
  }
  if (grade > limit) stop(grade);
}

void PairMTPExtrapolation::graded(amorph::Kernel &k) {
  auto &gradient = static_cast<amorph::Gradient &>(k);
  const Vectors &g = gradient.energy_gradients();
  double grade[W];
  active->grade(g, grade);
  for (int s = 0; s < k.size(); s++) atom_grades[k.slot(s).atom] = grade[s];
}

int PairMTPExtrapolation::stage() const {
  const int variable = input->variable->find("stage");
  return variable < 0 ? 0 : int(input->variable->compute_equal(variable));
}

void PairMTPExtrapolation::record(double grade) {
  FILE *out = std::fopen(grades_path.c_str(), "a");
  if (!out)
    error->one(FLERR, "Pair style mtp/extrapolation: " + grades_path + " cannot be written");
  std::fprintf(out, BIGINT_FORMAT " %.10g %d\n", update->ntimestep, grade, stage());
  std::fclose(out);
}

void PairMTPExtrapolation::save(double grade) {
  constexpr int WIDTH = 6;  // tag, species, x, y, z, grade
  std::vector<double> own, all;
  for (int i = 0; i < atom->nlocal; i++) {
    const double *x = atom->x[i];
    for (double v : {double(atom->tag[i]), double(species[atom->type[i]]), x[0], x[1], x[2],
                     atom_grades[i]})
      own.push_back(v);
  }
  int mine = int(own.size());
  std::vector<int> counts(comm->nprocs), at(comm->nprocs, 0);
  MPI_Gather(&mine, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, world);
  std::partial_sum(counts.begin(), counts.end() - 1, at.begin() + 1);
  if (comm->me == 0) all.resize(std::accumulate(counts.begin(), counts.end(), size_t(0)));
  MPI_Gatherv(own.data(), mine, MPI_DOUBLE, all.data(), counts.data(), at.data(), MPI_DOUBLE, 0,
              world);
  if (comm->me != 0) return;
  std::vector<const double *> rows;
  for (size_t i = 0; i < all.size(); i += WIDTH) rows.push_back(&all[i]);
  std::sort(rows.begin(), rows.end(), [](auto *a, auto *b) { return a[0] < b[0]; });
  FILE *out = std::fopen(save_path.c_str(), "a");
  if (!out) error->one(FLERR, "Pair style mtp/extrapolation: " + save_path + " cannot be written");
  std::fprintf(out, "BEGIN_CFG\n Size\n    %zu\n Supercell\n", rows.size());
  std::fprintf(out, "    %.12f %.12f %.12f\n", domain->xprd, 0.0, 0.0);
  std::fprintf(out, "    %.12f %.12f %.12f\n", domain->xy, domain->yprd, 0.0);
  std::fprintf(out, "    %.12f %.12f %.12f\n", domain->xz, domain->yz, domain->zprd);
  std::fprintf(out, " AtomData:  id type cartes_x cartes_y cartes_z nbh_grades\n");
  for (const double *row : rows) {
    std::fprintf(out, "    %.0f %.0f %.12f %.12f %.12f %.8f\n", row[0], row[1],
                 row[2] - domain->boxlo[0], row[3] - domain->boxlo[1], row[4] - domain->boxlo[2],
                 row[5]);
  }
  std::fprintf(out, " Feature   MV_grade   %.10f\n Feature   timestep   " BIGINT_FORMAT "\n"
               " Feature   stage   %d\nEND_CFG\n\n",
               grade, update->ntimestep, stage());
  std::fclose(out);
}

void PairMTPExtrapolation::stop(double grade) {
  stopped = true;  // what a line search still tries does not count
  char line[160];
  std::snprintf(line, sizeof line,
                "MTP extrapolation grade %.4f above break threshold %.4f at step " BIGINT_FORMAT
                "\n",
                grade, limit, update->ntimestep);
  if (comm->me == 0) utils::logmesg(lmp, std::string(line));
  timer->force_timeout();
}
