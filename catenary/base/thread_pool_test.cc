#include "catenary/base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "catenary/base/error.h"
#include "tests/support/count_allocations.h"

namespace catenary {
namespace {

class ThreadPoolOf : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolOf, testing::Values(1, 2, 3, 8));

TEST_P(ThreadPoolOf, RunsEachIndexOnceOnSomeWorker) {
  ThreadPool pool(GetParam());
  for (int tasks = 0; tasks < 40; ++tasks) {
    std::vector<int> calls(40, 0), worker_of(40, -1);
    pool.run(tasks, [&](int index, int worker) {
      ++calls.at(static_cast<std::size_t>(index));
      worker_of.at(static_cast<std::size_t>(index)) = worker;
    });
    for (int i = 0; i < 40; ++i) {
      ASSERT_EQ(calls[static_cast<std::size_t>(i)], i < tasks ? 1 : 0) << "index " << i << " of " << tasks;
      const int worker = worker_of[static_cast<std::size_t>(i)];
      ASSERT_TRUE(i < tasks ? worker >= 0 && worker < pool.size() : worker == -1) << worker;
    }
  }
}

// Each round reads what other workers wrote in the round before: without a hand-over of memory this is a data
// race.
TEST_P(ThreadPoolOf, ShowsEachRoundWhatTheLastOneWrote) {
  constexpr std::size_t kCells = 16;
  constexpr std::int64_t kRounds = 300;
  ThreadPool pool(GetParam());
  std::vector<std::int64_t> now(kCells, 1), next(kCells, 0);
  for (std::int64_t round = 0; round < kRounds; ++round) {
    pool.run(kCells, [&](int index, int) {
      const auto cell = static_cast<std::size_t>(index);
      next[cell] = now[(cell + 1) % kCells] + 1;
    });
    now.swap(next);
  }
  EXPECT_EQ(now, std::vector<std::int64_t>(kCells, 1 + kRounds));
}

TEST_P(ThreadPoolOf, HasNothingToDoForNoTasksOrFewer) {
  ThreadPool pool(GetParam());
  for (const int tasks : {0, -1, -3}) pool.run(tasks, [](int, int) { ADD_FAILURE(); });
}

TEST_P(ThreadPoolOf, NumbersTheWorkersSoThatEachCanOwnItsScratch) {
  ThreadPool pool(GetParam());
  std::vector<std::int64_t> sum_of_worker(static_cast<std::size_t>(pool.size()), 0);
  pool.run(1000, [&](int index, int worker) { sum_of_worker[static_cast<std::size_t>(worker)] += index; });
  EXPECT_EQ(std::accumulate(sum_of_worker.begin(), sum_of_worker.end(), std::int64_t{0}), 999 * 1000 / 2);
}

TEST_P(ThreadPoolOf, RunsWithoutAllocating) {
  ThreadPool pool(GetParam());
  std::vector<int> calls(64, 0);
  const auto step = [&] { pool.run(64, [&](int index, int) { ++calls[static_cast<std::size_t>(index)]; }); };
  step();
  EXPECT_EQ(testing_support::count_allocations([&] { step(); }), 0);
}

TEST_P(ThreadPoolOf, EndsWhetherItsWorkersSleepOrNeverRan) {
  { const ThreadPool unused(GetParam()); }
  ThreadPool pool(GetParam());
  pool.run(8, [](int, int) {});
  // Far longer than a worker watches before it sleeps; a worker still awake only makes the test weaker.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

TEST(ThreadPool, WakesSleepingWorkers) {
  ThreadPool pool(2);
  std::atomic<int> calls = 0;
  for (int round = 0; round < 20; ++round) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(200);
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
    pool.run(2, [&](int, int) { ++calls; });
  }
  EXPECT_EQ(calls, 40);
}

// Which task a worker finds when it wakes up in the middle of a later run must not matter.
TEST(ThreadPool, RunsEachTaskOnceInManyShortRuns) {
  ThreadPool pool(3);
  std::vector<std::int64_t> calls(7, 0);
  constexpr std::int64_t kRuns = 20000;
  for (std::int64_t run = 0; run < kRuns; ++run) {
    pool.run(static_cast<int>(run % 8), [&](int index, int) { ++calls[static_cast<std::size_t>(index)]; });
  }
  for (std::int64_t i = 0; i < 7; ++i) EXPECT_EQ(calls[static_cast<std::size_t>(i)], kRuns / 8 * (7 - i));
}

TEST(ThreadPool, TakesAFunctionPointerWithItsContext) {
  ThreadPool pool(2);
  std::vector<int> squares(5);
  pool.run(
      5, [](void* context, int index, int) { static_cast<int*>(context)[index] = index * index; },
      squares.data());
  EXPECT_EQ(squares, (std::vector<int>{0, 1, 4, 9, 16}));
}

// Each of the threads has cells of its own for each worker: tasks of one run that overlapped on one worker
// would be a data race.
TEST_P(ThreadPoolOf, ServesTwoThreadsAtOnce) {
  constexpr std::size_t kTasks = 8;
  constexpr std::int64_t kRuns = 2000;
  ThreadPool pool(GetParam());
  const auto use = [&](std::vector<std::int64_t>& calls, std::vector<std::int64_t>& of_worker) {
    for (std::int64_t run = 0; run < kRuns; ++run) {
      pool.run(kTasks, [&](int index, int worker) {
        ++calls[static_cast<std::size_t>(index)];
        ++of_worker[static_cast<std::size_t>(worker)];
      });
    }
  };
  std::vector<std::int64_t> calls[2], of_worker[2];
  for (int i = 0; i < 2; ++i) {
    calls[i].resize(kTasks);
    of_worker[i].resize(static_cast<std::size_t>(pool.size()));
  }
  std::thread other([&] { use(calls[1], of_worker[1]); });
  use(calls[0], of_worker[0]);
  other.join();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(calls[i], std::vector<std::int64_t>(kTasks, kRuns));
    EXPECT_EQ(std::accumulate(of_worker[i].begin(), of_worker[i].end(), std::int64_t{0}), kRuns * 8);
  }
}

