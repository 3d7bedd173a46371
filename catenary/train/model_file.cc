#include "catenary/train/model_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

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

// Reads a stored model strictly; `name` is the file's in messages.
class Reader {
 public:
  Reader(const Safetensors& content, const std::string& name) : content_(content), name_(name) {}

  [[nodiscard]] std::vector<std::string> names(const std::string& key) const {
    const auto entry = content_.metadata.find(key);
    if (entry == content_.metadata.end())
      fail(ErrorKind::kFormat, "{}: expected the metadata '{}', found none", name_, key);
    const Json list = Json::parse(entry->second, nullptr, false);
    const bool is_list =
        list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& x) { return x.is_string(); });
    if (!is_list) {
      fail(ErrorKind::kFormat, "{}: metadata '{}': expected a JSON array of strings, found {}", name_, key,
           quote(entry->second));
    }
    return list.get<std::vector<std::string>>();
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

  void require_features(std::size_t found) const {
    if (found == 0) fail(ErrorKind::kFormat, "{}: expected at least 1 feature, found none", name_);
  }

  // The tensor's numbers, which must be f32, finite and of that shape.
  std::vector<float> tensor(const std::string& tensor_name, const Shape& shape) {
    expected_.insert(tensor_name);
    const auto at = std::find_if(content_.tensors.begin(), content_.tensors.end(),
                                 [&](const Tensor& tensor) { return tensor.name == tensor_name; });
    if (at == content_.tensors.end())
      fail(ErrorKind::kFormat, "{}: expected the tensor '{}', found none", name_, tensor_name);
    if (at->dtype != DType::kF32 || at->shape != shape) {
      fail(ErrorKind::kFormat, "{}: tensor '{}': expected f32 {}, found {} {}", name_, tensor_name,
           shape.str(), name_of(at->dtype), at->shape.str());
    }
    std::vector<float> values = f32_values(*at);
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
  std::set<std::string> expected_;
};

Schema read_schema(const Reader& reader, const Config& config) {
  Schema schema;
  schema.feature_names = reader.names(kFeatures);
  schema.target_names = reader.names(kTargets);
  schema.classes = reader.names(kClasses);
  reader.require_features(schema.feature_names.size());
  reader.require_distinct(kFeatures, schema.feature_names);
  reader.require_distinct(kTargets, schema.target_names);
  reader.require_distinct(kClasses, schema.classes);
  reader.require_apart(schema);
  const bool is_binary = config.train.loss == Loss::kBinaryCrossEntropy;
  const std::int64_t outputs = config.layers.back().units;
  if (is_classification(config)) {
    reader.require_count("classes", schema.classes.size(), is_binary ? 2 : outputs);
    reader.require_count("targets", schema.target_names.size(),
                         config.data.format == DataFormat::kIdx ? 0 : 1);
  } else {
    reader.require_count("classes", schema.classes.size(), 0);
    reader.require_count("targets", schema.target_names.size(), outputs);
  }
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
