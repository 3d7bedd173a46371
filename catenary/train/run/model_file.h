#pragma once

#include <string>

#include "catenary/data/dataset.h"
#include "catenary/engine/variables.h"
#include "catenary/formats/safetensors.h"
#include "catenary/train/config/config.h"

namespace catenary::train {

/// A trained network as a file holds it: the tensors LAYER.weight [out, in] and LAYER.bias [out], and in the
/// metadata the names of targets and classes and, as JSON, the columns that it reads and what its inputs make
/// of them.
struct StoredModel {
  Safetensors content;
  Schema schema;
};

/// A copy of the parameters as they are now, ready to be written.
[[nodiscard]] Safetensors pack_model(Variables& variables, const Schema& schema);

/// Checks that `content` is what pack_model made for `config`. Throws Error{format} "NAME: tensor
/// 'hidden1.weight': ...".
[[nodiscard]] StoredModel unpack_model(Safetensors content, const Config& config, const std::string& name);

/// Sets the parameters to the stored ones.
void load_parameters(const StoredModel& model, Variables& variables);

}  // namespace catenary::train
