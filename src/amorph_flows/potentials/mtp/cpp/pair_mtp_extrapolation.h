// LAMMPS pair style mtp/extrapolation: mtp with extrapolation grades.
//   pair_style mtp/extrapolation ACTIVE_SET SAVE_FILE [every N] [select S] [break B]
// Every N steps the grade is computed; above S the configuration is appended to SAVE_FILE in
// MLIP-2's .cfg format, above B the run stops as by `fix halt`. The last grade is c_ID[1] of
// `compute ID all pair mtp/extrapolation`.
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
  void save(double grade);
  void stop(double grade);

  std::unique_ptr<amorph::ActiveSet> active;
  std::string active_path, save_path;
  bigint every = 10, last_saved = -1;  // the step between two runs is saved once
  double select = 2.0, limit = 10.0;
  bool grading_now = false;
  std::vector<double> atom_grades;  // of this rank's atoms
};

}  // namespace LAMMPS_NS
