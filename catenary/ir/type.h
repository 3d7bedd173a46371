#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "catenary/base/dtype.h"
#include "catenary/base/shape.h"

namespace catenary {

/// What is known of a value before any number is: its number type, the shape of ONE sample, and whether each
/// sample has its own (batched: x, z, a, the sample's loss) or the whole batch has one (shared: W, b, the
/// learning rate).
struct Type {
  DType dtype = DType::kF32;  ///< the number type
  Shape shape;
  bool batched = false;

  [[nodiscard]] bool operator==(const Type&) const = default;
  /// "f32[5]" or "batched f32[5]".
  [[nodiscard]] std::string str() const;
};

/// The part of an axis that slice keeps: elements begin .. end-1.
struct SliceRange {
  int axis = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  [[nodiscard]] bool operator==(const SliceRange&) const = default;
};

/// What a variable holds before the first step.
struct Init {
  /// Which numbers.
  enum class Kind : std::uint8_t { kConstant, kUniform, kNormal, kOrthogonal };
  Kind kind = Kind::kConstant;  ///< which numbers
  /// The constant; or the half-width of the uniform range [-scale, scale); or the standard deviation; or the
  /// length of the columns of an orthogonal matrix (of one with fewer rows than columns: of its rows).
  double scale = 0;
  std::int64_t blocks = 1;  ///< of kOrthogonal: matrices of equal size, one below the other
  [[nodiscard]] bool operator==(const Init&) const = default;
};

/// Who changes a variable: training (parameters have gradients) or only the program's own updates (optimizer
/// state).
enum class Role : std::uint8_t { kParameter, kState };

/// What a graph says of a variable beside its type.
struct VariableSpec {
  Role role = Role::kParameter;  ///< who changes it
  Init init;                     ///< what it holds at first
  [[nodiscard]] bool operator==(const VariableSpec&) const = default;
};

struct Body;

/// A graph as an attribute: what an operator such as scan does in each of its steps; see ir/body.h. Bodies of
/// the same nodes are equal, whatever they are called.
class BodyHandle {
 public:
  /// Of a body that finish() made.
  explicit BodyHandle(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  /// The body.
  [[nodiscard]] const Body& operator*() const { return *body_; }
  /// Its members.
  [[nodiscard]] const Body* operator->() const { return body_.get(); }
  [[nodiscard]] bool operator==(const BodyHandle& other) const;
  /// Equal for equal bodies.
  [[nodiscard]] std::size_t hash() const;

 private:
  std::shared_ptr<const Body> body_;  // a body never changes, so that all who have it may share it
};

/// The part of an operator's call that is known when the graph is built. A closed set, so that every pass can
/// handle it.
using Attribute =
    std::variant<std::monostate, double, std::int64_t, Shape, SliceRange, VariableSpec, BodyHandle>;

/// "0.01", "[3, 2]", "axis 0, 2:5"; "" for none.
[[nodiscard]] std::string str(const Attribute& attribute);

}  // namespace catenary
