"""Checks the equations of a page that `catenary derive --format json --numbers` prints, by their text alone.

Only the given numbers come from the caller. A symbol is worth what the equation says that introduces it; derivatives of
any kind are compared with central differences of the equations of the forward pass.
"""

import json
import re

import numpy as np

from notation_parser import Unreadable, parse
from notation_values import IDENTITY, ONES, Explained, Shapeless, Value, evaluate, known

# Of differences with the step h = 1e-4, extrapolated once, truncation leaves about h⁴ and rounding 1e-16/h.
STEP, SLOPE_TOLERANCE = 1e-4, 1e-6
# Rounding of some thousand operations, times a matrix's condition of about a thousand.
TOLERANCE = 1e-9


class Environment:
    """What names are worth in one sample: what is given, and what the equations make of it.

    `fixed` has other values for some of them, which differences are taken from.
    """

    def __init__(self, page, index=0, fixed=None):
        self.page, self.index, self.fixed = page, index, fixed or {}
        self.values, self.ones, self.identity = {}, ONES, IDENTITY

    def lookup(self, name):
        if name in self.fixed:
            return self.fixed[name]
        if name not in self.values:
            self.values[name] = self.page.worth(name, self)
        return self.values[name]

    def samples(self):
        return [self.sample(n) for n in range(self.page.samples)]

    def sample(self, n):
        one = Environment(self.page, n, self.fixed)
        one.ones, one.identity = self.ones, self.identity
        return one

    def moved(self, name, change):
        return Environment(self.page, self.index, {name: Value(known(self.lookup(name)) + change)})


class Frozen(Environment):
    """Only the fixed names differ from what they are worth in another environment."""

    def __init__(self, env, fixed):
        super().__init__(env.page, env.index, fixed)
        self.env = env

    def lookup(self, name):
        return self.fixed[name] if name in self.fixed else self.env.lookup(name)

    def moved(self, name, change):
        return Frozen(self.env, {name: Value(known(self.env.lookup(name)) + change)})


def slope(f, env, name, direction):
    """How f(environment) changes where the variable moves along the direction."""
    odd = [f(env.moved(name, h * direction)) - f(env.moved(name, -h * direction)) for h in (STEP, 2 * STEP)]
    return (8 * odd[0] - odd[1]) / (12 * STEP)


def names_in(tree):
    own = {tree.text} if tree.kind == "name" else set()
    return own.union(*map(names_in, tree.parts))


def units(shape):
    """A matrix of that shape for each of its entries, 1 there."""
    return np.eye(int(np.prod(shape))).reshape(-1, *shape)


