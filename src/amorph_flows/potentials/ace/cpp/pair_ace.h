// LAMMPS pair style ace:
//   pair_style ace
//   pair_coeff * * FILE.yace Element1 Element2 ...    (element of each atom type)
#pragma once

#include "ace-evaluator/ace_c_basis.h"
#include "ace-evaluator/ace_recursive.h"

#include "pair.h"

#include <memory>
#include <string>
#include <vector>

namespace LAMMPS_NS {

class PairACE : public Pair {
 public:
  explicit PairACE(LAMMPS *);
  ~PairACE() override;
  void compute(int, int) override;
  void settings(int, char **) override;
  void coeff(int, char **) override;
  void init_style() override;
  double init_one(int, int) override;

 private:
  void open_potential(const std::string &path);
  // The neighbours of an atom that are of the potential's elements and within its cutoff.
  void find_near(int atom);
  void add_forces(int atom);

  std::unique_ptr<ACECTildeBasisSet> basis;
  std::unique_ptr<ACERecursiveEvaluator> evaluator;
  std::vector<int> species;  // of each atom type, from 1; -1: another pair style's
  std::vector<int> near;
};

}  // namespace LAMMPS_NS
