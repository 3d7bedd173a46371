"""What a formula that was read by notation_parser.py is worth, in NumPy.

Everything has rows and columns: a vector is a column, a scalar 1×1. 𝟏 has the shape that fits, and I the size.
"""

import math
import operator
from dataclasses import dataclass

import numpy as np

from notation_parser import Unreadable


class Shapeless(Unreadable):
    """The formula alone does not say what shape I or 𝟏 has."""


@dataclass(frozen=True)
class Value:
    """An array; `free` says which of its axes are as long as is needed, along which all entries are the same.

    `kind` "identity" is the array's one number times I, "label" a 1 in that place of a column and else 0.
    """

    array: np.ndarray
    free: tuple = (False, False)
    kind: str = "array"

    @property
    def is_scalar(self):
        return self.kind == "array" and self.array.shape == (1, 1) and not any(self.free)

    def fitted(self, shape):
        """Its entries where the surroundings have that shape; a scalar has no entries but its own."""
        if self.kind == "identity" and shape[0] == shape[1]:
            return self.array * np.eye(shape[0])
        if self.kind == "label":
            return np.array(np.arange(shape[0])[:, None] == self.array, float)
        fits = all(n == m or free for n, m, free in zip(self.array.shape, shape, self.free))
        if self.kind != "array" or not fits:
            raise Unreadable(f"{self.kind} of shape {self.array.shape} where {shape} is needed")
        return np.broadcast_to(self.array, shape)


def value(entries):
    """A number, a column or a matrix."""
    array = np.asarray(entries, float)
    return Value(array.reshape(-1, 1) if array.ndim < 2 else array)


ONES = Value(np.ones((1, 1)), (True, True))
IDENTITY = Value(np.ones((1, 1)), kind="identity")


def together(f, a, b):
    """f of the elements of both; of scalars with everything."""
    if a.is_scalar or b.is_scalar:
        other = b if a.is_scalar else a
        scaled = f is operator.mul or f is operator.truediv and b.is_scalar
        if other.kind != "array" and not (other.kind == "identity" and scaled):
            raise Unreadable("a scalar beside what has no shape")
        return Value(f(a.array, b.array), other.free, other.kind)
    if a.kind == b.kind == "identity" and f in (operator.add, operator.sub):
        return Value(f(a.array, b.array), kind="identity")
    if a.kind != "array" and all(free_axes(b)) or b.kind != "array" and all(free_axes(a)):
        raise Shapeless(f"{a.kind} and {b.kind} without a shape")
    if "identity" in (a.kind, b.kind):
        size = max(n for v in (a, b) for n, free in zip(v.array.shape, free_axes(v)) if not free)
        return Value(f(a.fitted((size, size)), b.fitted((size, size))))
    shape = tuple(
        max(n, m) if k and l else m if k else n
        for n, m, k, l in zip(a.array.shape, b.array.shape, free_axes(a), free_axes(b))
    )
    free = tuple(k and l for k, l in zip(free_axes(a), free_axes(b)))
    return Value(f(a.fitted(shape), b.fitted(shape)), free)


def free_axes(v):
    return v.free if v.kind == "array" else (True, True)


def product(a, b):
    """The matrix product, or that with a scalar."""
    if a.is_scalar or b.is_scalar:
        return together(operator.mul, a, b)
    if "identity" in (a.kind, b.kind):
        other = b if a.kind == "identity" else a
        return Value(a.array * b.array, other.free, other.kind)
    # Of 𝟏 𝟏ᵀ, with nothing beside it that says more, both are columns.
    inner = b.array.shape[0] if a.free[1] else a.array.shape[1]
    if a.array.shape == (1, 1) and not a.free[1] and b.array.shape[0] != 1 and not b.free[0]:
        return Value(a.array * b.array, b.free)  # 𝟏ᵀ a is a scalar where it is no row
    left = a.fitted((a.array.shape[0], inner))
    return Value(left @ b.fitted((inner, b.array.shape[1])), (a.free[0], b.free[1]))


