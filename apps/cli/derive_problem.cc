#include "derive_problem.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "catenary/base/error.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/data/npz.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/engine/variables.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"
#include "catenary/train/feed.h"
#include "catenary/train/model.h"
#include "catenary/train/run/run_directory.h"
#include "catenary/train/samples.h"
#include "output.h"

namespace catenary::cli {

namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::int64_t kBatch = 3;
// In a file of numbers: 4 million. Nobody reads a derivation with more.
constexpr std::uint64_t kMostValueBytes = std::uint64_t{32} << 20;

struct Candidate {
  std::string name;
  Value variable;
};

std::vector<std::string_view> names_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string_view> names;
  for (const Candidate& c : candidates) names.push_back(c.name);
  return names;
}

// Variables by any of their names.
std::vector<Value> chosen(const std::vector<std::string>& names, const std::vector<Candidate>& known) {
  std::vector<Value> variables;
  for (const std::string& name : names) {
    const auto it = std::ranges::find(known, name, &Candidate::name);
    if (it == known.end())
      fail(ErrorKind::kConfig, "--wrt: unknown variable {}{}", quote(name),
           suggestion(name, names_of(known)));
    if (std::ranges::count(variables, it->variable) > 0)
      fail(ErrorKind::kConfig, "--wrt: {} is named twice", quote(name));
    variables.push_back(it->variable);
  }
  return variables;
}

// The arrays of a file as numbers for the derivation's leaves. Batched leaves may have an axis of samples in
// front.
class GivenValues {
 public:
  GivenValues(const std::string& path, DeriveProblem& problem) : path_(path), problem_(problem) {}

  void read(const DataLimits& limits) {
    const std::vector<NamedArray> arrays = read_npz(path_, limits);
    for (const Value leaf : problem_.derivation.leaves) {
      const bool is_size = std::ranges::any_of(problem_.derivation.dimensions.symbols(),
                                               [&](const auto& s) { return s.first == leaf.name(); });
      if (!is_size) take(leaf, array_of(leaf, arrays));
    }
    for (const NamedArray& array : arrays) {
      std::vector<std::string_view> names;
      for (const Value leaf : problem_.derivation.leaves) names.push_back(leaf.name());
      if (std::ranges::count(names, array.name) == 0) {
        fail(ErrorKind::kData, "{}: no variable is named {}{}", path_, quote(array.name),
             suggestion(array.name, names));
      }
    }
    problem_.at.batch_size = samples_.value_or(1);
    problem_.given = true;
  }

 private:
  const NamedArray& array_of(Value leaf, const std::vector<NamedArray>& arrays) const {
    const auto it = std::ranges::find(arrays, leaf.name(), &NamedArray::name);
    if (it != arrays.end()) return *it;
    std::vector<std::string_view> names;
    for (const NamedArray& array : arrays) names.push_back(array.name);
    fail(ErrorKind::kData, "{}: needed an array named '{}' of shape {}, found {}", path_, leaf.name(),
         problem_.derivation.dimensions.str(leaf.shape()),
         names.empty() ? "no arrays" : "the arrays " + listed(names));
  }

  void take(Value leaf, const NamedArray& array) {
    std::span<const std::int64_t> shape = array.shape;
    const auto rank = static_cast<std::size_t>(leaf.shape().rank());
    if (leaf.batched() && shape.size() == rank + 1) {
      if (samples_ && *samples_ != shape[0]) {
        fail(ErrorKind::kData, "{}: array '{}' has {} samples, others have {}", path_, array.name, shape[0],
             *samples_);
      }
      samples_ = shape[0];
      shape = shape.subspan(1);
    }
    if (shape.size() != rank) wrong_shape(leaf, array);
    for (std::size_t axis = 0; axis < rank; ++axis)
      take_extent(leaf, array, leaf.shape()[static_cast<int>(axis)], shape[axis]);
    if (std::ranges::count(problem_.derivation.symmetric, leaf) > 0) require_symmetric(array);
    problem_.at.leaves[leaf.name()] = array.values;
  }

  void require_symmetric(const NamedArray& array) const {
    const std::int64_t n = array.shape[0];
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j < i; ++j) {
        const double below = array.values[static_cast<std::size_t>(i * n + j)];
        const double above = array.values[static_cast<std::size_t>(j * n + i)];
        if (below == above) continue;
        fail(ErrorKind::kData,
             "{}: array '{}' was declared symmetric; found {} at [{}, {}] and {} at [{}, {}]", path_,
             array.name, below, i, j, above, j, i);
      }
    }
  }

  // A symbolic extent takes the array's size, the same one everywhere.
  void take_extent(Value leaf, const NamedArray& array, std::int64_t extent, std::int64_t found) {
    for (const auto& [symbol, prime] : problem_.derivation.dimensions.symbols()) {
      if (extent != prime) continue;
      if (found < 1) wrong_shape(leaf, array);
      const auto [it, is_new] = problem_.sizes.try_emplace(symbol, found);
      if (is_new) extent_of_[symbol] = array.name;
      if (it->second == found) return;
      fail(ErrorKind::kData, "{}: array '{}': the dimension {} is {} here and {} in '{}'", path_, array.name,
           symbol, found, it->second, extent_of_[symbol]);
    }
    if (extent != found) wrong_shape(leaf, array);
  }

  [[noreturn]] void wrong_shape(Value leaf, const NamedArray& array) const {
    fail(ErrorKind::kData, "{}: array '{}': needed shape {}, found [{}]", path_, array.name,
         problem_.derivation.dimensions.str(leaf.shape()), fmt::join(array.shape, ", "));
  }

  std::string path_;
  DeriveProblem& problem_;
  std::optional<std::int64_t> samples_;
  std::map<std::string, std::string> extent_of_;  // a symbol -> the array that gave it its size
};

