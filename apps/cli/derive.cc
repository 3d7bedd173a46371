#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <new>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/derive/compose.h"
#include "catenary/derive/render.h"
#include "commands.h"
#include "derive_problem.h"

namespace catenary::cli {

namespace {

constexpr std::array<std::string_view, 7> kFormats = {"text", "latex", "html", "markdown",
                                                      "json", "numpy", "cpp"};
constexpr std::array<std::string_view, 2> kLanguages = {"en", "zh"};
constexpr std::array<std::string_view, 2> kDetails = {"brief", "full"};

void check(std::string_view option, const std::string& value, std::span<const std::string_view> known) {
  if (std::ranges::count(known, value) == 0)
    fail(ErrorKind::kConfig, "{}: unknown value {}{}", option, quote(value), suggestion(value, known));
}

// The numbers and the check; nothing where they would take too long and were not asked for.
std::optional<derive::Valuation> evaluate(const DeriveArguments& arguments, const DeriveProblem& problem,
                                          derive::CheckedPart part) {
  const bool asked = arguments.numbers || arguments.format == "html";
  if (!asked && !derive::Valuation::is_affordable(problem.derivation, problem.sizes)) return std::nullopt;
  return std::make_optional<derive::Valuation>(problem.derivation, problem.at, problem.sizes, part);
}

void require_finite(const derive::Valuation& valuation, const DeriveProblem& problem) {
  const double value = valuation.of(problem.derivation.sample.scalar)[0];
  if (problem.given && !std::isfinite(value))
    fail(ErrorKind::kNumeric, "the function is {} at the given numbers, which has no derivative", value);
}

std::string render(const DeriveArguments& arguments, const DeriveProblem& problem) {
  const derive::Derivation& derivation = problem.derivation;
  const auto part = arguments.per_sample ? derive::CheckedPart::kSample : derive::CheckedPart::kBatch;
  if (arguments.format == "numpy") return derive::render_numpy(derivation, part);
  if (arguments.format == "cpp") return derive::render_cpp(derivation, part);
  const std::optional<derive::Valuation> numbers = evaluate(arguments, problem, part);
  const derive::Valuation* valuation = numbers ? &*numbers : nullptr;
  if (valuation != nullptr) require_finite(*valuation, problem);
  const derive::ComposeOptions options{
      .language = arguments.language == "zh" ? derive::Language::kChinese : derive::Language::kEnglish,
      .full = arguments.detail == "full",
      .numbers = arguments.numbers || arguments.format == "html",
      .symbolic_shapes = !arguments.numbers,
      .sample = !arguments.batch,
      .batch = !arguments.per_sample,
      .valuation = valuation,
      .given = problem.given};
  const derive::Document document = derive::compose(derivation, options);
  if (arguments.format == "json")
    return derive::render_json(document, derivation, valuation, arguments.numbers);
  if (arguments.format == "html") {
    return derive::render_html(
        document, derivation, valuation,
        arguments.numbers ? derive::HtmlNumbers::kShown : derive::HtmlNumbers::kHidden);
  }
  if (arguments.format == "latex") return derive::render_latex(document);
  if (arguments.format == "markdown") return derive::render_markdown(document);
  return derive::render_text(document);
}

}  // namespace

int derive(const DeriveArguments& arguments) try {
  check("--format", arguments.format, kFormats);
  check("--lang", arguments.language, kLanguages);
  check("--detail", arguments.detail, kDetails);
  if ((arguments.sample >= 0 || !arguments.values.empty()) && !arguments.numbers)
    fail(ErrorKind::kConfig, "--sample and --values choose the numbers of --numbers, which is missing");
  const std::string text = render(arguments, load_derive_problem(arguments));
  if (arguments.output.empty()) {
    fmt::print("{}", text);
  } else {
    write_file_atomically(arguments.output, text);
  }
  return 0;
} catch (const std::bad_alloc&) {
  fail(ErrorKind::kIo, "not enough memory for this derivation");
}

}  // namespace catenary::cli
