#include "catenary/derive/page/graph_layout.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace catenary::derive {

namespace {

constexpr double kMargin = 14;
constexpr double kColumnGap = 44;   // room for an arrow and its bend
constexpr double kRowGap = 16;      // between nodes
constexpr double kBendHeight = 12;  // what an edge that passes a column needs
constexpr int kOrderSweeps = 8;     // more changed none of the networks that were looked at
constexpr int kHeightSweeps = 80;   // more moved nothing by a pixel in a network of ten layers
// How strongly an item is drawn to the level of a neighbour, its own level counting 1. Leaves pull less and
// give way, so that the chain of what is computed runs straight and its weights hang on it.
constexpr double kPull = 8, kLeafPull = 0.1, kLeafWeight = 0.01;

// A node, or the place where an edge passes a column.
struct Item {
  std::size_t column = 0;
  double height = kNodeHeight;
  double y = 0;
  std::vector<std::size_t> before = {}, after = {};
};

// Where something should be, how much room it takes there, and how much it matters that it gets it.
struct Wish {
  double y = 0, height = 0, weight = 1;
};

// Moves wishes apart until each has its room, changing their weighted sum of squares least: neighbours that
// are too near become a block around their mean (pool adjacent violators).
void separate(std::vector<Wish>& wishes) {
  struct Block {
    double sum, weight;
    std::size_t count;
    [[nodiscard]] double mean() const { return sum / weight; }
  };
  std::vector<Block> blocks;
  std::vector<double> offsets(wishes.size());
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const Wish& wish = wishes[i];
    if (i > 0) offsets[i] = offsets[i - 1] + (wishes[i - 1].height + wish.height) / 2 + kRowGap;
    blocks.push_back({(wish.y - offsets[i]) * wish.weight, wish.weight, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().weight += last.weight;
      blocks.back().count += last.count;
    }
  }
  std::size_t i = 0;
  for (const Block& block : blocks) {
    for (std::size_t k = 0; k < block.count; ++k, ++i) wishes[i].y = block.mean() + offsets[i];
  }
}

class Layouter {
 public:
  Layouter(std::span<const double> widths, std::span<const LayoutEdge> edges)
      : widths_(widths), edges_(edges), items_(widths.size()) {}

  GraphLayout run() {
    choose_columns();
    add_bends();
    for (std::size_t i = 0; i < items_.size(); ++i) columns_[items_[i].column].push_back(i);
    for (int sweep = 0; sweep < kOrderSweeps; ++sweep) order(sweep % 2 == 0);
    stack();
    for (int sweep = 0; sweep < kHeightSweeps; ++sweep) align(sweep % 2 == 0);
    return result();
  }

 private:
  void choose_columns() {
    std::vector<bool> is_root(widths_.size(), true);
    for (const LayoutEdge& e : edges_) is_root[e.to] = false;
    // Edges sorted by their targets, which are in topological order.
    std::vector<LayoutEdge> sorted(edges_.begin(), edges_.end());
    std::ranges::stable_sort(sorted, {}, &LayoutEdge::to);
    for (const LayoutEdge& e : sorted)
      items_[e.to].column = std::max(items_[e.to].column, items_[e.from].column + 1);
    std::vector<std::size_t> first(widths_.size(), 0);
    for (const LayoutEdge& e : edges_) {
      if (is_root[e.from] && (first[e.from] == 0 || items_[e.to].column < first[e.from]))
        first[e.from] = items_[e.to].column;
    }
    std::size_t count = 1;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      if (first[i] > 0) items_[i].column = first[i] - 1;
      count = std::max(count, items_[i].column + 1);
    }
    columns_.resize(count);
  }

  // Edges of one node share their bends: they leave it as one line that branches.
  void add_bends() {
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> bends;  // by node and column
    for (const LayoutEdge& e : edges_) {
      std::vector<std::size_t> chain = {e.from};
      for (std::size_t column = items_[e.from].column + 1; column < items_[e.to].column; ++column) {
        const auto [it, is_new] = bends.try_emplace({e.from, column}, items_.size());
        if (is_new) {
          items_.push_back({.column = column, .height = kBendHeight});
          link(chain.back(), it->second);
        }
        chain.push_back(it->second);
      }
      link(chain.back(), e.to);
      chain.push_back(e.to);
      chains_.push_back(std::move(chain));
    }
  }