def known(v):
    """The array of a value that has a shape of its own."""
    if v.kind != "array" or any(v.free):
        raise Shapeless("nothing says what shape I or 𝟏 has")
    return v.array


def column(v):
    array = known(v)
    if array.shape[1] != 1:
        raise Unreadable(f"needed a column, found the shape {array.shape}")
    return array


def power(base, exponent):
    p = float(known(exponent)[0, 0])
    if base.kind == "identity":
        return Value(base.array**p, kind="identity")
    array = known(base)
    if array.shape == (1, 1):
        return Value(array**p)
    if array.shape[0] != array.shape[1] or p != int(p):
        raise Unreadable(f"the power {p} of the shape {array.shape}")
    return Value(np.linalg.matrix_power(array, int(p)))


def transpose(v):
    return Value(v.array.T, v.free[::-1], v.kind)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def logsumexp(x):
    return math.log(np.exp(x - x.max()).sum()) + x.max()


def one_hot(y, size):
    return np.array(np.arange(size)[:, None] == y, float)


def cross_entropy(a, y):
    given = one_hot(y, len(a)) if y.shape == (1, 1) else y
    return -np.sum(given * np.log(a))


def two_classes(a, y):
    return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))


def huber(r, k):
    size = np.abs(r)
    return np.sum(np.where(size <= k, r * r / 2, k * (size - k / 2)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ERF = np.vectorize(math.erf, otypes=[float])

# Of each element by itself, where neither the page's table of notation nor NumPy has it by that name.
ELEMENTWISE = {
    "√": np.sqrt,
    "|": np.abs,
    "clip": lambda x, c: np.clip(x, -c, c),
    "elu": lambda x, a: np.where(x > 0, x, a * (np.exp(x) - 1)),
    "erf": ERF,
    "leaky_relu": lambda x, a: np.where(x > 0, x, a * x),
    "ln": np.log,
    "relu": lambda x: np.maximum(x, 0),
    "σ": sigmoid,
}
# Of everything at once.
WHOLE = {
    "BCE": two_classes,
    "argmax": lambda x: float(np.argmax(x)),
    "CE": cross_entropy,
    "det": np.linalg.det,
    "diagonal": lambda a: np.diag(a)[:, None],
    "huber": huber,
    "max": np.max,
    "mean": np.mean,
    "tr": np.trace,
    "vec": lambda a: a.T.reshape(-1, 1),
    "‖": np.linalg.norm,
    "‖_F": np.linalg.norm,
    "‖₁": lambda a: np.abs(a).sum(),
}
OF_COLUMNS = {
    "diag": lambda x: np.diag(x[:, 0]),
    "log_softmax": lambda x: x - logsumexp(x),
    "logsumexp": logsumexp,
    "softmax": softmax,
}


class Explained:
    """What a table of notation says that f(x) is: a formula of x, and perhaps limits."""

    def __init__(self, formula, limits, page):
        self.formula, self.limits, self.page = formula, limits, page

    def __call__(self, x):
        return np.reshape([self.at(entry) for entry in x.ravel()], x.shape)

    def at(self, x):
        self.x = value(x)
        y = known(evaluate(self.formula, self))[0, 0]
        return np.clip(y, *self.limits) if self.limits else y

    def lookup(self, name):
        if name != "x":
            raise Unreadable(f"{name} beside x in what a function is")
        return self.x


def of_each_element(name, page):
    """The function of that name, None where there is none."""
    of_numpy = getattr(np, name, None)
    return ELEMENTWISE.get(name) or page.functions.get(name) or (of_numpy if isinstance(of_numpy, np.ufunc) else None)


def call(name, arguments, page):
    if name == "one_hot":
        return Value(known(arguments[0]), kind="label")
    if name in OF_COLUMNS:
        return value(OF_COLUMNS[name](*map(column, arguments)))
    if name in WHOLE:
        return value(WHOLE[name](*map(known, arguments)))
    if (f := of_each_element(name, page)) is None:
        raise Unreadable(f"nothing says what the function {name} is")
    if arguments[0].kind != "array":
        raise Unreadable(f"{name} of what has no shape")
    return Value(f(*(a.array for a in arguments)), arguments[0].free)


def kron(a, b):
    return Value(np.kron(known(a), known(b)))


def blocks(d, factor, left):
    """The adjoint of A ↦ A ⊗ B (left) or of B ↦ A ⊗ B at D, as the page's table of notation says."""
    rows, columns = factor.shape
    m, n = d.shape[0] // rows, d.shape[1] // columns
    if left:
        parts = d.reshape(m, rows, n, columns)
        return np.einsum("iajb,ab->ij", parts, factor)
    parts = d.reshape(rows, m, columns, n)
    return np.einsum("iajb,ij->ab", parts, factor)


COMPARISONS = {
    "=": np.equal, "≠": np.not_equal, "<": np.less, ">": np.greater, "≤": np.less_equal, "≥": np.greater_equal,
}  # fmt: skip


def largest(v):
    """one_hot(argmax(x)) is as long as x; of samples side by side, each column by itself."""
    x = known(v)
    return value(np.array(np.arange(len(x))[:, None] == x.argmax(axis=0), float))


# Their parts have values in each sample.
OF_SAMPLES = ("sample", "samples", "sum of samples")


def evaluate(node, env):
    """The value of a tree; `env` knows names, the samples and the value of a name in one sample."""
    of = [] if node.kind in OF_SAMPLES else [evaluate(part, env) for part in node.parts]
    match node.kind, of:
        case "number", _:
            return value({"π": math.pi, "e": math.e}.get(node.text) or float(node.text))
        case "name", _:
            return env.lookup(node.text)
        case "sample", _:
            return evaluate(node.parts[0], env.sample(int(node.text) - 1))
        case "samples", _:
            return Value(np.hstack([known(evaluate(node.parts[0], one)) for one in env.samples()]))
        case "sum of samples", _:
            return Value(sum(known(evaluate(node.parts[0], one)) for one in env.samples()))
        case "ones", _:
            return env.ones
        case "identity", _:
            return env.identity
        case "bracket", [v]:
            return v
        case "negative", [v]:
            return Value(-v.array, v.free, v.kind)
        case "transpose", [v]:
            return transpose(v)
        case "sum of elements", [v]:
            return value(known(v).sum())
        case "call", _:
            if node.text == "unvec":
                return unvec(of)
            if node.text == "one_hot" and node.parts[0].text == "argmax":
                return largest(evaluate(node.parts[0].parts[0], env))
            return call(node.text, of, env.page)
        case "shape", _:
            return value([int(known(v)[0, 0]) for v in of])
        case "product", _:
            result = of[0]
            for v in of[1:]:
                result = product(result, v)
            return result
        case _:
            return OPERATORS[node.kind](*of) if node.kind != "comparison" else compare(node.text, *of)


def compare(sign, a, b):
    return together(lambda x, y: COMPARISONS[sign](x, y).astype(float), a, b)


def unvec(arguments):
    x, shape = (known(a) for a in arguments)
    rows, columns = (int(n) for n in shape[:, 0])
    return Value(x.reshape(columns, rows).T)


OPERATORS = {
    "+": lambda a, b: together(operator.add, a, b),
    "−": lambda a, b: together(operator.sub, a, b),
    "⊙": lambda a, b: together(operator.mul, a, b),
    "·": product,
    "/": lambda a, b: together(operator.truediv, a, b),
    "⊗": kron,
    "power": power,
    "power of each": lambda a, b: together(operator.pow, a, b),
    "inner": lambda a, b: value((known(a) * known(b)).sum()),
    "adjoint of left": lambda factor, d: Value(blocks(known(d), known(factor), left=True)),
    "adjoint of right": lambda factor, d: Value(blocks(known(d), known(factor), left=False)),
}
