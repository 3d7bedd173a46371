#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catenary/base/shape.h"
#include "catenary/derive/formula/formula.h"

namespace catenary::derive {

/// What a document is written in.
enum class Language : std::uint8_t { kEnglish, kChinese };

/// A stretch of a sentence: words, or a formula.
struct Inline {
  std::string words;  ///< "" for a formula
  Formula formula;
};
/// Words and formulas, one after another.
using Sentence = std::vector<Inline>;

/// left = right₁ = right₂ ..., each with its reason; `number` stands beside it, 0 for none. `made_by`: the
/// step that made it, where it is shown again; else 0.
struct Equation {
  /// How the left side goes on: as x = ..., or as "∂f/∂x ⟵ ...", a sum that the first row adds to.
  enum class Sign : std::uint8_t { kEqual, kAddsTo };
  /// What the left side equals, and why.
  struct Row {
    Formula right;    ///< of the sign of equality
    Sentence reason;  ///< stands beside it; empty for none
  };
  int number = 0;
  int made_by = 0;
  Formula left;
  std::vector<Row> rows = {};  ///< from right₁ on
  Sign sign = Sign::kEqual;    ///< between the left side and right₁
};

/// Cells under a header, one sentence each.
struct Table {
  std::vector<Sentence> header;             ///< one cell for each column
  std::vector<std::vector<Sentence>> rows;  ///< each as long as the header
};

/// name = the numbers of a scalar, vector or matrix, row-major.
struct Numbers {
  Formula name;
  Shape shape;                 ///< of the value
  std::vector<double> values;  ///< shape.size() of them
};

/// Numbers at places one after another, such as steps: a drawing where that is possible.
struct Series {
  /// One number for each place.
  struct Line {
    Formula name;                ///< of the numbers
    std::vector<double> values;  ///< from place 1 on
  };
  Formula index;            ///< what counts the places, from 1
  std::vector<Line> lines;  ///< at least one; of equally many places
};

/// One piece of a document; which member counts is said by `kind`.
struct Block {
  /// Which kind of piece.
  enum class Kind : std::uint8_t { kHeading, kParagraph, kEquation, kTable, kNumbers, kSeries };
  Kind kind = Kind::kParagraph;
  int level = 2;           ///< of a heading: 1 the title
  Sentence sentence = {};  ///< of a heading or a paragraph
  Equation equation = {};  ///< of an equation
  Table table = {};        ///< of a table
  Numbers numbers = {};    ///< of numbers
  Series series = {};      ///< of a series
  /// The step of the backward pass that this block belongs to; 0 for none.
  int step = 0;
};

/// A document, or a piece of one.
using Blocks = std::vector<Block>;

/// A block of that kind: heading_block(), paragraph_block(), equation_block(), table_block(),
/// numbers_block(), series_block(). step: see Block.
[[nodiscard]] Block heading_block(int level, Sentence sentence, int step = 0);
[[nodiscard]] Block paragraph_block(Sentence sentence, int step = 0);
[[nodiscard]] Block equation_block(Equation equation, int step = 0);
[[nodiscard]] Block table_block(Table table);
[[nodiscard]] Block numbers_block(Numbers numbers, int step = 0);
[[nodiscard]] Block series_block(Series series);

/// What is written goes on with `more`.
Blocks& operator+=(Blocks& blocks, Block more);
Blocks& operator+=(Blocks& blocks, Blocks more);
Sentence& operator+=(Sentence& sentence, Sentence more);

/// A derivation in words and formulas of one language, for any renderer.
struct Document {
  Language language = Language::kEnglish;
  Blocks blocks = {};  ///< from the title on
};

/// The numbers' rows as texts of one precision, at most `most` rows and columns with "…" for what is left
/// out.
[[nodiscard]] std::vector<std::vector<std::string>> number_cells(const Numbers& numbers,
                                                                 std::int64_t most = 8);

/// A series as a table: the index, then a column for each line; of many places only some, the first and the
/// last among them.
[[nodiscard]] Table table_of(const Series& series);

}  // namespace catenary::derive
