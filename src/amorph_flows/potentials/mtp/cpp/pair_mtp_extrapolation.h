// LAMMPS pair style mtp/extrapolation: mtp with extrapolation grades.
//   pair_style mtp/extrapolation ACTIVE_SET SAVE_FILE [every N] [select S] [break B] [grades FILE]
// Every N steps, or iterations of a minimisation, the grade is computed; above S the configuration
// is appended to SAVE_FILE in MLIP-2's .cfg format, above B the run stops as by `fix halt`. FILE
// gets a line of step, grade and stage for each, the stage from the equal-style variable of this
// name, 0 without one. The last grade is c_ID[1] of `compute ID all pair mtp/extrapolation`.
#pragma once

#include "active_set.h"
#include "pair_mtp.h"

namespace LAMMPS_NS {

class PairMTPExtrapolation : public PairMTP {
 public:
  explicit PairMTPExtrapolation(LAMMPS *);
  ~PairMTPExtrapolation() override;
  void compute(int, int) override;
  void settings(int, char **) override;

 protected:
  std::unique_ptr<amorph::Kernel> make_kernel(const amorph::Potential &) const override;
  void open_potential(const std::string &path) override;
  bool grading() override { return grading_now; }
  void graded(amorph::Kernel &) override;

 private:
  void record(double grade);
  void save(double grade);
  int stage() const;
  void stop(double grade);

  std::unique_ptr<amorph::ActiveSet> active;
  std::string active_path, save_path, grades_path;
  bigint every = 10, last_saved = -1;  // the step between two runs is saved once
  double select = 2.0, limit = 10.0;
  bool grading_now = false, stopped = false;
  std::vector<double> atom_grades;  // of this rank's atoms
};

}  // namespace LAMMPS_NS
