#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "catenary/kernels/kernels.h"

/// The kernel calls of one run, to be made again. Private to engine/.
namespace catenary::engine {

/// A small step is mostly finding out what to call with which pointers; for the same batch size that comes
/// out the same each time. Only the gathering of inputs is told anew which rows to take.
template <typename T>
class Tape {
 public:
  /// Room for so many calls; a run that makes more is not kept.
  explicit Tape(std::size_t most = 0) { calls_.reserve(most); }
  void clear() noexcept {
    calls_.clear();
    whole_ = true;
    late_ = kAll;
  }
  /// False once something was left out: a run that cannot be repeated from the tape.
  [[nodiscard]] bool whole() const noexcept { return whole_; }
  void leave_out() noexcept { whole_ = false; }

  template <typename Args>
  void add(kernels::Kernel<Args> kernel, const Args& args) noexcept {
    if (calls_.size() == calls_.capacity()) whole_ = false;
    if (whole_) calls_.push_back(Call<Args>{kernel, args});
  }
  /// A gathering of an input's rows, from the `offset`th sample of the batch on.
  void add_gather(kernels::Kernel<kernels::GatherArgs<T>> kernel, const kernels::GatherArgs<T>& args,
                  std::int64_t offset) noexcept {
    add(kernel, args);
    if (whole_) std::get<Call<kernels::GatherArgs<T>>>(calls_.back()).offset = offset;
  }

  /// A product whose second operand are the caller's rows, of a batch that began at row `first`.
  void add_product(kernels::Kernel<kernels::ProductArgs<T>> kernel, const kernels::ProductArgs<T>& args,
                   std::int64_t first) noexcept {
    add(kernel, args);
    if (whole_) std::get<Call<kernels::ProductArgs<T>>>(calls_.back()).offset = first;
  }

  /// What follows is for play_late: variables are written from here on.
  void begin_late() noexcept { late_ = calls_.size(); }
  void play_early(std::int64_t first, const std::int64_t* indices) noexcept {
    play(std::span(calls_).first(std::min(late_, calls_.size())), first, indices);
  }
  void play_late(std::int64_t first, const std::int64_t* indices) noexcept {
    play(std::span(calls_).subspan(std::min(late_, calls_.size())), first, indices);
  }

 private:
  template <typename Args>
  struct Call {
    kernels::Kernel<Args> kernel;
    Args args;
    std::int64_t offset =
        -1;  ///< of a gathering or a product with the caller's rows: where it stands; else -1

    void make(std::int64_t first, const std::int64_t* indices) noexcept {
      if constexpr (std::is_same_v<Args, kernels::GatherArgs<T>>) {
        if (offset >= 0) {
          args.first = first + offset;
          args.indices = indices == nullptr ? nullptr : indices + offset;
        }
      }
      if constexpr (std::is_same_v<Args, kernels::ProductArgs<T>>) {
        if (offset >= 0) args.b += (first - std::exchange(offset, first)) * args.b_row_stride;
      }
      kernel(args);
    }
  };
  using AnyCall =
      std::variant<Call<kernels::ElementwiseArgs<T>>, Call<kernels::ProductArgs<T>>,
                   Call<kernels::ColumnArgs<T>>, Call<kernels::TransposeArgs<T>>, Call<kernels::PackArgs<T>>,
                   Call<kernels::GatherArgs<T>>, Call<kernels::ScatterArgs<T>>,
                   Call<kernels::AccumulateArgs<T>>, Call<kernels::FinishArgs<T>>, Call<kernels::SumArgs<T>>>;

  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  static void play(std::span<AnyCall> calls, std::int64_t first, const std::int64_t* indices) noexcept {
    for (auto& any : calls) std::visit([&](auto& call) { call.make(first, indices); }, any);
  }

  std::vector<AnyCall> calls_;
  std::size_t late_ = kAll;
  bool whole_ = true;
};

}  // namespace catenary::engine
