#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "peer.h"
#include "plot.h"

namespace bench {

/// Prints each side's version and the table's heading.
void print_heading(std::span<const PeerKind> kinds);

/// Prints a row of measure(). `one_thread`: the same network's row on one thread, or null.
void print_row(const nlohmann::json& row, const nlohmann::json& one_thread, std::span<const PeerKind> kinds);

/// A panel for each number of threads: the peers' times over Catenary's, a line of dots for each network.
[[nodiscard]] Plot plot_of(const nlohmann::json& rows, std::span<const PeerKind> kinds);

}  // namespace bench
