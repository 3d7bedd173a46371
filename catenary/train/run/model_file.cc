#include "catenary/train/run/model_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/train/config/loss.h"

namespace catenary::train {

namespace {

using Json = nlohmann::json;

constexpr const char* kFeatures = "features";
constexpr const char* kTargets = "targets";
constexpr const char* kClasses = "classes";
constexpr const char* kMean = "standardize.mean";
constexpr const char* kStd = "standardize.std";

// Straight from the variable's memory: a layer's weights by way of vectors would be three more copies of
// them.
Tensor parameter_tensor(Variables& variables, const std::string& name) {
  const Type& type = variables.type(name);
  if (type.dtype != DType::kF32) return make_tensor(name, type.shape, variables.read(name));
  const auto* numbers = static_cast<const float*>(variables.data(name));
  return make_tensor(name, type.shape, std::span(numbers, static_cast<std::size_t>(type.shape.size())));
}

// Takes a JSON array of strings from the parser's events, of which it keeps only as many as could be right: a
// file of empty names would take fifty times its bytes. Functions named as json_sax asks; each returns true
// to go on.
class NameList {
 public:
  explicit NameList(std::size_t most) : most_(most) {}

  std::vector<std::string> names;
  std::size_t count = 0;

  bool start_array(std::size_t /*elements*/) { return !std::exchange(is_open_, true); }
  bool end_array() { return true; }
  bool string(std::string& text) {
    if (count++ < most_) names.push_back(std::move(text));
    return is_open_;
  }
  bool null() { return false; }
  bool boolean(bool /*value*/) { return false; }
  bool number_integer(std::int64_t /*number*/) { return false; }
  bool number_unsigned(std::uint64_t /*number*/) { return false; }
  bool number_float(double /*number*/, const std::string& /*text*/) { return false; }
  bool binary(Json::binary_t& /*bytes*/) { return false; }
  bool start_object(std::size_t /*elements*/) { return false; }
  bool end_object() { return false; }
  bool key(std::string& /*name*/) { return false; }
  bool parse_error(std::size_t /*offset*/, const std::string& /*token*/, const Json::exception& /*error*/) {
    return false;
  }

 private:
  std::size_t most_;
  bool is_open_ = false;
};

// Reads a stored model strictly; `name` is the file's in messages.
class Reader {
 public:
  Reader(const Safetensors& content, const std::string& name) : content_(content), name_(name) {
    for (const Tensor& tensor : content_.tensors) tensors_[tensor.name] = &tensor;
  }

  // How many names there are, and the first `most` of them and one more.
  [[nodiscard]] NameList names(const std::string& key, std::int64_t most) const {
    const auto entry = content_.metadata.find(key);
    if (entry == content_.metadata.end())
      fail(ErrorKind::kFormat, "{}: expected the metadata '{}', found none", name_, key);
    NameList list(static_cast<std::size_t>(most) + 1);
    if (!Json::sax_parse(entry->second, &list)) {
      fail(ErrorKind::kFormat, "{}: metadata '{}': expected a JSON array of strings, found {}", name_, key,
           quote(entry->second));
    }
    return list;
  }

  // How many inputs the first layer's stored weights have; 0 where there are none.
  [[nodiscard]] std::int64_t inputs_of(const std::string& layer) const {
    const auto at = tensors_.find(layer + ".weight");
    if (at == tensors_.end() || at->second->shape.rank() != 2) return 0;
    return at->second->shape[1];
  }

  void require_count(std::string_view what, std::size_t found, std::int64_t expected) const {
    if (static_cast<std::int64_t>(found) == expected) return;
    fail(ErrorKind::kFormat, "{}: expected {} {}, found {}", name_, expected, what, found);
  }

  void require_distinct(std::string_view key, const std::vector<std::string>& names) const {
    std::set<std::string_view> seen;
    for (const std::string& name : names) {
      if (seen.insert(name).second) continue;
      fail(ErrorKind::kFormat, "{}: metadata '{}': expected distinct names, found {} twice", name_, key,
           quote(name));
    }
  }

  // A column that is both would be read as a number and as a class at once.
  void require_apart(const Schema& schema) const {
    for (const std::string& target : schema.target_names) {
      const auto& features = schema.feature_names;
      if (std::find(features.begin(), features.end(), target) == features.end()) continue;
      fail(ErrorKind::kFormat, "{}: expected targets that are no features, found {} among both", name_,
           quote(target));
    }
  }

  // The first layer's weights are not there, or for another number of features.
  [[noreturn]] void fail_inputs(const LayerConfig& layer, std::size_t features) {
    (void)tensor(layer.name + ".weight", {layer.units, static_cast<std::int64_t>(features)});
    fail(ErrorKind::kInternal, "{}: expected weights that do not fit {} features", name_, features);
  }

  void require_features(std::size_t found) const {
    if (found == 0) fail(ErrorKind::kFormat, "{}: expected at least 1 feature, found none", name_);
  }

