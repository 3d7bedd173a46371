#include <algorithm>

#include "catenary/engine/executor.h"

/// The shared stages of a step: combining lanes, optimizer updates, whatever is computed once for a batch.
namespace catenary::engine {

namespace {

// Below this many elements, counted once for each kernel that passes over them, an update is done before a
// second thread is awake (some 50 µs when it sleeps).
constexpr std::int64_t kParallelElements = 524'288;

}  // namespace

template <typename T>
void Executor<T>::run_shared(const BoundStage<T>& stage) noexcept {
  const std::span<const BoundItem<T>> items = stage.items;
  for (std::size_t begin = 0; begin < items.size();) {
    std::size_t end = begin + 1;
    if (items[begin].kind == Item::Kind::kGroup) {
      while (end < items.size() && items[end].joins_wave) ++end;
      run_wave(items.subspan(begin, end - begin));
    } else if (items[begin].kind == Item::Kind::kConcat) {
      run_shared_concat(items[begin]);
    } else {
      run_shared_reference(items[begin]);
    }
    begin = end;
  }
}

template <typename T>
void Executor<T>::run_wave(std::span<const BoundItem<T>> wave) noexcept {
  std::int64_t elements = 0, chunks = 0;
  for (const BoundItem<T>& item : wave) {
    elements += item.extent * std::ssize(item.members);
    chunks += (item.extent + kChunk - 1) / kChunk;
  }
  if (pool_ == nullptr || pool_->size() == 1 || elements < kParallelElements) {
    for (const BoundItem<T>& item : wave) {
      for (std::int64_t begin = 0; begin < item.extent; begin += kChunk) run_chunk(item, begin, 0);
    }
    return;
  }
  pool_->run(static_cast<int>(chunks), [&](int chunk, int worker) {
    std::int64_t begin = chunk * kChunk;
    for (const BoundItem<T>& item : wave) {
      if (begin < item.extent) return run_chunk(item, begin, worker);
      begin -= round_up(item.extent, kChunk);
    }
  });
}

template <typename T>
void Executor<T>::run_chunk(const BoundItem<T>& item, std::int64_t begin, int worker) noexcept {
  const std::int64_t count = std::min(kChunk, item.extent - begin);
  T* scratch = workers_[static_cast<std::size_t>(worker)].scratch.as<T>();
  const auto pointer = [&](const Place<T>& place) {
    if (place.space == Place<T>::Space::kSlot) return scratch + place.offset * kChunk;
    return shared_pointer(place) + (place.repeat ? 0 : begin);
  };
  for (const MemberCall<T>& call : item.members) {
    if (call.kernel == nullptr) {
      combine_lanes(call, begin, count);
      continue;
    }
    call.kernel({{{pointer(call.in[0]), 0, !call.in[0].repeat}, {pointer(call.in[1]), 0, !call.in[1].repeat}},
                 pointer(call.out),
                 0,
                 1,
                 count,
                 call.attribute});
  }
  for (const MemberCall<T>& copy : item.commits) {
    copy.kernel({{{pointer(copy.in[0]), 0, true}, {}}, copy.out.shared + begin, 0, 1, count, 0});
  }
}

// Adds the lanes by a fixed binary tree, in place; the total ends up in lane 0.
template <typename T>
void Executor<T>::combine_lanes(const MemberCall<T>& call, std::int64_t begin,
                                std::int64_t count) const noexcept {
  T* sums = shared_pointer(call.out) + begin;
  for (std::int64_t distance = 1; distance < now_.lanes; distance *= 2) {
    for (std::int64_t lane = 0; lane + distance < now_.lanes; lane += 2 * distance) {
      T* into = sums + lane * plan_.lane_elements;
      const T* from = into + distance * plan_.lane_elements;
      kernels_.of(kernels::Elementwise::kAdd)({{{into, 0, true}, {from, 0, true}}, into, 0, 1, count, 0});
    }
  }
}

template <typename T>
void Executor<T>::run_shared_concat(const BoundItem<T>& item) const noexcept {
  T* out = shared_pointer(item.out);
  for (std::size_t part = 0; part < item.in.size(); ++part) {
    const std::int64_t count = item.shapes[part].size();
    kernels_.of(kernels::Elementwise::kCopy)(
        {{{shared_pointer(item.in[part]), 0, !item.in[part].repeat}, {}}, out, 0, 1, count, 0});
    out += count;
  }
}

template <typename T>
void Executor<T>::run_shared_reference(const BoundItem<T>& item) noexcept {
  double* numbers = workers_[0].numbers.data();
  for (std::size_t i = 0; i < item.in.size(); ++i) {
    const T* in = shared_pointer(item.in[i]);
    for (std::int64_t r = 0; r < item.shapes[i].size(); ++r)
      *numbers++ = static_cast<double>(in[item.in[i].repeat ? 0 : r]);
  }
  call_reference(item, workers_[0]);
  T* out = shared_pointer(item.out);
  for (std::int64_t r = 0; r < item.result.shape().size(); ++r) out[r] = static_cast<T>(numbers[r]);
}

template class Executor<float>;
template class Executor<double>;

}  // namespace catenary::engine
