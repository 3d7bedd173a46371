#include "catenary/base/thread_pool.h"

#include <algorithm>
#include <system_error>

#include "catenary/base/error.h"

namespace catenary {

namespace {

// How long a waiting thread watches before it sleeps. A hand-over to a sleeper took 21 to 34 µs (two threads
// on two cores, 10th to 90th percentile), to a watcher 0.1 to 0.7 µs. Ten times the price of a wake-up: with
// 30 µs, threads that shared steps of 0.25 to 4 ms slept in most of them, and the steps took up to twice as
// long.
constexpr std::chrono::microseconds kWatchTime{300};
// Between looks at the clock, which costs about as much as one pause.
constexpr int kPausesPerLook = 16;

void pause_core() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Returns the word's value as soon as it is not `old`.
int wait_for_change(const std::atomic<int>& word, int old, std::chrono::microseconds watch_time) noexcept {
  const auto end = std::chrono::steady_clock::now() + watch_time;
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      const int value = word.load(std::memory_order_acquire);
      if (value != old) return value;
      pause_core();
    }
  } while (std::chrono::steady_clock::now() < end);
  word.wait(old, std::memory_order_acquire);
  return word.load(std::memory_order_acquire);
}

void run_alone(int tasks, ThreadPool::Task task, void* context) noexcept {
  for (int index = 0; index < tasks; ++index) task(context, index, 0);
}

}  // namespace

ThreadPool::ThreadPool(int threads) : crew_(std::make_shared<Crew>(threads)) {}
ThreadPool::~ThreadPool() = default;
ThreadPool::ThreadPool(ThreadPool&&) noexcept = default;
ThreadPool& ThreadPool::operator=(ThreadPool&&) noexcept = default;

int ThreadPool::size() const noexcept { return crew_ == nullptr ? 1 : crew_->size(); }

void ThreadPool::run(int tasks, Task task, void* context) noexcept {
  if (tasks < 1) return;
  if (crew_ == nullptr) return run_alone(tasks, task, context);
  crew_->run(tasks, task, context);
}

ThreadPool::Crew::Crew(int threads) {
  if (threads < 1 || threads > kMaxThreads) {
    fail(ErrorKind::kConfig, "a thread pool has 1 to {} threads, found {}", kMaxThreads, threads);
  }
  // With more threads than cores a watcher would hold the core that the thread it watches needs.
  const bool crowded = static_cast<unsigned>(threads) > std::thread::hardware_concurrency();
  watch_time_ = crowded ? std::chrono::microseconds{0} : kWatchTime;
  bells_ = std::vector<Bell>(static_cast<std::size_t>(threads - 1));
  workers_.reserve(bells_.size());
  try {
    for (int worker = 1; worker < threads; ++worker) workers_.emplace_back(&Crew::work, this, worker);
  } catch (const std::system_error& error) {
    const int started = size();
    stop();
    fail(ErrorKind::kConfig, "cannot start {} threads: the system refused after {}: {}", threads, started,
         error.code().message());
  }
}

ThreadPool::Crew::~Crew() { stop(); }

// Whoever finds the threads busy gains nothing by waiting: its results are the same without them.
void ThreadPool::Crew::run(int tasks, Task task, void* context) noexcept {
  if (busy_.exchange(true, std::memory_order_acquire)) return run_alone(tasks, task, context);
  job_ = {task, context};
  helped_.store(0, std::memory_order_relaxed);
  left_.store({0, tasks});  // publishes the two above to whoever claims a task
  ring(std::clamp(tasks - 1, 0, size() - 1));
  int own = 0;
  for (int index = claim_first(); index >= 0; index = claim_first(), ++own) task(context, index, 0);
  for (int helped = helped_.load(std::memory_order_acquire); helped != tasks - own;) {
    helped = wait_for_change(helped_, helped, watch_time_);
  }
  busy_.store(false, std::memory_order_release);
}

// A task is claimed by whoever makes the rest smaller first. A thread that was held up in between and
// succeeds in a later run has claimed a task of that run: it looks at the job only afterwards.
int ThreadPool::Crew::claim_first() noexcept {
  Left left = left_.load(std::memory_order_acquire);
  while (left.first < left.last) {
    if (left_.compare_exchange_weak(left, {left.first + 1, left.last}, std::memory_order_acq_rel))
      return left.first;
  }
  return -1;
}

int ThreadPool::Crew::claim_last() noexcept {
  Left left = left_.load(std::memory_order_acquire);
  while (left.first < left.last) {
    if (left_.compare_exchange_weak(left, {left.first, left.last - 1}, std::memory_order_acq_rel))
      return left.last - 1;
  }
  return -1;
}

// Sequentially consistent, as notify_one() may look for sleepers only after the new value is out.
void ThreadPool::Crew::ring(int workers) noexcept {
  for (int i = 0; i < workers; ++i) {
    Bell& bell = bells_[static_cast<std::size_t>(i)];
    bell.round.fetch_add(1);
    bell.round.notify_one();
  }
}

void ThreadPool::Crew::work(int worker) noexcept {
  const Bell& bell = bells_[static_cast<std::size_t>(worker - 1)];
  for (int round = 0; !stopping_.load();) {
    round = wait_for_change(bell.round, round, watch_time_);
    for (int index = claim_last(); index >= 0; index = claim_last()) {
      job_.task(job_.context, index, worker);
      helped_.fetch_add(1);
      helped_.notify_one();
    }
  }
}

void ThreadPool::Crew::stop() noexcept {
  stopping_.store(true);
  ring(size() - 1);
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

}  // namespace catenary
