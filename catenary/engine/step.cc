#include "catenary/engine/step.h"

#include <array>
#include <chrono>
#include <variant>

#include <fmt/ranges.h>

#include "catenary/base/error.h"
#include "catenary/engine/compile/bound.h"
#include "catenary/engine/compile/plan.h"
#include "catenary/engine/compile/schedule.h"
#include "catenary/engine/run/runner.h"
#include "catenary/ops/catalogue.h"

namespace catenary {

namespace {

constexpr std::array<std::string_view, 5> kPasses = {"rewrite", "stage", "fuse", "plan", "bind"};

}  // namespace

using Runners = std::variant<engine::Runner<float>, engine::Runner<double>>;

/// The runner of the program's number type, and what compile has to tell.
class Step::Impl {
 public:
  Graph graph;      ///< whose nodes the two below read
  Program program;  ///< as it was given
  Runners runner;
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

void Step::bind(std::string_view input, const Rows& rows) {
  std::visit([&](auto& runner) { runner.bind(input, rows); }, impl().runner);
}

void Step::set(std::string_view shared_input, double value) {
  std::visit([&](auto& runner) { runner.set(shared_input, value); }, impl().runner);
}

void Step::reserve(std::int64_t batch_size) {
  std::visit([&](auto& runner) { runner.reserve(batch_size); }, impl().runner);
}

std::vector<std::string> Step::unbound() const {
  return std::visit([](const auto& runner) { return runner.unbound(); }, impl().runner);
}

std::int64_t Step::planned_bytes(std::int64_t batch_size) const {
  return std::visit([&](const auto& runner) { return runner.planned_bytes(batch_size); }, impl().runner);
}

Status Step::run(const Batch& batch) noexcept {
  if (impl_ == nullptr) return Status::kMovedFrom;
  if (auto* f32 = std::get_if<engine::Runner<float>>(&impl_->runner)) return f32->run(batch);
  return std::get_if<engine::Runner<double>>(&impl_->runner)->run(batch);
}

std::optional<NotFinite> Step::not_finite() const {
  return std::visit([&](const auto& runner) { return runner.not_finite(impl().program); }, impl().runner);
}

double Step::scalar(std::string_view output) const {
  return std::visit(
      [&](const auto& runner) {
        const auto numbers = runner.output(output);
        if (runner.is_batched(output) || numbers.size() != 1) {
          fail(ErrorKind::kShape, "the output '{}' is no shared scalar", output);
        }
        return static_cast<double>(numbers[0]);
      },
      impl().runner);
}

std::vector<double> Step::values(std::string_view output) const {
  return std::visit(
      [&](const auto& runner) {
        const auto numbers = runner.output(output);
        return std::vector<double>(numbers.begin(), numbers.end());
      },
      impl().runner);
}

std::span<const float> Step::rows(std::string_view output) const {
  const auto* f32 = std::get_if<engine::Runner<float>>(&impl().runner);
  if (f32 == nullptr)
    fail(ErrorKind::kDtype, "rows() reads f32 outputs; the step computes in f64: use values()");
  return f32->output(output);
}

const PlanSummary& Step::summary() const {
  return std::visit([](const auto& runner) -> const PlanSummary& { return runner.summary(); }, impl().runner);
}

std::span<const PassTime> Step::passes() const { return impl().passes; }

const std::string& Step::dump() const { return impl().dump; }

std::span<const std::string_view> pass_names() { return kPasses; }

namespace {

/// Runs compile's passes one by one, timing each and keeping the text of the one asked for.
class Compilation {
 public:
  explicit Compilation(const CompileOptions& options) : options_(options) {}

  /// What the pass hands on. dump: what that is as text.
  template <typename Pass, typename Dump>
  auto run(std::string_view name, Pass pass, Dump dump) {
    const auto start = std::chrono::steady_clock::now();
    auto result = pass();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    passes.push_back({std::string(name), elapsed.count()});
    if (options_.dump_after == name) text = dump(result);
    return result;
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

Runners bind_and_load(const engine::Schedule& schedule, const engine::MemoryPlan& plan, Variables& variables,
                      const CompileOptions& options) {
  if (schedule.nodes[0].type().dtype == DType::kF64)
    return engine::Runner<double>(engine::bind<double>(schedule, plan, variables, options), options);
  return engine::Runner<float>(engine::bind<float>(schedule, plan, variables, options), options);
}

}  // namespace

Step compile(const Program& program, Variables& variables, const CompileOptions& options) {
  check_pass_name(options.dump_after);
  Compilation passes(options);
  Graph graph = engine::graph_of(program).copy();
  Program own = engine::carried_over(program, graph);
  engine::Schedule schedule = passes.run(
      "rewrite", [&] { return engine::rewrite_program(own); }, engine::dump_nodes);
  variables.add_new(graph);
  schedule = passes.run(
      "stage", [&] { return engine::assign_stages(std::move(schedule)); }, engine::dump_nodes);
  schedule = passes.run(
      "fuse", [&] { return engine::fuse(std::move(schedule)); }, engine::dump_items);
  const auto dump_plan = [&](const engine::MemoryPlan& plan) { return engine::dump_plan(schedule, plan); };
  const engine::MemoryPlan plan = passes.run(
      "plan", [&] { return engine::plan_memory(schedule); }, dump_plan);
  Runners runner = passes.run(
      "bind", [&] { return bind_and_load(schedule, plan, variables, options); },
      [&](const Runners&) { return dump_plan(plan); });
  return Step(std::make_unique<Step::Impl>(Step::Impl{std::move(graph), std::move(own), std::move(runner),
                                                      std::move(passes.passes), std::move(passes.text)}));
}

}  // namespace catenary
