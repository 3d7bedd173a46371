#include "catenary/derive/hessian.h"

#include "catenary/base/error.h"
#include "catenary/ir/verify.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"

namespace catenary::derive {

namespace {

// Reads the matrix M off a vector M·v, and the vector w off a scalar wᵀv, for formulas that are linear in v.
class LinearForm {
 public:
  explicit LinearForm(Value v) : v_(v) {}

  Value matrix(Value e) {
    if (e == v_) return identity(e.graph(), e.shape()[0], e.type().dtype);
    if (!depends(e)) return zeros(e);
    if (is(e, ops::kAdd)) return matrix(e.input(0)) + matrix(e.input(1));
    if (is(e, ops::kSub)) return matrix(e.input(0)) - matrix(e.input(1));
    if (is(e, ops::kNeg)) return -matrix(e.input(0));
    if (is(e, ops::kMatVec) && !depends(e.input(0))) return matmul(e.input(0), matrix(e.input(1)));
    if (is(e, ops::kBroadcast) && e.input(0).shape().rank() == 0)
      return outer(e.graph().constant(1, e.shape(), e.type().dtype), row(e.input(0)));
    if (is(e, ops::kDiv) && !depends(e.input(1))) return divided(e);
    if (is(e, ops::kMul)) return scaled(e);
    fail_at(e);
  }

 private:
  Value row(Value s) {
    if (!depends(s)) return s.graph().constant(0, v_.shape(), s.type().dtype);
    if (is(s, ops::kAdd)) return row(s.input(0)) + row(s.input(1));
    if (is(s, ops::kSub)) return row(s.input(0)) - row(s.input(1));
    if (is(s, ops::kNeg)) return -row(s.input(0));
    if (is(s, ops::kDiv) && !depends(s.input(1))) return row(s.input(0)) / s.input(1);
    if (is(s, ops::kMul)) {
      const int i = depends(s.input(0)) ? 0 : 1;
      if (!depends(s.input(1 - i))) return s.input(1 - i) * row(s.input(i));
    }
    if (is(s, ops::kSum)) {
      const Value e = s.input(0);
      return matmul(transpose(matrix(e)), e.graph().constant(1, e.shape(), e.type().dtype));
    }
    if (is(s, ops::kDot) && s.input(0).shape().rank() == 1) {
      const int i = depends(s.input(0)) ? 0 : 1;
      if (!depends(s.input(1 - i))) return matmul(transpose(matrix(s.input(i))), s.input(1 - i));
    }
    fail_at(s);
  }

  // a ⊙ e: a scalar repeated times M, or diag(a) M; or the scalar is what depends on v.
  Value scaled(Value e) {
    const int i = depends(e.input(0)) ? 0 : 1;
    const Value linear = e.input(i), factor = e.input(1 - i);
    if (depends(factor)) fail_at(e);
    if (is(linear, ops::kBroadcast) && linear.input(0).shape().rank() == 0)
      return outer(factor, row(linear.input(0)));
    const Value m = matrix(linear);
    if (is(factor, ops::kBroadcast) && factor.input(0).shape().rank() == 0) return factor.input(0) * m;
    if (is(factor, ops::kConstant)) return std::get<double>(factor.attribute()) * m;
    return matmul(diag(factor), m);
  }

  Value divided(Value e) {
    const Value m = matrix(e.input(0)), divisor = e.input(1);
    if (is(divisor, ops::kBroadcast) && divisor.input(0).shape().rank() == 0) return m / divisor.input(0);
    if (is(divisor, ops::kConstant)) return m / std::get<double>(divisor.attribute());
    return matmul(diag(1 / divisor), m);
  }

  Value zeros(Value e) { return e.graph().constant(0, {e.shape()[0], v_.shape()[0]}, e.type().dtype); }

  bool depends(Value e) {
    for (const Value x : reachable({e})) {
      if (x == v_) return true;
    }
    return false;
  }

  [[noreturn]] static void fail_at(Value e) {
    fail(ErrorKind::kConfig,
         "the Hessian has no closed matrix form here: {} stands between it and its vector", e.op().name);
  }

  Value v_;
};

}  // namespace

Simplified hessian(Value scalar, std::span<const Value> wrt, const SimplifyOptions& options) {
  if (wrt.size() != 1 || wrt[0].shape().rank() != 1 || scalar.batched())
    fail(ErrorKind::kConfig, "a Hessian is that of a function by one vector; name one with --wrt");
  Graph& graph = scalar.graph();
  const Value x = wrt[0];
  const Value g = simplify(gradient(scalar, {x}).adjoints[0], options).value;
  const Value v = graph.shared_input("v#hessian", x.shape(), x.type().dtype);
  const Value product = simplify(gradient(dot(g, v), {x}).adjoints[0], options).value;
  const Value matrix = LinearForm(v).matrix(product);
  return simplify(matrix, options);
}

}  // namespace catenary::derive
