#pragma once

#include <string_view>

#include "catenary/data/schema.h"
#include "catenary/derive/document/document.h"
#include "catenary/train/prediction_writer.h"

// What the command line lets choose by a word. The words are read in arguments.cc; behind it there are
// enumerators only.
namespace catenary::cli {

/// What `derive` prints: a document, data, or source code.
enum class DeriveFormat { kText, kLatex, kHtml, kMarkdown, kJson, kNumpy, kCpp };

/// How much `derive` tells: the steps, or also rules, reasons and proofs.
enum class DeriveDetail { kBrief, kFull };

/// A word and what it stands for.
template <typename E>
struct Choice {
  std::string_view word;
  E value;
};

inline constexpr Choice<DeriveFormat> kDeriveFormats[] = {
    {"text", DeriveFormat::kText}, {"latex", DeriveFormat::kLatex},
    {"html", DeriveFormat::kHtml}, {"markdown", DeriveFormat::kMarkdown},
    {"json", DeriveFormat::kJson}, {"numpy", DeriveFormat::kNumpy},
    {"cpp", DeriveFormat::kCpp}};
inline constexpr Choice<derive::Language> kLanguages[] = {{"en", derive::Language::kEnglish},
                                                          {"zh", derive::Language::kChinese}};
inline constexpr Choice<DeriveDetail> kDeriveDetails[] = {{"brief", DeriveDetail::kBrief},
                                                          {"full", DeriveDetail::kFull}};
inline constexpr Choice<train::PredictionFormat> kPredictionFormats[] = {
    {"csv", train::PredictionFormat::kCsv},
    {"jsonl", train::PredictionFormat::kJsonLines},
    {"npy", train::PredictionFormat::kNpy}};

inline constexpr Choice<ColumnType> kTargetTypes[] = {{"category", ColumnType::kCategory},
                                                      {"number", ColumnType::kNumber}};

template <typename E, std::size_t n>
[[nodiscard]] constexpr std::string_view word_for(const Choice<E> (&choices)[n], E value) {
  for (const auto& choice : choices) {
    if (choice.value == value) return choice.word;
  }
  return {};
}

}  // namespace catenary::cli
