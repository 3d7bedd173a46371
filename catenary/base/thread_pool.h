#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "catenary/base/cpp20.h"

namespace catenary {

/// A fixed set of threads that run numbered tasks, again and again. Each task is taken by whoever comes
/// first: the caller from the lowest number up, the others from the highest down, so that a caller whose
/// helpers are asleep or busy elsewhere does the work alone, and a worker's tasks lie side by side. An idle
/// worker watches for work for some 300 microseconds and then sleeps in the kernel.
///
/// The threads end when the pool and all that share() it are gone; each step compiled with it does. A pool
/// that was moved from is one of the caller's thread alone.
class ThreadPool {
 public:
  static constexpr int kMaxThreads = 256;  ///< the caller among them
  /// What run() calls: with the caller's context, the number of the task and that of the thread, from 0 to
  /// size() - 1.
  using Task = void (*)(void* context, int index, int worker);

  /// threads: how many in all, with the caller of run() as worker 0; so ThreadPool(1) starts none.
  /// Throws Error{config} outside 1..kMaxThreads, or when the system refuses a thread.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(ThreadPool&&) noexcept;
  ThreadPool& operator=(ThreadPool&&) noexcept;

  /// The same threads, kept alive by one more owner. Not to be dropped last within one of their own tasks.
  [[nodiscard]] ThreadPool share() const { return ThreadPool(crew_); }

  /// How many threads run, the caller of run() among them.
  [[nodiscard]] int size() const noexcept;

  /// Calls task(context, i, worker) for each i in [0, tasks), a worker's tasks one after another, and returns
  /// when all have returned; what they wrote is then visible to the caller. Allocates nothing. A task must
  /// not throw. The threads serve one run at a time: a caller who finds them busy with another, from another
  /// thread or from within one of its tasks, waits for nobody and does all its tasks itself, as worker 0.
  void run(int tasks, Task task, void* context) noexcept;

  /// The same for any callable f(index, worker), which is used by reference.
  template <std::invocable<int, int> F>
  void run(int tasks, F&& f) noexcept {
    using Callable = std::remove_reference_t<F>;
    run(
        tasks,
        [](void* context, int index, int worker) { (*static_cast<Callable*>(context))(index, worker); },
        const_cast<void*>(static_cast<const void*>(std::addressof(f))));
  }

 private:
  class Crew;
  explicit ThreadPool(std::shared_ptr<Crew> crew) : crew_(std::move(crew)) {}

  std::shared_ptr<Crew> crew_;
};

/// The threads themselves.
class ThreadPool::Crew {
 public:
  explicit Crew(int threads);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  [[nodiscard]] int size() const noexcept { return static_cast<int>(workers_.size()) + 1; }
  void run(int tasks, Task task, void* context) noexcept;

 private:
  static constexpr std::size_t kCacheLine = 64;

  /// Where the caller rings a worker: a new value of `round` means that there is a job. A cache line of its
  /// own.
  struct alignas(kCacheLine) Bell {
    std::atomic<int> round{0};
  };
  /// What whoever has claimed a task of the present run calls.
  struct Job {
    Task task = nullptr;
    void* context = nullptr;
  };
  /// The tasks that nobody has claimed yet: [first, last). Aligned like one number of its size, or Clang
  /// would call libatomic for it.
  struct alignas(std::int64_t) Left {
    std::int32_t first = 0;
    std::int32_t last = 0;
  };

  void ring(int workers) noexcept;
  void work(int worker) noexcept;
  [[nodiscard]] int claim_first() noexcept;
  [[nodiscard]] int claim_last() noexcept;
  void stop() noexcept;

  std::chrono::microseconds watch_time_;
  Job job_;
  std::vector<Bell> bells_;  // bells_[i] belongs to worker i + 1
  std::vector<std::thread> workers_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> busy_{false};  // whether a run is under way
  alignas(kCacheLine) std::atomic<Left> left_{Left{}};
  alignas(kCacheLine) std::atomic<int> helped_{0};  // tasks of this run that workers have finished
};

}  // namespace catenary
