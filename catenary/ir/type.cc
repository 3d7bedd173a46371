#include "catenary/ir/type.h"

#include <fmt/format.h>

#include "catenary/ir/body.h"

namespace catenary {

namespace {

struct AttributePrinter {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(double x) const { return fmt::format("{}", x); }
  std::string operator()(std::int64_t x) const { return fmt::format("{}", x); }
  std::string operator()(const Shape& shape) const { return shape.str(); }
  std::string operator()(const SliceRange& r) const {
    return fmt::format("axis {}, {}:{}", r.axis, r.begin, r.end);
  }
  std::string operator()(const BodyHandle& body) const { return str(*body); }
  std::string operator()(const VariableSpec& spec) const {
    const char* role = spec.role == Role::kParameter ? "parameter" : "state";
    switch (spec.init.kind) {
      case Init::Kind::kConstant: return fmt::format("{}, init {}", role, spec.init.scale);
      case Init::Kind::kUniform: return fmt::format("{}, init uniform ±{:.4g}", role, spec.init.scale);
      case Init::Kind::kNormal: return fmt::format("{}, init normal σ={:.4g}", role, spec.init.scale);
      case Init::Kind::kOrthogonal:
        return fmt::format("{}, init orthogonal ×{:.4g}, blocks {}", role, spec.init.scale, spec.init.blocks);
    }
    return role;
  }
};

}  // namespace

std::string Type::str() const {
  return fmt::format("{}{}{}", batched ? "batched " : "", name_of(dtype), shape.str());
}

std::string str(const Attribute& attribute) { return std::visit(AttributePrinter{}, attribute); }

}  // namespace catenary
