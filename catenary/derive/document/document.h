#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catenary/base/shape.h"
#include "catenary/derive/formula/formula.h"

namespace catenary::derive {

enum class Language : std::uint8_t { kEnglish, kChinese };

/// A stretch of a sentence: words, or a formula.
struct Inline {
  std::string words;  ///< "" for a formula
  Formula formula;
};
using Sentence = std::vector<Inline>;

/// left = right₁ = right₂ ..., each with its reason; `number` stands beside it, 0 for none. `made_by`: the
/// step that made it, where it is shown again; else 0.
struct Equation {
  /// How the left side goes on: as x = ..., or as "∂f/∂x ⟵ ...", a sum that the first row adds to.
  enum class Sign : std::uint8_t { kEqual, kAddsTo };
  struct Row {
    Formula right;
    Sentence reason;
  };
  int number = 0;
  int made_by = 0;
  Formula left;
  std::vector<Row> rows = {};
  Sign sign = Sign::kEqual;
};

struct Table {
  std::vector<Sentence> header;
  std::vector<std::vector<Sentence>> rows;
};

/// name = the numbers of a scalar, vector or matrix, row-major.
struct Numbers {
  Formula name;
  Shape shape;
  std::vector<double> values;
};

/// One piece of a document; which member counts is said by `kind`.
struct Block {
  enum class Kind : std::uint8_t { kHeading, kParagraph, kEquation, kTable, kNumbers };
  Kind kind = Kind::kParagraph;
  int level = 2;  ///< of a heading: 1 the title
  Sentence sentence = {};
  Equation equation = {};
  Table table = {};
  Numbers numbers = {};
  /// The step of the backward pass that this block belongs to; 0 for none.
  int step = 0;
};

using Blocks = std::vector<Block>;

[[nodiscard]] Block heading_block(int level, Sentence sentence, int step = 0);
[[nodiscard]] Block paragraph_block(Sentence sentence, int step = 0);
[[nodiscard]] Block equation_block(Equation equation, int step = 0);
[[nodiscard]] Block table_block(Table table);
[[nodiscard]] Block numbers_block(Numbers numbers, int step = 0);

/// What is written goes on with `more`.
Blocks& operator+=(Blocks& blocks, Block more);
Blocks& operator+=(Blocks& blocks, Blocks more);
Sentence& operator+=(Sentence& sentence, Sentence more);

/// A derivation in words and formulas of one language, for any renderer.
struct Document {
  Language language = Language::kEnglish;
  Blocks blocks = {};
};

/// The numbers' rows as texts of one precision, at most `most` rows and columns with "…" for what is left
/// out.
[[nodiscard]] std::vector<std::vector<std::string>> number_cells(const Numbers& numbers,
                                                                 std::int64_t most = 8);

}  // namespace catenary::derive
