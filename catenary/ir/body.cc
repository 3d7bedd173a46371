#include "catenary/ir/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "catenary/base/error.h"
#include "catenary/ir/print.h"
#include "catenary/ir/walk.h"

namespace catenary {

namespace {

std::vector<Value> joined(std::initializer_list<std::span<const Value>> lists) {
  std::vector<Value> all;
  for (const std::span<const Value> list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::vector<NodeId> ids(std::span<const Value> values) {
  std::vector<NodeId> result;
  for (const Value v : values) result.push_back(v.id());
  return result;
}

// What tells a body from others.
bool same_nodes(const Graph& a, const Graph& b) {
  if (a.size() != b.size()) return false;
  for (NodeId id = 0; id < a.size(); ++id) {
    const Node &x = a.node(id), &y = b.node(id);
    if (x.op != y.op || x.inputs != y.inputs || x.type != y.type || x.attribute != y.attribute) return false;
  }
  return true;
}

void require_types(const Body& body) {
  for (std::size_t i = 0; i < body.carries.size(); ++i) {
    if (body.next[i].type() == body.carries[i].type()) continue;
    fail(ErrorKind::kShape, "a scan's step needs to hand on {} as the type {}, found {}",
         describe(body.carries[i]), body.carries[i].type().str(), body.next[i].type().str());
  }
}

void require_no_crossing(std::span<const Value> nodes) {
  for (const Value v : nodes) {
    if (v.op().batch != BatchRule::kReduces) continue;
    fail(ErrorKind::kConfig, "a scan's step is that of one sample, found {}, which crosses the batch",
         v.op().name);
  }
}

Value copy_of(Value leaf, Graph& into) {
  return leaf.batched() ? into.input(leaf.name(), leaf.shape(), leaf.type().dtype)
                        : into.shared_input(leaf.name(), leaf.shape(), leaf.type().dtype);
}

}  // namespace

std::vector<Value> Body::leaves() const { return joined({carries, rows, shared}); }
std::vector<Value> Body::results() const { return joined({next, outputs}); }

std::string str(const Body& body) {
  const auto count = [](std::size_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
  };
  return fmt::format("{}, {}, {} shared, {}{}", count(body.carries.size(), "carry"),
                     count(body.rows.size(), "sequence"), body.shared.size(),
                     count(body.outputs.size(), "output"),
                     body.direction == Direction::kBackward ? ", backward" : "") +
         (body.recompute > 0 ? ", recomputed" : "");
}

bool BodyHandle::operator==(const BodyHandle& other) const {
  if (body_ == other.body_) return true;
  return body_->direction == other->direction && body_->recompute == other->recompute &&
         body_->carries.size() == other->carries.size() && body_->rows.size() == other->rows.size() &&
         ids(body_->next) == ids(other->next) && ids(body_->outputs) == ids(other->outputs) &&
         same_nodes(body_->graph, other->graph);
}

std::size_t BodyHandle::hash() const {
  std::size_t hash = static_cast<std::size_t>(body_->direction);
  const auto mix = [&](std::size_t x) { hash = (hash ^ x) * 0x9E3779B97F4A7C15ull + (hash >> 29); };
  for (NodeId id = 0; id < body_->graph.size(); ++id) mix(std::hash<const void*>{}(body_->graph.node(id).op));
  for (const Value v : body_->results()) mix(static_cast<std::size_t>(v.id()));
  return hash;
}

std::vector<Value> inlined(std::span<const Value> results, std::span<const Value> leaves,
                           std::span<const Value> replacements, Graph& into) {
  if (results.empty()) return {};
  std::vector<Value> made(static_cast<std::size_t>(results[0].graph().size()));
  for (std::size_t i = 0; i < leaves.size(); ++i)
    made[static_cast<std::size_t>(leaves[i].id())] = replacements[i];
  for (const Value v : reachable(results)) {
    Value& copy = made[static_cast<std::size_t>(v.id())];
    if (copy) continue;
    if (is(v, ops::kConstant)) {
      copy = into.constant(std::get<double>(v.attribute()), v.shape(), v.type().dtype);
      continue;
    }
    if (is_leaf(v.op()))
      fail(ErrorKind::kConfig, "a scan's step reads {}, which is none of its arguments", describe(v));
    std::vector<Value> operands;
    for (int i = 0; i < v.input_count(); ++i)
      operands.push_back(made[static_cast<std::size_t>(v.input(i).id())]);
    copy = into.call(v.op(), operands, v.attribute());
    if (!v.name().empty() && copy.name().empty()) copy.rename(v.name());
  }
  std::vector<Value> copies;
  for (const Value v : results) copies.push_back(made[static_cast<std::size_t>(v.id())]);
  return copies;
}

BodyHandle finish(const Body& body) {
  require_types(body);
  require_no_crossing(reachable(body.results()));
  const auto made = std::make_shared<Body>();
  made->direction = body.direction;
  made->recompute = body.recompute;
  const auto copies = [&](const std::vector<Value>& leaves) {
    std::vector<Value> result;
    for (const Value v : leaves) result.push_back(copy_of(v, made->graph));
    return result;
  };
  made->carries = copies(body.carries);
  made->rows = copies(body.rows);
  made->shared = copies(body.shared);
  const std::vector<Value> results = inlined(body.results(), body.leaves(), made->leaves(), made->graph);
  const auto carries = static_cast<std::ptrdiff_t>(body.next.size());
  made->next.assign(results.begin(), results.begin() + carries);
  made->outputs.assign(results.begin() + carries, results.end());
  return BodyHandle(made);
}

}  // namespace catenary