derive::Scans scans_of(const DeriveArguments& arguments) {
  return arguments.steps > 0 ? derive::Scans::kWrittenOut : derive::Scans::kRecursion;
}

// Whether a derivation has the steps of scans one after another: as code, too, and for second derivatives.
bool writes_steps_out(const DeriveArguments& arguments) {
  const bool is_code = arguments.format == DeriveFormat::kNumpy || arguments.format == DeriveFormat::kCpp;
  return arguments.steps > 0 || arguments.order == 2 || is_code;
}

// Operations of a scan's steps beside the scan itself.
std::int64_t operations_of_steps(Value scan, const DeriveArguments& arguments) {
  const Body& body = *std::get<BodyHandle>(scan.attribute());
  const std::int64_t steps = scan.input(static_cast<int>(body.carries.size())).shape()[0];
  if (arguments.steps > 0 && steps != arguments.steps)
    fail(ErrorKind::kConfig, "--steps: needed the number of steps that there are, {}, found {}", steps,
         arguments.steps);
  const std::int64_t of_step =
      std::ranges::count_if(reachable(body.results()), [](Value v) { return !is_leaf(v.op()); });
  return of_step * (writes_steps_out(arguments) ? steps : 1);
}

// What is written grows with the square of the operations: asked before the work is done.
void require_short(Value objective, std::size_t variables, const DeriveArguments& arguments) {
  const auto require = [&](std::int64_t found, std::string_view what) {
    if (found <= arguments.max_operations) return;
    if (found > kMostOperations)
      fail(ErrorKind::kConfig, "needed a derivation of at most {} {}, found {}", kMostOperations, what,
           found);
    fail(ErrorKind::kConfig, "needed a derivation of at most {} {}, found {}; --max-operations {} takes it",
         arguments.max_operations, what, found, found);
  };
  std::int64_t operations = 0;
  bool has_scan = false;
  for (const Value v : reachable({objective})) {
    operations += is_leaf(v.op()) ? 0 : 1;
    if (!is(v, ops::kScan)) continue;
    has_scan = true;
    operations += operations_of_steps(v, arguments);
  }
  if (arguments.steps > 0 && !has_scan)
    fail(ErrorKind::kConfig, "--steps writes out the steps of a recurrent network, found none");
  require(operations, "operations");
  const auto n = static_cast<std::int64_t>(variables);
  if (arguments.order == 2) require(n * (n + 1) / 2, "blocks of second derivatives");
}

// order: of the sizes, see Dimensions.
DeriveProblem formula_problem(const DeriveArguments& arguments, int order) {
  const derive::Expression e = derive::parse_expression({.formula = arguments.expression,
                                                         .declarations = arguments.given,
                                                         .each = arguments.each,
                                                         .order = order});
  std::vector<Candidate> known;
  std::vector<Value> usual;
  for (const Value v : e.variables) {
    known.push_back({v.name(), v});
    if (!v.batched()) usual.push_back(v);
  }
  const Value objective = e.value.batched() ? batch_mean(e.value) : e.value;
  const std::vector<Value> wrt = arguments.wrt.empty() ? usual : chosen(arguments.wrt, known);
  if (wrt.empty()) {
    fail(ErrorKind::kConfig,
         "--wrt: needed a variable to differentiate by, found none, and all are of one sample: {}",
         listed(names_of(known)));
  }
  require_short(objective, wrt.size(), arguments);
  DeriveProblem problem{.derivation = derive::derive(objective, wrt,
                                                     {.dimensions = e.dimensions,
                                                      .symmetric = e.symmetric,
                                                      .leaves = e.variables,
                                                      .order = arguments.order,
                                                      .scans = scans_of(arguments),
                                                      .row_names = e.row_names}),
                        .at = {},
                        .sizes = {}};
  if (derive::Valuation::is_affordable(problem.derivation))
    problem.at = derive::random_point(problem.derivation, kSeed, e.value.batched() ? 2 : 1);
  return problem;
}

