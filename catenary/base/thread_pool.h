#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace catenary {

/// A fixed set of threads that run numbered tasks, again and again. Which worker runs which task is a
/// function of the two numbers alone (task i on worker i % size()), so a worker can own an arena. An idle
/// worker watches for work for a few microseconds and then sleeps in the kernel.
class ThreadPool {
 public:
  static constexpr int kMaxThreads = 256;
  using Task = void (*)(void* context, int index, int worker);

  /// threads: how many in all, with the caller of run() as worker 0; so ThreadPool(1) starts none.
  /// Throws Error{config} outside 1..kMaxThreads, or when the system refuses a thread.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const noexcept { return static_cast<int>(workers_.size()) + 1; }

  /// Calls task(context, i, i % size()) for each i in [0, tasks) and returns when all have returned; what
  /// they wrote is then visible to the caller. Allocates nothing. One run at a time: not from two threads,
  /// nor from within a task. A task must not throw.
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
  static constexpr std::size_t kCacheLine = 64;

  /// Where the caller rings a worker: a new value of `round` means that there is a job. A cache line of its
  /// own.
  struct alignas(kCacheLine) Bell {
    std::atomic<int> round{0};
  };
  /// What the rung workers do; a null task tells them to end.
  struct Job {
    int tasks = 0;
    Task task = nullptr;
    void* context = nullptr;
  };

  void ring(int workers) noexcept;
  void work(int worker) noexcept;
  void share(const Job& job, int worker) const noexcept;
  void stop() noexcept;

  std::chrono::microseconds watch_time_;
  Job job_;
  std::vector<Bell> bells_;  // bells_[i] belongs to worker i + 1
  std::vector<std::thread> workers_;
  alignas(kCacheLine) std::atomic<int> busy_{0};  // rung workers that have not finished
};

}  // namespace catenary