  void link(std::size_t from, std::size_t to) {
    items_[from].after.push_back(to);
    items_[to].before.push_back(from);
  }

  // Sorts each column by the mean place of its neighbours in the column beside it.
  void order(bool forward) {
    std::vector<double> place(items_.size()), key(items_.size());
    const auto number = [&](const std::vector<std::size_t>& column) {
      for (std::size_t k = 0; k < column.size(); ++k)
        place[column[k]] = (static_cast<double>(k) + 0.5) / static_cast<double>(column.size());
    };
    for (const auto& column : columns_) number(column);
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      auto& column = columns_[forward ? k : columns_.size() - 1 - k];
      for (const std::size_t i : column) {
        const auto& near = forward ? items_[i].before : items_[i].after;
        const double sum = std::accumulate(near.begin(), near.end(), 0.0,
                                           [&](double total, std::size_t j) { return total + place[j]; });
        key[i] = near.empty() ? place[i] : sum / static_cast<double>(near.size());
      }
      std::ranges::stable_sort(column, {}, [&](std::size_t i) { return key[i]; });
      number(column);
    }
  }

  void stack() {
    for (const auto& column : columns_) {
      double total = 0;
      for (const std::size_t i : column) total += items_[i].height + kRowGap;
      double y = -total / 2;
      for (const std::size_t i : column) {
        items_[i].y = y + items_[i].height / 2;
        y += items_[i].height + kRowGap;
      }
    }
  }

  // Draws each item to the level of its neighbours.
  void align(bool forward) {
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      const auto& column = columns_[forward ? k : columns_.size() - 1 - k];
      std::vector<Wish> wishes;
      for (const std::size_t i : column) wishes.push_back(wish(items_[i]));
      separate(wishes);
      for (std::size_t n = 0; n < column.size(); ++n) items_[column[n]].y = wishes[n].y;
    }
  }

  [[nodiscard]] Wish wish(const Item& item) const {
    double sum = item.y, pulls = 1;
    for (const auto* near : {&item.before, &item.after}) {
      for (const std::size_t j : *near) {
        const double pull = items_[j].before.empty() ? kLeafPull : kPull;
        sum += pull * items_[j].y;
        pulls += pull;
      }
    }
    return {sum / pulls, item.height, item.before.empty() ? kLeafWeight : 1};
  }

  GraphLayout result() {
    double top = std::numeric_limits<double>::infinity(), bottom = -top;
    for (const Item& item : items_) {
      top = std::min(top, item.y - item.height / 2);
      bottom = std::max(bottom, item.y + item.height / 2);
    }
    std::vector<double> left(columns_.size()), width(columns_.size(), 0);
    for (std::size_t i = 0; i < widths_.size(); ++i)
      width[items_[i].column] = std::max(width[items_[i].column], widths_[i]);
    double x = kMargin;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      left[c] = x;
      x += width[c] + kColumnGap;
    }
    GraphLayout layout{.width = x - kColumnGap + kMargin, .height = bottom - top + 2 * kMargin};
    const auto y_of = [&](std::size_t i) { return items_[i].y - top + kMargin; };
    for (std::size_t i = 0; i < widths_.size(); ++i)
      layout.centers.push_back({left[items_[i].column] + width[items_[i].column] / 2, y_of(i)});
    for (const auto& chain : chains_) {
      const std::size_t from = chain.front(), to = chain.back();
      std::vector<GraphLayout::Point> path = {
          {layout.centers[from].x + widths_[from] / 2, layout.centers[from].y}};
      for (std::size_t k = 1; k + 1 < chain.size(); ++k) {
        const std::size_t c = items_[chain[k]].column;
        path.push_back({left[c], y_of(chain[k])});
        path.push_back({left[c] + width[c], y_of(chain[k])});
      }
      path.push_back({layout.centers[to].x - widths_[to] / 2, layout.centers[to].y});
      layout.paths.push_back(std::move(path));
    }
    return layout;
  }

  std::span<const double> widths_;
  std::span<const LayoutEdge> edges_;
  std::vector<Item> items_;                        // the nodes, then the bends
  std::vector<std::vector<std::size_t>> columns_;  // from top to bottom
  std::vector<std::vector<std::size_t>> chains_;   // of the items that each edge passes
};

}  // namespace

GraphLayout lay_out(std::span<const double> widths, std::span<const LayoutEdge> edges) {
  return Layouter(widths, edges).run();
}

}  // namespace catenary::derive
