#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "catenary/data/schema.h"

// A schema's columns and inputs as JSON, as a model's file holds them.
namespace catenary::train {

/// An array with an entry for each column: its name if it is a number, else {"name", "type", ...}.
[[nodiscard]] nlohmann::ordered_json columns_json(const Schema& schema);

/// An array with an entry for each input: its column's index if it is that column as it stands, else
/// {"column", "name", "steps"}.
[[nodiscard]] nlohmann::ordered_json inputs_json(const Schema& schema);

/// An array of [shift, scale].
[[nodiscard]] nlohmann::ordered_json target_scales_json(const Schema& schema);

/// {"steps", "has_lengths", "target", "horizon"}.
[[nodiscard]] nlohmann::ordered_json sequence_json(const SequenceSchema& sequence);

/// Takes these from the texts of them. Throws Error{format} "NAME: metadata 'KEY': ..." for what the
/// functions above do not write: unknown types and steps, numbers that are not finite, scales of 0, columns
/// that are not there.
void read_columns(Schema& schema, const std::string& text, const std::string& name);
void read_inputs(Schema& schema, const std::string& text, const std::string& name);
void read_sequence(Schema& schema, const std::string& text, const std::string& name);
void read_target_scales(Schema& schema, const std::string& text, const std::string& name);

}  // namespace catenary::train
