#include "catenary/base/philox.h"

#include <cmath>
#include <numbers>

namespace catenary {

namespace {

// Multipliers and Weyl increments of Philox4x32 [Salmon et al. 2011, section 3.3 and Random123's philox.h].
constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;
constexpr double kTwoToMinus32 = 1.0 / 4294967296.0;

constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

std::array<std::uint32_t, 4> Philox::block(std::array<std::uint32_t, 4> counter,
                                           std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {high(product1) ^ counter[1] ^ key[0], low(product1), high(product0) ^ counter[3] ^ key[1],
               low(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

Philox::Philox(std::uint64_t seed, RandomPurpose purpose, std::uint64_t stream)
    : key_{low(seed), high(seed)} {
  // The purpose is folded into the key by one block, so the whole 64-bit stream number stays in the counter.
  const auto mixed = block({static_cast<std::uint32_t>(purpose), 0, 0, 0}, key_);
  key_ = {mixed[0], mixed[1]};
  stream_ = {low(stream), high(stream)};
}

std::array<std::uint32_t, 4> Philox::block_at(std::uint64_t block_index) const {
  return block({low(block_index), high(block_index), stream_[0], stream_[1]}, key_);
}

std::uint32_t Philox::bits(std::uint64_t index) const { return block_at(index / 4)[index % 4]; }

double Philox::uniform(std::uint64_t index) const { return bits(index) * kTwoToMinus32; }

double Philox::normal(std::uint64_t index) const {
  const auto words = block_at(index);
  const double u = (words[0] + 1.0) * kTwoToMinus32;  // in (0, 1]: its logarithm is finite
  const double v = words[1] * kTwoToMinus32;
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

std::uint64_t Philox::below(std::uint64_t bound, std::uint64_t index) const {
  return (bits(index) * bound) >> 32;  // multiply-shift [Lemire 2019, without the rejection step]
}

std::uint64_t stream_of(const char* data, std::uint64_t size) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::uint64_t i = 0; i < size; ++i) {
    hash = (hash ^ static_cast<unsigned char>(data[i])) * 0x100000001b3;
  }
  return hash;
}

}  // namespace catenary
