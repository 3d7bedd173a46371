#include "catenary/engine/step.h"

#include <array>
#include <chrono>
#include <variant>

#include <fmt/ranges.h>

#include "catenary/base/error.h"
#include "catenary/engine/executor.h"
#include "catenary/ops/catalogue.h"

namespace catenary {

namespace {

constexpr std::array<std::string_view, 5> kPasses = {"rewrite", "stage", "fuse", "plan", "bind"};

}  // namespace

std::string_view message(Status status) {
  switch (status) {
    case Status::kOk: return "ok";
    case Status::kUnbound: return "an input of the step has no rows bound to it, or a shared one no number";
    case Status::kBadBatch: return "the batch is empty or names a row that a bound table does not have";
    case Status::kOutOfMemory: return "the batch needs more memory than there is";
    case Status::kNotFinite: return "a scalar output of the step is infinite or no number";
    case Status::kMovedFrom: return "the step was moved from";
  }
  return "";
}

/// The executor of the program's number type, and what compile has to tell.
class Step::Impl {
 public:
  using Executors = std::variant<engine::Executor<float>, engine::Executor<double>>;

  template <typename T>
  Impl(std::in_place_type_t<T>, engine::Schedule schedule, Variables& variables,
       const CompileOptions& options)
      : executor(std::in_place_type<engine::Executor<T>>, std::move(schedule), variables, options) {}