TEST_P(ThreadPoolOf, RunsTasksThatUseThePoolThemselves) {
  ThreadPool pool(GetParam());
  std::vector<std::vector<int>> calls(6, std::vector<int>(5, 0));
  pool.run(6, [&](int outer, int) {
    pool.run(5, [&](int inner, int worker) {
      EXPECT_EQ(worker, 0);
      ++calls[static_cast<std::size_t>(outer)][static_cast<std::size_t>(inner)];
    });
  });
  EXPECT_EQ(calls, std::vector<std::vector<int>>(6, std::vector<int>(5, 1)));
}

int sum_of_indices(ThreadPool& pool) {
  std::atomic<int> sum = 0;
  pool.run(10, [&](int index, int) { sum += index; });
  return sum;
}

TEST(ThreadPool, LivesAsLongAsItsLastOwner) {
  std::optional<ThreadPool> pool(std::in_place, 3);
  ThreadPool shared = pool->share();
  pool.reset();
  EXPECT_EQ(shared.size(), 3);
  EXPECT_EQ(sum_of_indices(shared), 45);
}

TEST(ThreadPool, IsTheCallersThreadAloneOnceMovedFrom) {
  ThreadPool pool(3);
  ThreadPool other = std::move(pool);
  EXPECT_EQ(other.size(), 3);
  EXPECT_EQ(sum_of_indices(other), 45);
  EXPECT_EQ(pool.size(), 1);  // NOLINT(bugprone-use-after-move): this is the point
  EXPECT_EQ(sum_of_indices(pool), 45);
  pool = std::move(other);
  EXPECT_EQ(pool.size(), 3);
}

TEST(ThreadPool, RejectsSizesOutsideItsRange) {
  for (const int threads : {0, -1, 257}) {
    try {
      const ThreadPool pool(threads);
      FAIL() << "no error for " << threads;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      EXPECT_STREQ(error.what(),
                   fmt::format("a thread pool has 1 to 256 threads, found {}", threads).c_str());
    }
  }
}

}  // namespace
}  // namespace catenary
