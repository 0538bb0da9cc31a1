// LAMMPS pair style mtp:
//   pair_style mtp
//   pair_coeff * * FILE.mtp N1 N2 ...    (species number of the file for each atom type)
#pragma once

#include "kernel.h"

#include "pair.h"

#include <memory>
#include <string>

namespace LAMMPS_NS {

class PairMTP : public Pair {
 public:
  explicit PairMTP(LAMMPS *);
  ~PairMTP() override;
  void compute(int, int) override;
  void settings(int, char **) override;
  void coeff(int, char **) override;
  void init_style() override;
  double init_one(int, int) override;

 protected:
  // Called for each finished batch, with moments and adjoints still there.
  virtual void graded(amorph::Kernel &) {}
  virtual bool grading() { return false; }
  virtual std::unique_ptr<amorph::Kernel> make_kernel(const amorph::Potential &) const;
  virtual void open_potential(const std::string &path);
  // Runs work that may throw on every rank; an error on any ends the run with its message.
  template <class Work> void guarded(Work &&work);
  void fail_together(const std::string &failure);

  const amorph::Potential &potential() const { return kernels.front()->potential(); }

  std::vector<std::unique_ptr<amorph::Kernel>> kernels;  // one for each OpenMP thread
  std::string style = "mtp";
  std::vector<int> species;         // of each atom type, from 1; -1: another pair style's

 private:
  // What one thread adds up; `force` is the atoms' own array or the thread's share of it.
  struct Share {
    double *force = nullptr, energy = 0.0, virial[6] = {};
    std::vector<double> own;
  };
  void run_atoms(amorph::Kernel &kernel, Share &share, int first, int last);
  void run_batch(amorph::Kernel &kernel, Share &share);

  std::vector<Share> shares;
};

template <class Work> void PairMTP::guarded(Work &&work) {
  std::string failure;
  try {
    work();
  } catch (const std::exception &e) {
    failure = e.what();
  }
  fail_together(failure);
}

}  // namespace LAMMPS_NS
