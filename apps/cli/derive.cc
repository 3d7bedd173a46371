#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <new>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/derive/compose/compose.h"
#include "catenary/derive/render/render.h"
#include "commands.h"
#include "deep_stack.h"
#include "derive_problem.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

// A page shows and hides its numbers; what is not written at first is there all the same.
bool has_numbers(const DeriveArguments& arguments) {
  return arguments.numbers || arguments.format == DeriveFormat::kHtml;
}

// The numbers and the check; nothing where they would take too long and were not asked for.
std::optional<derive::Valuation> evaluate(const DeriveArguments& arguments, const DeriveProblem& problem,
                                          derive::CheckedPart part) {
  if (!has_numbers(arguments) &&
      !derive::Valuation::is_affordable(problem.derivation, problem.sizes, problem.at.batch_size))
    return std::nullopt;
  return std::make_optional<derive::Valuation>(problem.derivation, problem.at, problem.sizes, part);
}

bool is_code(DeriveFormat format) { return format == DeriveFormat::kNumpy || format == DeriveFormat::kCpp; }

void require_code_options(const DeriveArguments& arguments) {
  if (arguments.numbers)
    fail(ErrorKind::kConfig, "--numbers: the function that --format {} prints takes its numbers as arguments",
         word_for(kDeriveFormats, arguments.format));
}

// What is wrong with the numbers of a derivation, which is printed all the same; "" if nothing is.
std::string complaint_about(const derive::Valuation& valuation, const DeriveProblem& problem) {
  // Random numbers of several ranges were tried: others may do or not.
  const char* where = problem.given ? "at the given numbers"
                                    : "at the random numbers; --numbers --values FILE.npz takes your own";
  if (const Value matrix = valuation.singular_matrix(problem.derivation)) {
    return fmt::format("the matrix {} has no inverse, which the derivation needs, {}",
                       derive::write(matrix, problem.derivation.leaf_names()).text, where);
  }
  const double value = valuation.of(problem.derivation.sample.scalar)[0];
  if (std::isnan(value)) return fmt::format("the function is not a number {}", where);
  if (!std::isfinite(value)) return fmt::format("the function is not finite {}", where);
  for (const derive::Result& r : problem.derivation.sample.results) {
    if (r.traced && !valuation.is_finite(valuation.shown(r)))
      return fmt::format("the derivative by {} is not finite {}", r.variable.name(), where);
  }
  constexpr double kRounding = 1e-9;  // of sums over the steps, in another order
  if (valuation.recursion_error() > kRounding)
    return fmt::format("the recursion and the gradient differ by {:.1e} {}", valuation.recursion_error(),
                       where);
  const std::string disagreement = valuation.disagreement();
  return disagreement.empty() ? "" : "the check of the derivation failed: " + disagreement;
}

struct Rendered {
  std::string text, complaint;
};

std::string render(const DeriveArguments& arguments, const DeriveProblem& problem,
                   const derive::Valuation* valuation) {
  const derive::Derivation& derivation = problem.derivation;
  const derive::ComposeOptions options{.language = arguments.language,
                                       .full = arguments.detail == DeriveDetail::kFull,
                                       .numbers = has_numbers(arguments),
                                       .symbolic_shapes = !arguments.numbers,
                                       .sample = !arguments.batch,
                                       .batch = !arguments.per_sample,
                                       .valuation = valuation,
                                       .given = problem.given};
  const derive::Document document = derive::compose(derivation, options);
  switch (arguments.format) {
    case DeriveFormat::kJson: return derive::render_json(document, derivation, valuation, arguments.numbers);
    case DeriveFormat::kHtml:
      return derive::render_html(
          document, derivation, valuation,
          arguments.numbers ? derive::HtmlNumbers::kShown : derive::HtmlNumbers::kHidden);
    case DeriveFormat::kLatex: return derive::render_latex(document);
    case DeriveFormat::kMarkdown: return derive::render_markdown(document);
    default: return derive::render_text(document);
  }
}

// cosine of cosine.h; a stream has no name of its own.
std::string namespace_of(const std::filesystem::path& output) {
  return output.has_extension() ? output.stem().string() : "";
}

Rendered render(const DeriveArguments& arguments, const DeriveProblem& problem) {
  const auto part = arguments.per_sample ? derive::CheckedPart::kSample : derive::CheckedPart::kBatch;
  if (arguments.format == DeriveFormat::kNumpy) return {derive::render_numpy(problem.derivation, part), ""};
  if (arguments.format == DeriveFormat::kCpp)
    return {derive::render_cpp(problem.derivation, part, namespace_of(arguments.output)), ""};
  const std::optional<derive::Valuation> numbers = evaluate(arguments, problem, part);
  if (!numbers) return {render(arguments, problem, nullptr), ""};
  return {render(arguments, problem, &*numbers), complaint_about(*numbers, problem)};
}

void check_files(const DeriveArguments& arguments) {
  require_not_of_run(arguments.output, arguments.path);
  for (const std::string& input : {arguments.path, arguments.values})
    require_not_read(arguments.output, input);
  const std::optional<int> values = descriptor_of(arguments.values);
  if (values && values == descriptor_of(arguments.path)) {
    fail(ErrorKind::kConfig, "--values: needed a stream for each thing that is read, found {} twice",
         arguments.values);
  }
}

}  // namespace

namespace {

int derive_here(const DeriveArguments& arguments) try {
  if ((arguments.sample >= 0 || !arguments.values.empty()) && !arguments.numbers)
    fail(ErrorKind::kConfig, "--sample and --values choose the numbers of --numbers, which is missing");
  if (is_code(arguments.format)) require_code_options(arguments);
  check_files(arguments);
  const auto [text, complaint] = render(arguments, load_derive_problem(arguments));
  write_output(arguments.output, text);
  if (complaint.empty()) return 0;
  fail(ErrorKind::kNumeric, "{}", complaint);
} catch (const std::bad_alloc&) {
  fail(ErrorKind::kIo, "not enough memory for this derivation");
}

// What goes through a graph takes some kilobytes of stack for each operation on the longest path. Memory of a
// stack that is not touched costs nothing.
constexpr std::size_t kLeastStack = 16 << 20, kStackOfOperation = 16 << 10;

}  // namespace

int derive(const DeriveArguments& arguments) {
  int exit_code = 0;
  run_with_stack(kLeastStack + static_cast<std::size_t>(arguments.max_operations) * kStackOfOperation,
                 [&] { exit_code = derive_here(arguments); });
  return exit_code;
}

}  // namespace catenary::cli
