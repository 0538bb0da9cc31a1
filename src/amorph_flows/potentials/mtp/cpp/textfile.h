// Numbers of a text file; every error names the file and the line.
#pragma once

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace amorph {

struct TextFile {
  std::string path;
  std::vector<std::string> lines;

  explicit TextFile(const std::string &path) : path(path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error(path + ": cannot be opened");
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      lines.push_back(line);
    }
  }

  [[noreturn]] void fail(size_t line, const std::string &what) const {
    throw std::runtime_error(path + ", line " + std::to_string(line + 1) + ": " + what);
  }

  const std::string &line(size_t i) const {
    if (i >= lines.size())
      fail(lines.empty() ? 0 : lines.size() - 1, "the file ends here; it is truncated");
    return lines[i];
  }

  // All numbers of a text after position `from`; braces, commas and blanks part them.
  std::vector<double> numbers(size_t i, size_t from, size_t count, const char *what) const {
    const std::string &text = line(i);
    std::vector<double> values;
    const char *p = text.c_str() + std::min(from, text.size());
    int depth = 0;
    for (;;) {
      while (*p == ' ' || *p == '\t' || *p == ',' || *p == '{' || *p == '}') {
        depth += (*p == '{') - (*p == '}');
        p++;
      }
      if (!*p) break;
      char *end = nullptr;
      const double value = std::strtod(p, &end);
      if (end == p || !std::isfinite(value)) fail(i, std::string(what) + " holds no finite number");
      values.push_back(value);
      p = end;
    }
    if (depth != 0) fail(i, std::string(what) + " is truncated: a brace is open");
    if (values.size() != count)
      fail(i, std::string(what) + " has " + std::to_string(values.size()) + " numbers, not " +
                  std::to_string(count));
    return values;
  }
};

inline std::string trimmed(const std::string &text) {
  const size_t first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

}  // namespace amorph
