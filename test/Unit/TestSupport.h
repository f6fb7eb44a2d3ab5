//===- TestSupport.h - what the unit tests share ----------------------------------------===//
//
// Error texts, a scratch directory per test, and a small random generator whose numbers
// are the same everywhere (the standard library's distributions are not).
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_TEST_UNIT_TESTSUPPORT_H
#define QOPT_TEST_UNIT_TESTSUPPORT_H

#include "llvm/Support/Error.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace qopt::test {

inline std::string messageOf(llvm::Error error) {
  return error ? llvm::toString(std::move(error)) : "(success)";
}

template <typename T> std::string messageOf(llvm::Expected<T> value) {
  return value ? "(success)" : llvm::toString(value.takeError());
}

/// The value, or an end of the program with the error's text.
template <typename T> T valueOf(llvm::Expected<T> value) {
  return llvm::cantFail(std::move(value));
}

/// A directory of its own, removed at the end.
class ScratchDirectory {
public:
  ScratchDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "qopt-test-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  std::string operator/(const std::string &name) const { return directory + "/" + name; }
  const std::string &path() const { return directory; }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(directory))
      names.push_back(entry.path().filename().string());
    return names;
  }

private:
  std::string directory;
};

/// SplitMix64.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  int64_t integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }
  /// Standard normal, by Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

private:
  uint64_t state;
};

inline std::vector<float> normals(uint64_t seed, size_t count, double mean = 0,
                                  double deviation = 1) {
  Random random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = static_cast<float>(mean + deviation * random.normal());
  return values;
}

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_TESTSUPPORT_H
