#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/data/sequence.h"

// What windows know of the numbers whose next ones they foretell.
namespace catenary {

/// Sets data.past for windows whose next rows' numbers are foretold, of the targets before they are moved; of
/// a file to predict, which has none, of the same columns among the features, where differences need them.
/// With options.difference each of data.targets becomes its difference to the number so many rows before it
/// in its series, and is missing where there is none. file: in messages. Throws Error{config} where
/// differences have no column to start from.
void keep_past(Dataset& data, const SequenceOptions& options, std::span<const Series> series,
               const std::string& file);

/// Throws Error{config} unless the model reads the columns that differences start from, so that it can
/// predict.
void require_past(const Dataset& data, const std::string& file);

/// The seasonal-naive forecast of a window that begins with row `first`, [horizon][targets]: for each row the
/// number in the last row of the window that lies whole seasons before it; a season of 1: the window's last.
/// NaN where that is missing. season: 1 to the window's rows. data.past must be there.
/// [Hyndman and Athanasopoulos 2021, section 5.2]
[[nodiscard]] std::vector<float> seasonal_naive(const Dataset& data, std::int64_t first, std::int64_t season);

/// Makes forecasts in the targets' own units of a network's answer to a window, [horizon][targets]: adds what
/// differences lack.
void add_past(const Dataset& data, std::int64_t first, std::span<float> answer);

}  // namespace catenary
