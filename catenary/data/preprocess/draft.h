#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catenary/data/schema.h"

namespace catenary {

/// An input in the making.
struct Draft {
  Input input;
  ColumnType type;       ///< of what its steps so far make
  bool is_code = false;  ///< 1 or 0 by a category's value or by what is missing: no further step changes it
};

/// What a draft is for the steps to come; none if it is a code.
[[nodiscard]] bool is_number(const Draft& draft);
[[nodiscard]] bool is_boolean(const Draft& draft);
[[nodiscard]] bool is_category(const Draft& draft);
[[nodiscard]] bool is_time(const Draft& draft);

/// NAME.missing: 1 where the draft's number is missing, else 0.
[[nodiscard]] Draft indicator_of(const Draft& draft);

/// NAME=LEVEL: 1 where a category's number is `code`, else 0.
[[nodiscard]] Draft code_of(const Draft& draft, const std::string& level, std::size_t code);

/// NAME.month: a part of a time.
[[nodiscard]] Draft part_of_time(const Draft& draft, TimePart part);

/// Gives a draft whose name another has a number, NAME=other.1: of two made-up ones the later, but never one
/// that is called as its column is.
void make_names_distinct(std::vector<Draft>& drafts, const Schema& schema);

}  // namespace catenary
