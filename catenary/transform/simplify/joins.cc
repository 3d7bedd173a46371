// Rules about parts side by side.
#include <array>

#include "catenary/transform/parts.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

Value filled(Value v, const SimplifyOptions& /*options*/) { return side_by_side(v); }

constexpr std::array kJoinRules = {
    SimplifyRule{"(x, 0) + (0, y) = (x, y)", filled},
};

}  // namespace

std::span<const SimplifyRule> join_rules() { return kJoinRules; }

}  // namespace catenary::simplification
