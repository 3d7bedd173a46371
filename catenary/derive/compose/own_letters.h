#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/steps/derivation.h"

namespace catenary::derive {

/// Letters for a rule in general, which speaks of no value of the derivation: none that is a name there.
class OwnLetters {
 public:
  explicit OwnLetters(const Derivation& derivation);

  /// For a matrix: A, B, or the next letter that is free.
  [[nodiscard]] std::string matrix() { return first_free({"A", "B", "P", "Q", "R", "S", "G", "H"}); }
  /// For a vector or number that a rule reads, with an index after it unless that is 0.
  [[nodiscard]] std::string operand(int index = 0) {
    return first_free({"x", "u", "p", "s", "h", "t", "k", "d"}, index);
  }
  [[nodiscard]] std::string result() { return first_free({"y", "q", "r", "w", "g", "c", "e", "b"}); }
  /// For the scalar whose derivatives a rule speaks of.
  [[nodiscard]] std::string cost() { return first_free({"C", "E", "L", "F", "K", "T", "U", "V"}); }
  /// For a variable that is moved by a step.
  [[nodiscard]] std::string variable() { return first_free({"v", "w", "x", "u", "z", "q", "p", "a"}); }
  [[nodiscard]] std::string step() { return first_free({"h", "s", "t", "d", "e", "k", "r", "b"}); }
  /// i, or √−1 where i is a name.
  [[nodiscard]] Formula imaginary_unit() const;

 private:
  /// The last one if none is free.
  std::string first_free(const std::vector<std::string_view>& letters, int index = 0);

  std::set<std::string> taken_;  // as they are written
};

}  // namespace catenary::derive
