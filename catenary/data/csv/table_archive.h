#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "catenary/data/csv/table.h"

namespace catenary {

/// All of a table but the numbers of its features, as bytes that only this machine's kind reads.
[[nodiscard]] std::string pack_table(const Table& table);

/// The same backwards. Throws Error{data} for bytes that pack_table() did not write; takes no more memory
/// than some multiple of them.
[[nodiscard]] Table unpack_table(std::span<const std::byte> bytes);

}  // namespace catenary
