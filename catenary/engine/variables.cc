#include "catenary/engine/variables.h"

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/base/philox.h"
#include "catenary/engine/orthogonal.h"

namespace catenary {

namespace {

// Orthogonal matrices [rows, columns], one below the other.
template <typename T>
void fill_orthogonal(T* numbers, const Shape& shape, const Init& init, const Philox& random) {
  const std::int64_t rows = shape[0] / init.blocks, columns = shape[1], size = rows * columns;
  std::vector<double> block(static_cast<std::size_t>(size));
  for (std::int64_t first = 0; first < shape.size(); first += size) {
    for (std::int64_t i = 0; i < size; ++i)
      block[static_cast<std::size_t>(i)] = random.normal(static_cast<std::uint64_t>(first + i));
    orthonormalise(block, rows, columns);
    std::ranges::transform(block, numbers + first, [&](double x) { return static_cast<T>(init.scale * x); });
  }
}

template <typename T>
void fill(T* numbers, const Shape& shape, const Init& init, const Philox& random) {
  if (init.kind == Init::Kind::kOrthogonal) return fill_orthogonal(numbers, shape, init, random);
  for (std::int64_t i = 0; i < shape.size(); ++i) {
    const auto place = static_cast<std::uint64_t>(i);
    switch (init.kind) {
      case Init::Kind::kConstant: numbers[i] = static_cast<T>(init.scale); break;
      case Init::Kind::kUniform:
        numbers[i] = static_cast<T>(init.scale * (2 * random.uniform(place) - 1));
        break;
      case Init::Kind::kNormal: numbers[i] = static_cast<T>(init.scale * random.normal(place)); break;
      case Init::Kind::kOrthogonal: break;
    }
  }
}

}  // namespace

Variables::Variables(Graph& graph, std::uint64_t seed) : seed_(seed) { add_new(graph); }

std::deque<Variables::Variable>& Variables::all() const {
  if (variables_ == nullptr) fail(ErrorKind::kConfig, "these variables were moved from");
  return *variables_;
}

void Variables::add_new(Graph& graph) {
  std::deque<Variable>& variables = all();
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    if (node.op != &ops::kVariable) continue;
    const auto known = std::find_if(variables.begin(), variables.end(),
                                    [&](const Variable& v) { return v.name == node.name; });
    if (known != variables.end()) {
      if (known->type == node.type) continue;
      fail(ErrorKind::kShape, "the variable '{}' needs the program's type {}, found {}", node.name,
           node.type.str(), known->type.str());
    }
    const auto bytes = static_cast<std::size_t>(node.type.shape.size() * size_of(node.type.dtype));
    variables.push_back({node.name, node.type, std::get<VariableSpec>(node.attribute), AlignedBuffer(bytes)});
    initialise(variables.back());
  }
}

void Variables::initialise(Variable& variable) const {
  const Philox random(seed_, RandomPurpose::kInitialWeights,
                      stream_of(variable.name.data(), variable.name.size()));
  const Shape& shape = variable.type.shape;
  if (variable.type.dtype == DType::kF32) {
    fill(variable.memory.as<float>(), shape, variable.spec.init, random);
  } else {
    fill(variable.memory.as<double>(), shape, variable.spec.init, random);
  }
}

std::vector<std::string> Variables::names() const {
  std::vector<std::string> names;
  for (const Variable& variable : all()) names.push_back(variable.name);
  return names;
}

const Variables::Variable& Variables::find(std::string_view name) const {
  const std::deque<Variable>& variables = all();
  const auto it =
      std::find_if(variables.begin(), variables.end(), [&](const Variable& v) { return v.name == name; });
  if (it == variables.end()) fail(ErrorKind::kConfig, "no variable is named '{}'", name);
  return *it;
}

const Type& Variables::type(std::string_view name) const { return find(name).type; }

Role Variables::role(std::string_view name) const { return find(name).spec.role; }

void* Variables::data(std::string_view name) { return find(name).memory.data(); }

std::vector<double> Variables::read(std::string_view name) const {
  const Variable& variable = find(name);
  const std::int64_t count = variable.type.shape.size();
  if (variable.type.dtype == DType::kF64)
    return {variable.memory.as<double>(), variable.memory.as<double>() + count};
  return {variable.memory.as<float>(), variable.memory.as<float>() + count};
}

void Variables::write(std::string_view name, std::span<const double> values) {
  const Variable& variable = find(name);
  const std::int64_t count = variable.type.shape.size();
  if (static_cast<std::int64_t>(values.size()) != count) {
    fail(ErrorKind::kShape, "the variable '{}' {} needs {} numbers, found {}", name,
         variable.type.shape.str(), count, values.size());
  }
  if (variable.type.dtype == DType::kF64) {
    std::copy(values.begin(), values.end(), variable.memory.as<double>());
  } else {
    std::transform(values.begin(), values.end(), variable.memory.as<float>(),
                   [](double x) { return static_cast<float>(x); });
  }
}

void Variables::write(std::string_view name, std::span<const float> values) {
  write(name, std::vector<double>(values.begin(), values.end()));
}

}  // namespace catenary
