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
#include "catenary/train/model.h"
#include "catenary/train/run/schema_json.h"

namespace catenary::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kColumns = "columns";
constexpr const char* kInputs = "inputs";
constexpr const char* kTargetScales = "target_scales";
constexpr const char* kId = "id";
constexpr const char* kSequence = "sequence";  // only where samples are sequences
constexpr const char* kTargets = "targets";
constexpr const char* kClasses = "classes";
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

  [[nodiscard]] const std::string& metadata(const std::string& key) const {
    const auto entry = content_.metadata.find(key);
    if (entry == content_.metadata.end())
      fail(ErrorKind::kFormat, "{}: expected the metadata '{}', found none", name_, key);
    return entry->second;
  }

  // How many names there are, and the first `most` of them and one more.
  [[nodiscard]] NameList names(const std::string& key, std::int64_t most) const {
    const std::string& text = metadata(key);
    NameList list(static_cast<std::size_t>(most) + 1);
    if (!Json::sax_parse(text, &list)) {
      fail(ErrorKind::kFormat, "{}: metadata '{}': expected a JSON array of strings, found {}", name_, key,
           quote(text));
    }
    return list;
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

  void read_sequence_if_any(Schema& schema, const DataConfig& data) const {
    if (!data.sequence) return;
    read_sequence(schema, metadata(kSequence), name_);
    const SequenceOptions& options = data.sequence->options;
    const std::int64_t needed = options.is_stateful ? options.stride : 0;
    if (schema.sequence.advance == needed) return;
    fail(
        ErrorKind::kFormat,
        "{}: metadata '{}': expected states that go on after {} rows, as the config says (0: none do), found "
        "{}",
        name_, kSequence, needed, schema.sequence.advance);
  }

  // A column that is both would be read as a number and as a class at once, unless its past is read.
  void require_apart(const Schema& schema) const {
    if (schema.sequence.steps > 0) return;
    for (const std::string& target : schema.target_names) {
      const auto is_target = [&](const ColumnSchema& column) { return column.name == target; };
      if (std::ranges::none_of(schema.columns, is_target)) continue;
      fail(ErrorKind::kFormat, "{}: expected targets that are no features, found {} among both", name_,
           quote(target));
    }
  }

  // A file's columns and inputs, of texts that could be right: an input takes at least a number of the first
  // layer's, and what is parsed takes many times its bytes.
  void read_columns_and_inputs(Schema& schema, const std::vector<LayerConfig>& layers) const {
    constexpr std::size_t kAlways = std::size_t{8} << 20, kEach = 4096;
    const std::int64_t stored = inputs_of(layers);
    const std::size_t most = kAlways + kEach * static_cast<std::size_t>(stored);
    for (const char* key : {kColumns, kInputs, kTargetScales}) {
      if (metadata(key).size() <= most) continue;
      fail(ErrorKind::kFormat, "{}: metadata '{}': expected at most {} bytes for {} inputs, found {}", name_,
           key, most, stored, metadata(key).size());
    }
    read_columns(schema, metadata(kColumns), name_);
    read_inputs(schema, metadata(kInputs), name_);
    read_target_scales(schema, metadata(kTargetScales), name_);
    if (schema.inputs.empty()) fail(ErrorKind::kFormat, "{}: expected at least 1 input, found none", name_);
  }

  // How many inputs the stored weights of the first layer that has some have; 0 where there are none.
  [[nodiscard]] std::int64_t inputs_of(const std::vector<LayerConfig>& layers) const {
    for (const LayerConfig& layer : layers) {
      std::int64_t inputs = 0;
      for (const Tensor& tensor : content_.tensors) {
        if (tensor.shape.rank() == 2 && tensor.name.starts_with(layer.name + "."))
          inputs = std::max(inputs, tensor.shape[1]);
      }
      if (inputs > 0) return inputs;
    }
    return 0;
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

std::vector<std::string> names_of(const std::vector<ColumnSchema>& columns) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : columns) names.push_back(column.name);
  return names;
}

Schema read_schema(Reader& reader, const Config& config) {
  const bool has_classes = is_classification(config), is_binary = facts_of(config.train.loss).is_binary;
  Schema schema;
  reader.read_sequence_if_any(schema, config.data);
  const std::int64_t outputs = answered_units(config.layers) / schema.sequence.horizon;
  const std::int64_t class_targets = config.data.format == DataFormat::kIdx ? 0 : 1;
  const std::int64_t most_targets = has_classes ? class_targets : outputs;
  const std::int64_t most_classes = !has_classes ? 0 : is_binary ? 2 : outputs;
  const NameList targets = reader.names(kTargets, most_targets);
  const NameList classes = reader.names(kClasses, most_classes);
  reader.require_count("classes", classes.count, most_classes);
  reader.require_count("targets", targets.count, most_targets);
  schema.target_names = targets.names, schema.classes = classes.names, schema.id = reader.metadata(kId);
  reader.read_columns_and_inputs(schema, config.layers);
  reader.require_distinct(kColumns, names_of(schema.columns));
  reader.require_distinct(kTargets, schema.target_names);
  reader.require_distinct(kClasses, schema.classes);
  reader.require_apart(schema);
  if (!schema.target_scales.empty())
    reader.require_count("target scales", schema.target_scales.size(), has_classes ? 0 : outputs);
  return schema;
}

}  // namespace

Safetensors pack_model(Variables& variables, const Schema& schema) {
  Safetensors content;
  for (const std::string& name : variables.names()) {
    if (variables.role(name) == Role::kParameter)
      content.tensors.push_back(parameter_tensor(variables, name));
  }
  content.metadata = {{kColumns, columns_json(schema).dump()},
                      {kInputs, inputs_json(schema).dump()},
                      {kTargetScales, target_scales_json(schema).dump()},
                      {kId, schema.id},
                      {kTargets, Json(schema.target_names).dump()},
                      {kClasses, Json(schema.classes).dump()}};
  if (schema.sequence.steps > 0) content.metadata[kSequence] = sequence_json(schema.sequence).dump();
  return content;
}

StoredModel unpack_model(Safetensors content, const Config& config, const std::string& name) {
  StoredModel stored{std::move(content), {}};
  Reader reader(stored.content, name);
  stored.schema = read_schema(reader, config);
  Model model(config, stored.schema);
  for (const Value parameter : model.graph.parameters())
    (void)reader.tensor(parameter.name(), parameter.shape());
  reader.require_nothing_else();
  return stored;
}

void load_parameters(const StoredModel& model, Variables& variables) {
  for (const Tensor& tensor : model.content.tensors) {
    const std::vector<float> values = f32_values(tensor);
    variables.write(tensor.name, std::vector<double>(values.begin(), values.end()));
  }
}

}  // namespace catenary::train
