#pragma once

#include <map>
#include <string>
#include <vector>

#include "catenary/derive/formula/formula.h"
#include "catenary/derive/steps/scans.h"

namespace catenary::derive {

/// What the values of a scan's step are called, without the index of a step; by the body's nodes.
struct StepNames {
  std::map<NodeId, Formula> names;   ///< leaves but for what is shared, results, and what gets an equation
  std::map<NodeId, Formula> deltas;  ///< of pre-activations, what their adjoints are called
};

/// Names for the steps of a graph's scans, which carry a number where there are several. Private to steps/.
class ScanNaming {
 public:
  /// row_names: see DeriveOptions.
  ScanNaming(std::vector<Value> scans, std::map<std::string, std::string> row_names)
      : scans_(std::move(scans)), row_names_(std::move(row_names)) {}

  /// h, or h⁽²⁾ of the second scan.
  [[nodiscard]] Formula named(Value scan, const std::string& name) const;
  /// Of a carry or an output.
  [[nodiscard]] Formula of_result(Value scan, std::size_t result) const;
  /// Of all that is read of a result: H.
  [[nodiscard]] Formula of_rows(Value scan, std::size_t result) const;
  [[nodiscard]] StepNames of_step(Value scan) const;

 private:
  [[nodiscard]] Formula of_row(Value scan, Value sequence) const;

  std::vector<Value> scans_;
  std::map<std::string, std::string> row_names_;
};

/// h with the index of a step: hₜ₊₁, h₃. letter: "" for a number, which is the offset.
[[nodiscard]] Formula with_step(const Formula& name, const std::string& letter, int offset);

}  // namespace catenary::derive
