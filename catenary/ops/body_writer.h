#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/ops/scan.h"
#include "catenary/ops/scan_parts.h"

/// What a scan's call and its gradient share: how its operands and its one vector are laid out, and the
/// writing of a step. Not installed: for ops/ and for what looks into scans.
namespace catenary::ops {

/// [rows, ...] and back to a row.
[[nodiscard]] Shape with_rows(std::int64_t rows, const Shape& row);
[[nodiscard]] Shape without_rows(const Shape& shape);

/// A part of a scan's vector as the sequence [rows, ...] that it is.
[[nodiscard]] Value part_of(Value vector, const Part& part, const Shape& row);
/// A row of a sequence.
[[nodiscard]] Value row_of(Value sequence, std::int64_t row);

/// A step that is being written, with the operands of its scan.
class BodyWriter {
 public:
  /// is_batched: whether any operand will be, so that carries are.
  explicit BodyWriter(bool is_batched) : is_batched_(is_batched) {}

  /// Each adds an operand and answers the leaf that stands for it, or for a row of it. name: of the leaf,
  /// where the operand has none.
  Value add_carry(Value start, std::string_view name);
  Value add_sequence(Value sequence, std::string_view name);
  Value add_shared(Value value, std::string_view name);
  [[nodiscard]] Body& body() { return body_; }
  /// The whole sequence of which a leaf is a row; an empty Value for anything else.
  [[nodiscard]] Value sequence_of(Value leaf) const;

  /// The call, and its parts.
  [[nodiscard]] ScanResult call();

 private:
  Value leaf(Value operand, const Shape& shape, std::string_view fallback, bool is_batched);
  void match_batch();

  bool is_batched_;
  Body body_;
  std::vector<Value> starts_, sequences_, shared_;
};

}  // namespace catenary::ops