class Page:
    """One printed derivation. `given` has a value for each symbol, or a list of one for each sample."""

    def __init__(self, document, given, samples=1):
        self.given, self.samples = given, samples
        self.failures, self.checked, self.refused, self.guessed = [], 0, [], []
        self.skipped, self.contribution = [], None
        self.shapes, self.definitions, self.names = {}, {}, set(given)
        self.seen, self.moving, self.latest = set(given), None, {}
        self.document = document
        self.functions = {}
        self.collect_functions()
        self.collect()

    def collect_functions(self):
        """What the table of notation says in a formula alone, perhaps with limits: f(x) is that."""
        for block in self.document:
            for written, meaning, *_ in block["table"]["rows"] if block["kind"] == "table" else []:
                name = re.fullmatch(r"(\w+)\(x\)", written[0]["text"]) if isinstance(written[0], dict) else None
                if not name or not isinstance(meaning[0], dict) or meaning[1:] and meaning[1] != " limited to ":
                    continue
                try:
                    formula = parse(meaning[0]["text"].replace("ˣ", "^x"), {"x"})
                except Unreadable:
                    continue
                limits = json.loads(meaning[2]["text"]) if meaning[1:] else None
                self.functions[name[1]] = Explained(formula, limits, self)

    def collect(self):
        """Which names the page has, and of which shapes they are."""
        for block in self.document:
            if block["kind"] == "numbers":
                shape = tuple(block["numbers"]["shape"])
                self.shapes[block["numbers"]["name"]["text"]] = shape if len(shape) == 2 else (*shape, 1, 1)[:2]
            elif block["kind"] == "equation" and "⟵" not in (left := block["equation"]["left"]["text"]):
                self.names.add(left)
        self.names |= {name for name in self.shapes if self.single(name)}
        self.differentials = {f"d({name})" if name.startswith("∂") else f"d{name}": name for name in self.names}
        self.names |= set(self.differentials)
        for block in self.document:
            if block["kind"] == "equation" and "⟵" not in (left := block["equation"]["left"]["text"]):
                self.define(left, block["equation"]["rows"][0]["right"]["text"])

    def define(self, name, text):
        if name in self.definitions or name in self.given or name in self.differentials:
            return
        try:
            self.definitions[name] = parse(text, self.names)
        except Unreadable:  # is told where the row is checked
            pass

    def single(self, name):
        """The symbol whose samples are the columns of a matrix: x of X, v₁ of [v₁]; else None."""
        inside = name[1:-1] if name.startswith("[") and name.endswith("]") else name[0].lower() + name[1:]
        known_symbol = inside in self.given or inside in self.names and self.samples > 1
        return inside if inside != name and name not in self.given and known_symbol else None

    def worth(self, name, env):
        if name in self.given:
            v = self.given[name]
            return v[env.index] if isinstance(v, list) else v
        if single := self.single(name):
            return Value(np.hstack([known(one.lookup(single)) for one in env.samples()]))
        if name in self.definitions:
            return self.shaped(name, evaluate(self.definitions[name], env))
        if name in self.differentials:
            return self.differential(self.differentials[name], env)
        raise Unreadable(f"nothing says what {name} is")

    def shaped(self, name, v):
        return Value(self.zero_or(v, self.shapes[name])) if name in self.shapes else v

    @staticmethod
    def zero_or(v, shape):
        """A derivative that is 0 everywhere is written 0."""
        return np.zeros(shape) if v.is_scalar and not v.array.any() else v.fitted(shape)

    def differential(self, name, env):
        shape = known(env.lookup(self.moving)).shape
        direction = np.random.default_rng(5).uniform(-1, 1, shape)
        if name == self.moving:
            return Value(direction)
        if name in self.given:
            raise Unreadable(f"{name} does not move")
        return Value(slope(lambda e: known(e.lookup(name)), env, self.moving, direction))

    def slopes_of(self, name, env):
        """What central differences say that a derivative is, or None if the name is that of none."""
        if found := re.fullmatch(r"∂²(\S+?)/∂(.+?)(?:²|∂(.+?)ᵀ?)", name):
            by = found[3] or found[2]
            first = f"∂{found[1]}/∂{found[2]}"
            columns = [slope(lambda e: known(e.lookup(first)), env, by, u) for u in self.units(by, env)]
            return np.hstack(columns)
        if found := re.fullmatch(r"∂([^∂/]+)/∂([^∂]+)", name):
            f, x = found.groups()
            if x not in self.names or f == x or f not in self.definitions or f == "J" and self.of_each_sample(x):
                return None
            if known(env.lookup(f)).shape != (1, 1):
                return None
            slopes = [slope(lambda e: known(e.lookup(f))[0, 0], env, x, u) for u in self.units(x, env)]
            return np.reshape(slopes, known(env.lookup(x)).shape)
        return None

    def of_each_sample(self, name):
        return isinstance(self.given.get(name), list) or name not in self.given

    def units(self, name, env):
        return units(known(env.lookup(name)).shape)

    def check(self):
        for block in self.document:
            self.check_block(block)
        return self

    def check_block(self, block):
        if block["kind"] == "paragraph":
            self.follow(block["sentence"])
        elif block["kind"] == "equation":
            self.check_equation(block["equation"])
        elif block["kind"] == "numbers":
            self.check_numbers(block["numbers"])

    def follow(self, sentence):
        """In the part on second derivatives sentences say which variable moves."""
        for part in sentence:
            text = part["text"] if isinstance(part, dict) else ""
            if self.differentials.get(text) in self.given:
                self.moving = self.differentials[text]

    def check_equation(self, equation):
        name, env = equation["left"]["text"], Environment(self)
        arrow = "⟵" in name
        try:
            left = None if arrow else known(env.lookup(name))
        except Unreadable as problem:
            self.refused.append((name, equation["rows"][0]["right"]["text"], str(problem)))
            return
        for row in equation["rows"]:
            left = self.check_row(name, left, row, env)
        self.contribution = left if arrow else None
        if not arrow:
            self.seen.add(name)
            try:
                self.latest[name] = parse(equation["rows"][0]["right"]["text"], self.names)
                slopes = self.slopes_of(name, env)
            except Unreadable as problem:
                self.refused.append((name, "its differences", str(problem)))
                return
            if slopes is not None:
                self.compare(f"{name} by differences", left, slopes, SLOPE_TOLERANCE)

    def check_row(self, name, left, row, env):
        """The value that the row has, which the next row must have as well."""
        text = row["right"]["text"]
        by_column = any(isinstance(part, str) and "each column" in part for part in row["reason"])
        try:
            tree = parse(text, self.names)
            self.check_introduced(name, text, tree)
            shape = self.arrow_shape(name, env) if left is None else left.shape
            right = self.columns(tree, env) if by_column else self.worth_of(tree, shape, left, env)
            if left is None:
                return right
        except Unreadable as problem:
            self.refused.append((name, text, str(problem)))
            return left
        slope_like = name in self.differentials
        self.compare(f"{name} = {text}", left, right, SLOPE_TOLERANCE if slope_like else TOLERANCE)
        return left

    def check_introduced(self, left, text, tree):
        """Every symbol stands in an equation above."""
        for name in sorted(names_in(tree)):
            known_here = name in self.seen or self.single(name) in self.seen or name == f"d{self.moving}"
            if not known_here:
                self.failures.append(f"{left} = {text}: {name} is not introduced above")

    def arrow_shape(self, name, env):
        """A contribution has the shape of what is differentiated by."""
        x = name.removesuffix(" ⟵").split("/∂")[-1]
        return known(evaluate(parse(x, self.names), env)).shape

    def worth_of(self, tree, shape, left, env):
        """Where the row does not say what shape 𝟏 or I has, the worth with which it is right, if there is one."""
        try:
            return self.zero_or(evaluate(tree, env), shape)
        except Shapeless:
            self.guessed.append(tree)
            for env in self.guesses():
                try:
                    right = self.zero_or(evaluate(tree, env), shape)
                except (Unreadable, ValueError):
                    continue
                if left is None or np.allclose(left, right, TOLERANCE, TOLERANCE):
                    return right
            raise

    def guesses(self):
        sizes = sorted({n for shape in self.shapes.values() for n in (*shape, shape[0] * shape[1])})
        for rows in sizes:
            yield self.guess(ONES, Value(np.eye(rows)))
            for columns in sizes:
                yield self.guess(Value(np.ones((rows, columns))), IDENTITY)
                yield self.guess(Value(np.ones((rows, columns))), Value(np.eye(rows)))

    def guess(self, ones, identity):
        env = Environment(self)
        env.ones, env.identity = ones, identity
        return env

    def columns(self, tree, env):
        """Each column of the result is made from that column of the matrices."""
        return np.hstack([known(evaluate(tree, Columns(env, n))) for n in range(self.samples)])

    def check_numbers(self, numbers):
        name, env = numbers["name"]["text"], Environment(self)
        shape = self.shapes[name]
        if found := re.search(r"(?<=\S)⟨(\d)⟩(?=/)", name):
            name, env = name.replace(found.group(), ""), env.sample(int(found[1]) - 1)
        try:
            printed = np.reshape(numbers["values"], shape)
            if self.contribution is not None:
                self.compare(f"{name}, the numbers of a path", printed, self.contribution, TOLERANCE)
                self.contribution = None
            worth = self.jacobian(name, printed, env) or evaluate(parse(name, self.names), env)
            self.compare(f"numbers of {name}", printed, self.zero_or(worth, shape), SLOPE_TOLERANCE)
        except Unreadable as problem:
            self.refused.append((name, "numbers", str(problem)))

    def jacobian(self, name, printed, env):
        """∂u/∂xᵀ and ∂(∂f/∂x)/∂c: how an equation's result moves with one of its operands; else None.

        The others stand still, or, where they are matrices whose differentials were inserted, move as they must.
        As printed where the operand has no name in that equation: v = Σ x^⊙2 by u = x^⊙2.
        """
        found = re.fullmatch(r"∂(?:\((.+)\)|([^∂/]+))/∂(.+?)ᵀ?", name)
        result, by = (found[1] or found[2], found[3]) if found else ("", "")
        if name in self.names or result not in self.latest or by not in self.names:
            return None
        tree = self.latest[result]
        if by not in names_in(tree) and by not in self.given:
            self.skipped.append(name)
            return Value(printed)
        matrices = [self.matrix(name, result, start, by) for start in (Frozen(env, {}), env)]
        agrees = np.allclose(printed, matrices[0], SLOPE_TOLERANCE, SLOPE_TOLERANCE)
        return Value(matrices[0] if agrees else matrices[1])

    def matrix(self, name, result, env, by):
        def moved(e):
            return known(self.shaped(result, evaluate(self.latest[result], e)))

        units = self.units(by, env)
        matrix = np.hstack([slope(moved, env, by, unit) for unit in units])
        return matrix if name.endswith("ᵀ") or len(units) == 1 else matrix.T

    def compare(self, what, left, right, tolerance):
        self.checked += 1
        scale = max(1.0, float(np.abs(left).max()), float(np.abs(right).max()))
        if not np.abs(left - right).max() <= tolerance * scale:
            self.failures.append(f"{what}: {left.ravel()[:4]} and {right.ravel()[:4]}")


class Columns(Environment):
    """Matrices of the batch stand for one of their columns."""

    def __init__(self, env, n):
        super().__init__(env.page, env.index, env.fixed)
        self.n = n

    def lookup(self, name):
        v = super().lookup(name)
        return Value(known(v)[:, [self.n]]) if self.page.single(name) else v
