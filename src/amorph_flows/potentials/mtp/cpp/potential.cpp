#include "potential.h"

#include "textfile.h"

#include <map>

namespace amorph {
namespace {

// The key = value lines of an .mtp file.
struct Fields : TextFile {
  std::map<std::string, std::pair<size_t, size_t>> place;  // key: line, position of the value
  size_t radial = 0;

  explicit Fields(const std::string &path) : TextFile(path) {
    if (lines.empty() || trimmed(lines[0]) != "MTP")
      fail(0, "does not start with 'MTP'; is this an MLIP-2 .mtp file?");
    for (size_t i = 1; i < lines.size(); i++) {
      const size_t equals = lines[i].find('=');
      if (equals != std::string::npos)
        place[trimmed(lines[i].substr(0, equals))] = {i, equals + 1};
      else if (trimmed(lines[i]) == "radial_coeffs")
        radial = i;
    }
  }

  std::pair<size_t, size_t> find(const char *key, const char *other = nullptr) const {
    auto found = place.find(key);
    if (found == place.end() && other) found = place.find(other);
    if (found == place.end())
      fail(lines.size() - 1,
           std::string("'") + key + "' is missing; the file is truncated or no .mtp file");
    return found->second;
  }

  std::string text(const char *key) const {
    const auto [i, from] = find(key);
    return trimmed(lines[i].substr(from));
  }

  std::vector<double> list(const char *key, size_t count, const char *other = nullptr) const {
    const auto [i, from] = find(key, other);
    return numbers(i, from, count, key);
  }

  int count(const char *key, int least, const char *other = nullptr) const {
    const double value = list(key, 1, other)[0];
    if (value != std::floor(value) || value < least || value > 1e8)
      fail(find(key, other).first, std::string("'") + key + "' is no integer from " +
                                       std::to_string(least));
    return int(value);
  }

  // Rows of integers; column k stays below bounds[k].
  std::vector<int> rows(const char *key, int count, const std::vector<int> &bounds) const {
    const size_t width = bounds.size();
    const std::vector<double> values = list(key, width * size_t(count));
    std::vector<int> out(values.size());
    for (size_t i = 0; i < values.size(); i++) {
      if (values[i] < 0 || values[i] >= bounds[i % width] || values[i] != std::floor(values[i]))
        fail(find(key).first, std::string("'") + key + "' has a number out of range");
      out[i] = int(values[i]);
    }
    return out;
  }
};

}  // namespace

Potential read_mtp(const std::string &path) {
  const Fields file(path);
  Potential p;
  if (file.text("radial_basis_type") != "RBChebyshev")
    file.fail(file.find("radial_basis_type").first, "only the radial basis RBChebyshev is known");
  if (file.place.count("magnetic_basis_type"))
    file.fail(file.find("magnetic_basis_type").first, "magnetic potentials are not supported");
  p.species = file.count("species_count", 1);
  p.scaling = file.list("scaling", 1)[0];
  p.min_distance = file.list("min_dist", 1, "min")[0];
  p.cutoff = file.list("max_dist", 1, "max")[0];
  if (!(p.min_distance >= 0.0 && p.cutoff > p.min_distance))
    file.fail(file.find("max_dist", "max").first, "min_dist and max_dist make no range");
  p.chebyshev = file.count("radial_basis_size", 1, "size");
  p.functions = file.count("radial_funcs_count", 1);
  if (!file.radial) file.fail(file.lines.size() - 1, "'radial_coeffs' is missing: untrained file");
  size_t at = file.radial;
  for (int i = 0; i < p.species; i++)
    for (int j = 0; j < p.species; j++) {
      const std::string label = std::to_string(i) + "-" + std::to_string(j);
      if (trimmed(file.line(++at)) != label) file.fail(at, "the pair " + label + " is expected");
      for (int mu = 0; mu < p.functions; mu++) {
        const auto row = file.numbers(++at, 0, p.chebyshev, "radial_coeffs");
        p.radial.insert(p.radial.end(), row.begin(), row.end());
      }
    }
  p.moments = file.count("alpha_moments_count", 1);
  const int basics = file.count("alpha_index_basic_count", 1);
  const int times = file.count("alpha_index_times_count", 0);
  const int scalars = file.count("alpha_scalar_moments", 1);
  p.basic = file.rows("alpha_index_basic", basics, {p.functions, 64, 64, 64});
  p.times = file.rows("alpha_index_times", times, {p.moments, p.moments, 1 << 30, p.moments});
  for (size_t i = 0; i < p.times.size(); i += 4)
    if (p.times[i] >= p.times[i + 3] || p.times[i + 1] >= p.times[i + 3] || p.times[i + 3] < basics)
      file.fail(file.find("alpha_index_times").first, "a product uses a moment not yet computed");
  p.scalar = file.rows("alpha_moment_mapping", scalars, {p.moments});
  p.species_coeffs = file.list("species_coeffs", p.species);
  p.moment_coeffs = file.list("moment_coeffs", scalars);
  return p;
}

}  // namespace amorph
