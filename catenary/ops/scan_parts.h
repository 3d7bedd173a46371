#pragma once

#include <cstdint>
#include <vector>

#include "catenary/ir/body.h"

/// How a scan's one vector is laid out, for who looks into it.
namespace catenary::ops {

/// The step that a scan's attribute is.
[[nodiscard]] const Body& body_of(const Attribute& attribute);

/// Where the rows of one of a scan's results begin in its vector, and how many numbers a row has.
struct Part {
  std::int64_t begin, rows, row;
};
/// Of Body::results(), in their order: T + 1 rows of a carry, T of an output.
[[nodiscard]] std::vector<Part> parts_of(const Body& body, std::int64_t steps);

}  // namespace catenary::ops
