#pragma once

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "catenary/derive/compose/context.h"

namespace catenary::derive {

/// The rows of an equation. Where a formula contains what a forward equation has a name for and the rows
/// before it do not mention, it is written twice: without that name, then with it.
class Rows {
 public:
  /// known: values that the reader has before them, by their names or by what they are made of.
  Rows(const Context& c, std::span<const Value> known) : c_(c) { know_only(known); }

  Rows& add(Value v, const Sentence& reason);
  Rows& add(const Simplified& simplified);
  /// A row that is written already.
  Rows& push(const Formula& f, const Sentence& reason);
  /// From here on the reader has these values before them, and no others.
  Rows& know_only(std::span<const Value> known);
  [[nodiscard]] std::vector<Equation::Row> take() { return std::move(rows_); }

 private:
  const Context& c_;
  std::set<NodeId> known_;
  std::vector<Equation::Row> rows_;
};

/// Rows of one equation, some of which are too long to be written: the next one gives the reasons of all.
class GatheredRows {
 public:
  GatheredRows(const Context& c, std::vector<Equation::Row> rows) : c_(c), rows_(std::move(rows)) {}
  /// f: nothing if it is too long. A formula that reads as the row before it is no row.
  void add(const std::optional<Formula>& f, const Sentence& reason);
  [[nodiscard]] std::vector<Equation::Row> take() { return std::move(rows_); }

 private:
  const Context& c_;
  std::vector<Equation::Row> rows_;
  std::vector<Sentence> reasons_;  // of the rows that were left out, and of the next
};

}  // namespace catenary::derive
