// Extrapolation grades from an active set made by amorph_flows.
#pragma once

#include "gradient.h"
#include "textfile.h"

#include <sstream>

namespace amorph {

class ActiveSet {
 public:
  // The grade of what has no finite one, such as atoms that coincide.
  static constexpr double NON_FINITE_GRADE = 1e30;

  // Reads the file; throws std::runtime_error that names the file and the line.
  explicit ActiveSet(const std::string &path) {
    const TextFile file(path);
    if (file.lines.empty() || file.lines[0] != "active set 1")
      file.fail(0, "is not 'active set 1'; is this an active set of amorph_flows?");
    if (file.line(1) != "mode neighbourhood")
      file.fail(1, "is not 'mode neighbourhood'; only grades of atoms are known");
    const size_t count = size(file, 2, "parameters");
    parameters = file.numbers(3, 0, count, "parameters");
    rank = size(file, 4, "rank");
    for (size_t i = 0; i < rank; i++) {
      const auto row = file.numbers(5 + i, 0, count, "a row of the active set");
      rows.insert(rows.end(), row.begin(), row.end());
    }
    if (file.line(5 + rank) != "selected" || file.line(6 + 2 * rank) != "end")
      file.fail(file.lines.size() - 1, "the active set is truncated");
  }

  bool belongs_to(const Potential &p) const {
    std::vector<double> own;
    for (const auto *part : {&p.moment_coeffs, &p.species_coeffs, &p.radial})
      own.insert(own.end(), part->begin(), part->end());
    if (own.size() != parameters.size()) return false;
    for (size_t i = 0; i < own.size(); i++)
      if (!(std::fabs(own[i] - parameters[i]) <= 1e-12 + 1e-9 * std::fabs(own[i]))) return false;
    return true;
  }

  // Largest |row . gradient| of each lane.
  void grade(const Vectors &gradient, double *out) const;

  std::vector<double> parameters;

 private:
  static std::string word(const TextFile &file, size_t i, const char *key) {
    std::istringstream in(file.line(i));
    std::string name, value;
    if (!(in >> name >> value) || name != key) file.fail(i, std::string(key) + " is expected");
    return value;
  }
  static size_t size(const TextFile &file, size_t i, const char *key) {
    const long value = std::atol(word(file, i, key).c_str());
    if (value < 1 || value > 10000000) file.fail(i, std::string(key) + " is no count");
    return size_t(value);
  }

  size_t rank = 0;
  std::vector<double> rows;
};

}  // namespace amorph
