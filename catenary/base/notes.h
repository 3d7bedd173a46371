#pragma once

#include <span>
#include <string>

#include "catenary/base/error.h"

namespace catenary {

/// The same error, whose further lines are notes: what was noted before it often explains it. Of many the
/// first 20.
[[nodiscard]] Error with_notes(const Error& error, std::span<const std::string> notes);

/// The same error, whose first line has something before and behind it.
[[nodiscard]] Error reworded(const Error& error, const std::string& before, const std::string& behind = "");

/// What f() returns. An error of it gets the notes that there are by then.
template <typename F>
auto explained_by(const std::vector<std::string>& notes, const F& f) {
  try {
    return f();
  } catch (const Error& error) {
    throw with_notes(error, notes);
  }
}

}  // namespace catenary
