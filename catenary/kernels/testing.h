#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "catenary/base/philox.h"
#include "catenary/kernels/kernels.h"

/// What the kernels' tests share.
namespace catenary::kernels::testing {

/// A matrix whose last number ends where an unmapped page begins, so that reading or writing one byte too far
/// faults. A sentinel stands before it and between its rows (stride > columns); intact() says whether it
/// still does.
template <typename T>
class Matrix {
 public:
  Matrix(std::int64_t rows, std::int64_t columns, std::int64_t padding = 3)
      : rows_(rows), columns_(columns), stride_(columns + padding) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t count = static_cast<std::size_t>(std::max<std::int64_t>(rows * stride_ - padding, 0));
    size_ = ((count + kBefore) * sizeof(T) + page - 1) / page * page;
    memory_ = static_cast<char*>(
        mmap(nullptr, size_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory_ + size_, page, PROT_NONE);
    mapped_ = size_ + page;
    data_ = reinterpret_cast<T*>(memory_ + size_) - count;
    std::fill(data_ - kBefore, data_ + count, kSentinel);
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  ~Matrix() { munmap(memory_, mapped_); }

  [[nodiscard]] T* data() { return data_; }
  [[nodiscard]] const T* data() const { return data_; }
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  [[nodiscard]] std::int64_t stride() const { return stride_; }
  [[nodiscard]] T& at(std::int64_t i, std::int64_t t) { return data_[i * stride_ + t]; }
  [[nodiscard]] const T& at(std::int64_t i, std::int64_t t) const { return data_[i * stride_ + t]; }
  [[nodiscard]] auto operand() const { return Operand<T>{.data = data_, .row_stride = stride_}; }

  template <class F>
  Matrix& fill(const F& value) {
    for (std::int64_t i = 0; i < rows_; ++i) {
      for (std::int64_t t = 0; t < columns_; ++t) at(i, t) = static_cast<T>(value(i, t));
    }
    return *this;
  }
  /// Uniform in [low, high).
  Matrix& fill_random(double low, double high, std::uint64_t stream = 0) {
    const Philox random(11, RandomPurpose::kTest, stream);
    return fill([&](std::int64_t i, std::int64_t t) {
      return low + (high - low) * random.uniform(static_cast<std::uint64_t>(i * columns_ + t));
    });
  }
  [[nodiscard]] bool intact() const {
    bool same = std::all_of(data_ - kBefore, data_, [](T x) { return x == kSentinel; });
    for (std::int64_t i = 0; i + 1 < rows_; ++i) {
      for (std::int64_t t = columns_; t < stride_; ++t) same = same && at(i, t) == kSentinel;
    }
    return same;
  }

 private:
  static constexpr T kSentinel = T(123.456);
  static constexpr std::size_t kBefore = 32;
  std::int64_t rows_, columns_, stride_;
  char* memory_;
  std::size_t size_, mapped_;
  T* data_;
};

/// The same bits, where all NaNs count as one.
template <std::floating_point T>
[[nodiscard]] bool same_bits(T x, T y) {
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
  return x == y && std::signbit(x) == std::signbit(y);
}
template <typename T>
[[nodiscard]] bool same_bits(const Matrix<T>& a, const Matrix<T>& b) {
  for (std::int64_t i = 0; i < a.rows(); ++i) {
    for (std::int64_t t = 0; t < a.columns(); ++t) {
      if (!same_bits(a.at(i, t), b.at(i, t))) return false;
    }
  }
  return true;
}

/// |got - want| in units of the spacing of T at want; 0 if both are NaN or the same infinity, else infinite.
template <typename T>
[[nodiscard]] double ulp_error(T got, long double want) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got) ? 0 : 1e30;
  const auto nearest = static_cast<T>(want);
  if (std::isinf(nearest) || std::isinf(got)) return nearest == got ? 0 : 1e30;
  const int exponent =
      want == 0 ? Limits::min_exponent : std::max(std::ilogb(want) + 1, Limits::min_exponent);
  return static_cast<double>(std::fabs(got - want) / std::ldexp(1.0L, exponent - Limits::digits));
}

/// Numbers that break careless kernels.
template <typename T>
[[nodiscard]] std::vector<T> special_values() {
  using L = std::numeric_limits<T>;
  std::vector<T> values = {
      0,        L::infinity(), L::quiet_NaN(), L::max(), L::min(),  L::denorm_min(), T(0.5),
      1,        T(1.5),        T(1e-9),        20,       T(88.375), T(88.73),        T(103.9),
      T(104.1), T(709.7),      T(709.79),      745,      T(745.2),  T(1e4),          T(3e38)};
  const std::size_t count = values.size();
  for (std::size_t i = 0; i < count; ++i) values.push_back(-values[i]);
  return values;
}

using Types = ::testing::Types<float, double>;

}  // namespace catenary::kernels::testing