  // The tensor's numbers, which must be f32, finite and of that shape.
  std::vector<float> tensor(const std::string& tensor_name, const Shape& shape) {
    expected_.insert(tensor_name);
    const auto at = tensors_.find(tensor_name);
    if (at == tensors_.end())
      fail(ErrorKind::kFormat, "{}: expected the tensor '{}', found none", name_, tensor_name);
    const Tensor& stored = *at->second;
    if (stored.dtype != DType::kF32 || stored.shape != shape) {
      fail(ErrorKind::kFormat, "{}: tensor '{}': expected f32 {}, found {} {}", name_, tensor_name,
           shape.str(), name_of(stored.dtype), stored.shape.str());
    }
    std::vector<float> values = f32_values(stored);
    const auto bad = std::find_if_not(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
    if (bad != values.end()) {
      fail(ErrorKind::kFormat, "{}: tensor '{}': expected finite numbers, found {} at {}", name_, tensor_name,
           *bad, bad - values.begin());
    }
    return values;
  }

  std::vector<float> positive_tensor(const std::string& tensor_name, const Shape& shape) {
    std::vector<float> values = tensor(tensor_name, shape);
    const auto bad = std::find_if_not(values.begin(), values.end(), [](float x) { return x > 0; });
    if (bad == values.end()) return values;
    fail(ErrorKind::kFormat, "{}: tensor '{}': expected numbers above 0, found {} at {}", name_, tensor_name,
         *bad, bad - values.begin());
  }

  void require_nothing_else() const {
    for (const Tensor& tensor : content_.tensors) {
      if (expected_.contains(tensor.name)) continue;
      fail(ErrorKind::kFormat, "{}: tensor {}: the config has no such layer", name_, quote(tensor.name));
    }
  }

 private:
  const Safetensors& content_;
  const std::string& name_;
  std::unordered_map<std::string_view, const Tensor*> tensors_;
  std::set<std::string> expected_;
};

Schema read_schema(Reader& reader, const Config& config) {
  const LayerConfig& first = config.layers.front();
  const bool is_binary = facts_of(config.train.loss).is_binary;
  const bool has_classes = is_classification(config);
  const std::int64_t outputs = config.layers.back().units;
  const std::int64_t class_targets = config.data.format == DataFormat::kIdx ? 0 : 1;
  const std::int64_t most_targets = has_classes ? class_targets : outputs;
  const std::int64_t most_classes = !has_classes ? 0 : is_binary ? 2 : outputs;
  const NameList features = reader.names(kFeatures, reader.inputs_of(first.name));
  const NameList targets = reader.names(kTargets, most_targets);
  const NameList classes = reader.names(kClasses, most_classes);
  Schema schema{features.names, targets.names, classes.names};
  reader.require_features(features.count);
  reader.require_distinct(kFeatures, schema.feature_names);
  reader.require_distinct(kTargets, schema.target_names);
  reader.require_distinct(kClasses, schema.classes);
  reader.require_apart(schema);
  reader.require_count("classes", classes.count, most_classes);
  reader.require_count("targets", targets.count, most_targets);
  if (features.count != schema.feature_names.size()) reader.fail_inputs(first, features.count);
  return schema;
}

}  // namespace

Safetensors pack_model(Variables& variables, const Schema& schema, const Standardization& standardization) {
  Safetensors content;
  for (const std::string& name : variables.names()) {
    if (variables.role(name) == Role::kParameter)
      content.tensors.push_back(parameter_tensor(variables, name));
  }
  if (!standardization.std.empty()) {
    const Shape shape{std::ssize(standardization.std)};
    content.tensors.push_back(make_tensor(kMean, shape, standardization.mean));
    content.tensors.push_back(make_tensor(kStd, shape, standardization.std));
  }
  content.metadata = {{kFeatures, Json(schema.feature_names).dump()},
                      {kTargets, Json(schema.target_names).dump()},
                      {kClasses, Json(schema.classes).dump()}};
  return content;
}

StoredModel unpack_model(Safetensors content, const Config& config, const std::string& name) {
  StoredModel model{std::move(content), {}, {}};
  Reader reader(model.content, name);
  model.schema = read_schema(reader, config);
  std::int64_t inputs = std::ssize(model.schema.feature_names);
  const Shape features{inputs};
  for (const LayerConfig& layer : config.layers) {
    (void)reader.tensor(layer.name + ".weight", {layer.units, inputs});
    (void)reader.tensor(layer.name + ".bias", {layer.units});
    inputs = layer.units;
  }
  if (config.data.standardize) {
    model.standardization = {reader.tensor(kMean, features), reader.positive_tensor(kStd, features)};
  }
  reader.require_nothing_else();
  return model;
}

void load_parameters(const StoredModel& model, Variables& variables) {
  for (const Tensor& tensor : model.content.tensors) {
    if (tensor.name == kMean || tensor.name == kStd) continue;
    const std::vector<float> values = f32_values(tensor);
    variables.write(tensor.name, std::vector<double>(values.begin(), values.end()));
  }
}

}  // namespace catenary::train