  Graph graph;      ///< whose nodes the two below read
  Program program;  ///< as it was given
  Executors executor;
  std::vector<PassTime> passes;
  std::string dump;
};

Step::Step(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Step::Step(Step&&) noexcept = default;
Step& Step::operator=(Step&&) noexcept = default;
Step::~Step() = default;

Step::Impl& Step::impl() const {
  if (impl_ == nullptr) fail(ErrorKind::kConfig, "this step was moved from");
  return *impl_;
}

namespace {

template <typename T>
Rows table_of(std::span<const T> numbers, ElementType element, std::int64_t columns) {
  const auto count = static_cast<std::int64_t>(numbers.size());
  if (columns < 1 || count % columns != 0) {
    fail(ErrorKind::kShape, "rows of {} numbers need a multiple of that many, found {}", columns, count);
  }
  return {.data = numbers.data(), .element = element, .count = count / columns, .columns = columns};
}

}  // namespace

Rows rows_of(std::span<const float> numbers, std::int64_t columns) {
  return table_of(numbers, ElementType::kF32, columns);
}

Rows rows_of(std::span<const double> numbers, std::int64_t columns) {
  return table_of(numbers, ElementType::kF64, columns);
}

Rows rows_of(std::span<const std::uint8_t> numbers, std::int64_t columns) {
  return table_of(numbers, ElementType::kU8, columns);
}

void Step::bind(std::string_view input, const Rows& rows) {
  std::visit([&](auto& executor) { executor.bind(input, rows); }, impl().executor);
}

void Step::set(std::string_view shared_input, double value) {
  std::visit([&](auto& executor) { executor.set(shared_input, value); }, impl().executor);
}

void Step::reserve(std::int64_t batch_size) {
  std::visit([&](auto& executor) { executor.reserve(batch_size); }, impl().executor);
}

std::vector<std::string> Step::unbound() const {
  return std::visit([](const auto& executor) { return executor.unbound(); }, impl().executor);
}

std::int64_t Step::planned_bytes(std::int64_t batch_size) const {
  return std::visit([&](const auto& executor) { return executor.planned_bytes(batch_size); },
                    impl().executor);
}

Status Step::run(const Batch& batch) noexcept {
  if (impl_ == nullptr) return Status::kMovedFrom;
  if (auto* f32 = std::get_if<engine::Executor<float>>(&impl_->executor)) return f32->run(batch);
  return std::get_if<engine::Executor<double>>(&impl_->executor)->run(batch);
}

std::optional<NotFinite> Step::not_finite() const {
  return std::visit([&](const auto& executor) { return executor.not_finite(impl().program); },
                    impl().executor);
}

double Step::scalar(std::string_view output) const {
  return std::visit(
      [&](const auto& executor) {
        const auto numbers = executor.output(output);
        if (executor.is_batched(output) || numbers.size() != 1) {
          fail(ErrorKind::kShape, "the output '{}' is no shared scalar", output);
        }
        return static_cast<double>(numbers[0]);
      },
      impl().executor);
}

std::vector<double> Step::values(std::string_view output) const {
  return std::visit(
      [&](const auto& executor) {
        const auto numbers = executor.output(output);
        return std::vector<double>(numbers.begin(), numbers.end());
      },
      impl().executor);
}

std::span<const float> Step::rows(std::string_view output) const {
  const auto* f32 = std::get_if<engine::Executor<float>>(&impl().executor);
  if (f32 == nullptr)
    fail(ErrorKind::kDtype, "rows() reads f32 outputs; the step computes in f64: use values()");
  return f32->output(output);
}

const PlanSummary& Step::summary() const {
  return std::visit([](const auto& executor) -> const PlanSummary& { return executor.summary(); },
                    impl().executor);
}

std::span<const PassTime> Step::passes() const { return impl().passes; }

const std::string& Step::dump() const { return impl().dump; }

std::span<const std::string_view> pass_names() { return kPasses; }

namespace {

/// Runs compile's passes one by one, timing each and keeping the text of the one asked for.
class Compilation {
 public:
  explicit Compilation(const CompileOptions& options) : options_(options) {}

  template <typename Pass, typename Dump>
  void run(std::string_view name, Pass pass, Dump dump) {
    const auto start = std::chrono::steady_clock::now();
    pass();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    passes.push_back({std::string(name), elapsed.count()});
    if (options_.dump_after == name) text = dump();
  }

  std::vector<PassTime> passes;
  std::string text;

 private:
  const CompileOptions& options_;
};

void check_pass_name(const std::string& name) {
  if (name.empty()) return;
  for (const std::string_view pass : kPasses) {
    if (pass == name) return;
  }
  fail(ErrorKind::kConfig, "no pass is named '{}'; the passes are {}", name, fmt::join(kPasses, ", "));
}

std::unique_ptr<Step::Impl> make_executor(engine::Schedule schedule, Variables& variables,
                                          const CompileOptions& options) {
  if (schedule.nodes[0].type().dtype == DType::kF64) {
    return std::make_unique<Step::Impl>(std::in_place_type<double>, std::move(schedule), variables, options);
  }
  return std::make_unique<Step::Impl>(std::in_place_type<float>, std::move(schedule), variables, options);
}

}  // namespace

Step compile(const Program& program, Variables& variables, const CompileOptions& options) {
  check_pass_name(options.dump_after);
  Compilation passes(options);
  Graph graph = engine::graph_of(program).copy();
  Program own = engine::carried_over(program, graph);
  engine::Schedule schedule;
  const auto nodes = [&] { return engine::dump_nodes(schedule); };
  passes.run(
      "rewrite", [&] { engine::rewrite_program(schedule, own); }, nodes);
  variables.add_new(graph);
  passes.run(
      "stage", [&] { engine::assign_stages(schedule); }, nodes);
  passes.run(
      "fuse", [&] { engine::fuse(schedule); }, [&] { return engine::dump_items(schedule); });
  std::unique_ptr<Step::Impl> impl;
  passes.run(
      "plan", [&] { (void)engine::plan_memory(schedule); },
      [&] { return engine::dump_plan(schedule, engine::plan_memory(schedule)); });
  passes.run(
      "bind", [&] { impl = make_executor(std::move(schedule), variables, options); },
      [&] {
        return std::visit([](const auto& e) { return engine::dump_plan(e.schedule(), e.plan()); },
                          impl->executor);
      });
  impl->graph = std::move(graph);
  impl->program = std::move(own);
  impl->passes = std::move(passes.passes);
  impl->dump = std::move(passes.text);
  return Step(std::move(impl));
}

}  // namespace catenary
