#pragma once

#include <array>
#include <cstdint>

namespace catenary {

/// What a random number is for. Part of the key, so that two uses never share a stream.
enum class RandomPurpose : std::uint32_t {
  kInitialWeights = 1,
  kShuffle = 2,
  kSplit = 3,
  kTest = 4,
  kDropout = 5,
  kSample = 6
};

/// Philox4x32-10, a counter-based generator: the number at (seed, purpose, stream, index) is a pure function
/// of the four, independent of the order of calls, threads and tiles. [Salmon et al. 2011, "Parallel Random
/// Numbers: As Easy as 1, 2, 3", section 3.3]
class Philox {
 public:
  /// stream: which sequence (a parameter, an epoch, a step ...).
  Philox(std::uint64_t seed, RandomPurpose purpose, std::uint64_t stream);

  /// 32 random bits, the index-th of the stream.
  [[nodiscard]] std::uint32_t bits(std::uint64_t index) const;
  /// Uniform in [0, 1), a multiple of 2^-32.
  [[nodiscard]] double uniform(std::uint64_t index) const;
  /// Standard normal by Box-Muller [Box and Muller 1958]; index i uses the counter block i, so it never meets
  /// uniform's or bits' numbers of the same stream twice in one use.
  [[nodiscard]] double normal(std::uint64_t index) const;
  /// Uniform whole number in [0, bound), bound from 1 to 2^32; the bias is below bound / 2^32.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound, std::uint64_t index) const;

  /// One block: four words from a 128-bit counter and a 64-bit key.
  [[nodiscard]] static std::array<std::uint32_t, 4> block(std::array<std::uint32_t, 4> counter,
                                                          std::array<std::uint32_t, 2> key);

 private:
  [[nodiscard]] std::array<std::uint32_t, 4> block_at(std::uint64_t block_index) const;

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> stream_;
};

/// A stream number for a name: 64-bit FNV-1a of its bytes, so that adding a layer leaves the others' streams
/// alone.
[[nodiscard]] std::uint64_t stream_of(const char* data, std::uint64_t size);

}  // namespace catenary
