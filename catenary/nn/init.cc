#include "catenary/nn/init.h"

#include <array>
#include <cmath>

namespace catenary::nn {

namespace {

constexpr std::array kInitializers = {Initializer::kHeNormal,     Initializer::kHeUniform,
                                      Initializer::kGlorotNormal, Initializer::kGlorotUniform,
                                      Initializer::kLecunNormal,  Initializer::kOrthogonal,
                                      Initializer::kZeros};

Init normal(double variance) { return {Init::Kind::kNormal, std::sqrt(variance)}; }

// A uniform number in [-r, r) has the variance r²/3.
Init uniform(double variance) { return {Init::Kind::kUniform, std::sqrt(3 * variance)}; }

}  // namespace

std::string_view name_of(Initializer init) {
  switch (init) {
    case Initializer::kHeNormal: return "he_normal";
    case Initializer::kHeUniform: return "he_uniform";
    case Initializer::kGlorotNormal: return "glorot_normal";
    case Initializer::kGlorotUniform: return "glorot_uniform";
    case Initializer::kLecunNormal: return "lecun_normal";
    case Initializer::kOrthogonal: return "orthogonal";
    case Initializer::kZeros: return "zeros";
  }
  return "";
}

std::span<const Initializer> initializers() { return kInitializers; }

Init initial(Initializer init, std::int64_t fan_in, std::int64_t fan_out, std::int64_t blocks) {
  const auto in = static_cast<double>(fan_in);
  const auto out = static_cast<double>(fan_out);
  switch (init) {
    case Initializer::kHeNormal: return normal(2 / in);
    case Initializer::kHeUniform: return uniform(2 / in);
    case Initializer::kGlorotNormal: return normal(2 / (in + out));
    case Initializer::kGlorotUniform: return uniform(2 / (in + out));
    case Initializer::kLecunNormal: return normal(1 / in);
    case Initializer::kOrthogonal: return {Init::Kind::kOrthogonal, 1, blocks};
    case Initializer::kZeros: return {};
  }
  return {};
}

}  // namespace catenary::nn