// With sizes for which the function is defined, if some order of them is such.
DeriveProblem from_formula(const DeriveArguments& arguments) {
  if (arguments.sample >= 0)
    fail(ErrorKind::kConfig, "--sample is a row of a config's data; for a formula use --values FILE.npz");
  if (!arguments.set.empty()) fail(ErrorKind::kConfig, "--set applies to a config, found --expr");
  if (arguments.given.find_first_not_of(' ') == std::string::npos)
    fail(ErrorKind::kConfig, "--given: needed a variable to differentiate by, such as \"x: n\", found none");
  DeriveProblem usual = formula_problem(arguments, 0);
  const auto is_defined = [](const DeriveProblem& problem) {
    return problem.at.leaves.empty() || !derive::is_singular(problem.derivation, problem.at);
  };
  if (usual.derivation.dimensions.symbols().size() < 2 || is_defined(usual)) return usual;
  for (int order = 1; order < derive::Dimensions::kOrders; ++order) {
    DeriveProblem problem = formula_problem(arguments, order);
    if (is_defined(problem)) return problem;
  }
  return usual;
}

struct Network {
  train::Config config;
  std::optional<train::StoredModel> trained;
};

Network load_network(const DeriveArguments& arguments) {
  if (!std::filesystem::is_directory(arguments.path))
    return {train::load_config(arguments.path, arguments.set), {}};
  if (!arguments.set.empty())
    fail(ErrorKind::kConfig, "--set applies to a config, found the run directory {}", arguments.path);
  train::StoredRun run = train::read_run(arguments.path);
  return {std::move(run.config), std::move(run.model)};
}

void append(std::vector<double>& all, const std::vector<double>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void bind_network(DeriveProblem& problem, train::Model& model, const Network& network,
                  const train::TrainingData& data, int sample) {
  Variables variables(model.graph, static_cast<std::uint64_t>(network.config.seed));
  if (network.trained) train::load_parameters(*network.trained, variables);
  for (const Value v : model.graph.parameters()) problem.at.leaves[v.name()] = variables.read(v.name());
  const train::Samples samples = data.train();
  if (sample >= samples.size())
    fail(ErrorKind::kConfig, "--sample: expected a row from 0 to {}, found {}", samples.size() - 1, sample);
  // A batch of the sample and those after it: what is summed over the samples shall have more than one term.
  const train::Feed feed(data.file);
  problem.at.batch_size = std::min<std::int64_t>(kBatch, samples.size() - sample);
  for (std::int64_t i = sample; i < sample + problem.at.batch_size; ++i) {
    const std::int64_t row = samples.rows[static_cast<std::size_t>(i)];
    append(problem.at.leaves["x"], feed.inputs_of(row));
    append(problem.at.leaves["target"], feed.targets_of(row));
    if (data.schema().sequence.has_lengths)
      append(problem.at.leaves["length"], {static_cast<double>(length_of(data.file.data, row))});
  }
  problem.given = true;
}

// Of windows whose states go on.
void derive_one_window(train::Config& config) {
  if (!config.data.sequence || !config.data.sequence->options.is_stateful) return;
  config.data.sequence->options.is_stateful = false;
  say_notes(
      {"the derivation is of one window by itself: its states begin with 0, and all of its rows are "
       "answered"});
}

DeriveProblem from_network(const DeriveArguments& arguments) {
  if (!arguments.given.empty())
    fail(ErrorKind::kConfig, "--given declares the variables of --expr, found a config");
  if (!arguments.each.empty()) fail(ErrorKind::kConfig, "--each makes steps before --expr, found a config");
  Network network = load_network(arguments);
  require_not_named(arguments.output, network.config.data);
  if (arguments.max_bytes) network.config.data.limits.max_bytes = arguments.max_bytes;
  derive_one_window(network.config);
  const train::TrainingData data = train::load_training_data(network.config);
  say_notes(data.notes);
  train::resolve_units(network.config, data.schema());
  train::Model model(network.config, data.schema());
  std::vector<Candidate> known;
  int layer = 0;
  const std::vector<Value> parameters = model.graph.parameters();
  for (const Value v : parameters) {
    const bool is_weight = v.shape().rank() == 2;
    layer += is_weight ? 1 : 0;
    known.push_back({v.name(), v});
    known.push_back({fmt::format("{}{}", is_weight ? 'W' : 'b', layer), v});
  }
  known.push_back({"x", model.x});
  const std::vector<Value> wrt = arguments.wrt.empty() ? parameters : chosen(arguments.wrt, known);
  const Value objective = train::objective(model, network.config);
  require_short(objective, wrt.size(), arguments);
  DeriveProblem problem{
      .derivation = derive::derive(objective, wrt, {.order = arguments.order, .scans = scans_of(arguments)}),
      .at = {},
      .sizes = {}};
  bind_network(problem, model, network, data, std::max(arguments.sample, 0));
  return problem;
}

}  // namespace

DeriveProblem load_derive_problem(const DeriveArguments& arguments) {
  if (arguments.path.empty() == arguments.expression.empty())
    fail(ErrorKind::kConfig, "needed a config or --expr FORMULA, found {}",
         arguments.path.empty() ? "neither" : "both");
  DeriveProblem problem = arguments.path.empty() ? from_formula(arguments) : from_network(arguments);
  if (!arguments.values.empty()) {
    GivenValues(arguments.values, problem).read({.max_bytes = arguments.max_bytes.value_or(kMostValueBytes)});
  }
  return problem;
}

}  // namespace catenary::cli
