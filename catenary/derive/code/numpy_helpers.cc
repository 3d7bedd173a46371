#include "catenary/derive/code/numpy_helpers.h"

#include <array>
#include <vector>

namespace catenary::derive {

namespace {

constexpr std::array kOfArguments = {
    CodeHelper{"_array", R"(
def _array(name, x, axes):
    x = np.asarray(x, dtype=float)
    if x.ndim != len(axes.split(", ") if axes else []):
        raise ValueError(f"{name} needs the shape [{axes}], found {list(x.shape)}")
    return x

)"},
    CodeHelper{"_check_shape", R"(
def _check_shape(name, x, axes, shape):
    if x.shape != shape:
        needed = f"[{axes}] = {list(shape)}, as the other parameters say"
        raise ValueError(f"{name} needs the shape {needed}; found {list(x.shape)}")

)"},
};

constexpr std::array kOfArrays = {
    CodeHelper{"_from_largest", R"(
def _from_largest(x):  # x - max x; 0 for the maximum itself, even an infinite one
    largest = np.max(x, axis=-1, keepdims=True)
    return np.subtract(x, largest, out=np.zeros(x.shape), where=x != largest)

)"},
    CodeHelper{"_share_sum", R"(
def _share_sum(x):  # sum of e^(x - max x); of several infinite maxima none has a share
    total = np.sum(np.exp(_from_largest(x)), axis=-1, keepdims=True)
    return np.where(np.isinf(np.max(x, axis=-1, keepdims=True)) & (total > 1), np.nan, total)

)"},
    CodeHelper{"_logsumexp", R"(
def _logsumexp(x):
    return np.max(x, axis=-1) + np.log(np.sum(np.exp(_from_largest(x)), axis=-1))

)"},
    CodeHelper{"_softmax", R"(
def _softmax(x):
    return np.exp(_from_largest(x)) / _share_sum(x)

)"},
    CodeHelper{"_log_softmax", R"(
def _log_softmax(x):
    return _from_largest(x) - np.log(_share_sum(x))

)"},
    CodeHelper{"_softmax_cross_entropy", R"(
def _softmax_cross_entropy(z, y):
    return -y * np.where(y == 0, 0.0, _log_softmax(z))

)"},
    CodeHelper{"_pick", R"(
def _pick(x, label):
    hit = np.arange(x.shape[-1]) == np.asarray(label)[..., None]
    return np.where(hit.any(axis=-1), np.sum(np.where(hit, x, 0.0), axis=-1), np.nan)

)"},
    CodeHelper{"_one_hot", R"(
def _one_hot(label, classes):
    return (np.arange(classes) == np.asarray(label)[..., None]).astype(float)

)"},
    CodeHelper{"_unit_vector", R"(
def _unit_vector(x, axis=None):
    length = np.sqrt(np.sum(x**2, axis=axis, keepdims=True))
    return x / np.where(length > 0, length, 1.0)

)"},
    CodeHelper{"_argmax_mask", R"(
def _argmax_mask(x, rank):
    rows = x.reshape(x.shape[: x.ndim - rank] + (-1,))  # an element's axes as one
    first = np.expand_dims(np.argmax(rows, axis=-1), -1)
    return (np.arange(rows.shape[-1]) == first).astype(float).reshape(x.shape)

)"},
    CodeHelper{"_kron", R"(
def _kron(a, b):  # of each sample
    c = a[..., :, None, :, None] * b[..., None, :, None, :]
    m, k, n, l = c.shape[-4:]
    return c.reshape(c.shape[:-4] + (m * k, n * l))

)"},
    CodeHelper{"_blocks", R"(
def _blocks(d, m, k, n, l):  # element [i, p, j, q] is element [p, q] of block [i, j]
    return d.reshape(d.shape[:-2] + (m, k, n, l))

)"},
    CodeHelper{"_kron_adjoint_left", R"(
def _kron_adjoint_left(d, b):
    k, l = b.shape[-2:]
    blocks = _blocks(d, d.shape[-2] // k, k, d.shape[-1] // l, l)
    return np.einsum("...ipjq,...pq->...ij", blocks, b)

)"},
    CodeHelper{"_kron_adjoint_right", R"(
def _kron_adjoint_right(d, a):
    m, n = a.shape[-2:]
    blocks = _blocks(d, m, d.shape[-2] // m, n, d.shape[-1] // n)
    return np.einsum("...ipjq,...ij->...pq", blocks, a)

)"},
    CodeHelper{"_cross_entropy", R"(
def _cross_entropy(a, y):
    return -y * np.log(np.where(y == 0, 1.0, a))

)"},
    CodeHelper{"_sigmoid_cross_entropy", R"(
def _sigmoid_cross_entropy(z, y):
    gap = (z > 0) - y  # 0 where z points the right way: then even an infinite z costs nothing
    return np.where(gap == 0, 0.0, z) * gap + np.log1p(np.exp(-np.abs(z)))

)"},
    CodeHelper{"_huber", R"(
def _huber(r, delta):
    r = np.abs(r)
    return np.where(r <= delta, 0.5 * r**2, delta * (r - 0.5 * delta))

)"},
};

constexpr std::array<std::string_view, 42> kKeywords = {"False",  "None",     "True",
                                                        "and",    "as",       "assert",
                                                        "async",  "await",    "break",
                                                        "class",  "continue", "def",
                                                        "del",    "elif",     "else",
                                                        "except", "finally",  "for",
                                                        "from",   "global",   "if",
                                                        "import", "in",       "is",
                                                        "lambda", "nonlocal", "not",
                                                        "or",     "pass",     "raise",
                                                        "return", "try",      "while",
                                                        "with",   "yield",    "np",
                                                        "math",   "float",    "value_and_gradient",
                                                        "match",  "case",     "print"};

}  // namespace

std::span<const CodeHelper> numpy_helpers() {
  static const std::vector<CodeHelper> kAll = [] {
    std::vector<CodeHelper> all(kOfArguments.begin(), kOfArguments.end());
    for (const NumpyFunction& f : numpy_functions()) {
      if (!f.helper.empty()) all.push_back({f.code.substr(0, f.code.find('(')), f.helper});
    }
    all.insert(all.end(), kOfArrays.begin(), kOfArrays.end());
    return all;
  }();
  return kAll;
}
std::span<const std::string_view> numpy_keywords() { return kKeywords; }

}  // namespace catenary::derive
