"""Reads the formulas that `catenary derive` prints, by what a page says about its notation and not by the writer's code.

What binds tighter stands first:
    xᵀ  A⁻¹  x²  x^⊙2  c^(1/3)        powers and transposes
    1/N  2/3                          a fraction without spaces
    A B x                             a product, its factors apart by a space; Σ x and Σₙ x take all factors after them
    x ⊙ y   x / y   a · b   A ⊗ B     from the left, each with products for operands
    x + y   x − y   −x
    f(x)                              a function, of whatever name
A formula that two readers could take differently is refused: x / a b, A ⊗ B ⊙ C.
"""

import re
from dataclasses import dataclass

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
RAISED = re.compile("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
LETTER = r"(?![ᵀ½⁰¹²³⁴-⁹])[^\W\d]|[₀-₉ₐ-ₜᵢ-ᵥⱼ]|\u0303"
NAME = re.compile(rf"(?:{LETTER})(?:{LETTER}|[0-9])*(?:⁽\d?[⁰-⁹¹²³]*⁾)?")
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
SAMPLES = re.compile(r"\[([^⟨⟩…]+)⟨1⟩ … \1⟨N⟩\]")
LOOSE = {" ⊙ ": "⊙", " / ": "/", " · ": "·", " ⊗ ": "⊗"}
COMPARISONS = ("=", "≠", "≤", "≥", "<", ">")


class Unreadable(Exception):
    """The formula is not of the notation, or can be read in two ways."""


@dataclass(frozen=True)
class Node:
    kind: str
    parts: tuple = ()
    text: str = ""


class Parser:
    """One formula; `names` are the symbols that the page has, of which the longest that fits is read."""

    def __init__(self, text, names):
        self.text = text
        self.at = 0
        self.names = sorted(names, key=len, reverse=True)

    def formula(self):
        node = self.sum()
        if self.at != len(self.text):
            self.refuse("nothing more")
        return node

    def refuse(self, wanted):
        raise Unreadable(f"needed {wanted} at '{self.text[self.at:]}' of '{self.text}'")

    def peek(self, sign):
        return self.text.startswith(sign, self.at)

    def take(self, sign):
        if not self.peek(sign):
            return False
        self.at += len(sign)
        return True

    def need(self, sign):
        if not self.take(sign):
            self.refuse(f"'{sign}'")

    def match(self, pattern):
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def sum(self):
        node = Node("negative", (self.term(),)) if self.take("−") else self.term()
        while True:
            if self.take(" + "):
                node = Node("+", (node, self.term()))
            elif self.take(" − "):
                node = Node("−", (node, self.term()))
            else:
                return node

    def term(self):
        node, used = self.product(), []
        while sign := next((sign for sign in LOOSE if self.take(sign)), None):
            used.append(LOOSE[sign])
            right = self.product()
            if used[-1] == "/" and right.kind == "product":
                self.refuse("brackets around the product behind '/', before what follows,")
            if "⊗" in used and set(used) != {"⊗"}:
                self.refuse(f"brackets between {' and '.join(used)}, before what follows,")
            node = Node(used[-1], (node, right))
        return node

    def product(self):
        factors = [self.factor()]
        while factors[-1].kind not in ("sum of samples", "sum of elements") and self.another_factor():
            self.take(" ")
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else Node("product", tuple(factors))

    def factor(self):
        of_samples = [(f"Σ{letter} ", "sum of samples") for letter in "ₙₛₜᵢᵣₚⱼₗₖₘₕᵤᵥ"]
        for sign, kind in (*of_samples, ("Σ ", "sum of elements")):
            if self.take(sign):
                return Node(kind, (self.product(),))
        return self.fraction()

    def another_factor(self):
        rest = self.text[self.at :]
        if rest.startswith("‖") and self.text[: self.at].endswith("½"):
            return True
        return len(rest) > 1 and rest[0] == " " and rest[1] not in "+−⊙/·⊗=≠≤≥<>"

    def fraction(self):
        node = self.power()
        if self.peek("/") and not self.peek("/ "):
            self.at += 1
            node = Node("/", (node, self.power()))
        return node

    def power(self):
        node = self.primary()
        while True:
            if self.take("⁻ᵀ"):
                node = Node("transpose", (Node("power", (node, Node("number", text="-1"))),))
            elif self.take("ᵀ"):
                node = Node("transpose", (node,))
            elif raised := self.match(RAISED):
                node = Node("power", (node, Node("number", text="".join(SUPERSCRIPTS[c] for c in raised.group()))))
            elif self.take("^⊙"):
                node = Node("power of each", (node, self.primary()))
            elif self.take("^"):
                node = Node("power", (node, self.primary()))
            else:
                return node

    def known_name(self):
        for name in self.names:
            if self.peek(name) and not re.match(rf"{LETTER}|[0-9(⁽]", self.text[self.at + len(name) :]):
                self.at += len(name)
                return name
        return None

    def primary(self):
        if name := self.known_name():
            sample = self.match(re.compile(r"⟨(\d)⟩"))
            return Node("sample", (Node("name", text=name),), sample[1]) if sample else Node("name", text=name)
        if samples := self.match(SAMPLES):
            return Node("samples", (Parser(samples[1], self.names).formula(),))
        if number := self.match(NUMBER):
            return Node("number", text=number.group())
        for sign, node in (("½", Node("number", text="0.5")), ("𝟏", Node("ones")), ("π", Node("number", text="π"))):
            if self.take(sign):
                return node
        if self.take("√"):
            return Node("call", (self.primary(),), "√")
        return self.bracketed() or self.word()

    def bracketed(self):
        if self.take("("):
            return self.inside_parentheses()
        if self.take("|"):
            return self.closed(Node("call", (self.sum(),), "|"), "|")
        if self.take("‖"):
            return self.norm(self.closed(self.sum(), "‖"))
        if self.take("⟨"):
            left = self.sum()
            self.need(", ")
            return self.closed(Node("inner", (left, self.sum())), "⟩")
        return self.comparison() if self.take("[") else None

    def norm(self, node):
        """What stands behind its bars says which norm it is; a power stands before the F, ‖A‖²_F."""
        if self.take("₁"):
            return Node("call", (node,), "‖₁")
        squared = self.take("²_F")
        node = Node("call", (node,), "‖_F" if squared or self.take("_F") else "‖")
        return Node("power", (node, Node("number", text="2"))) if squared else node

    def closed(self, node, sign):
        self.need(sign)
        return node

    def inside_parentheses(self):
        """After an opening one; also the adjoints of a Kronecker product, (· ⊗ B)*(D) and (A ⊗ ·)*(D)."""
        if self.take("· ⊗ "):
            factor, kind = self.product(), "adjoint of left"
            self.need(")*(")
            return self.closed(Node(kind, (factor, self.sum())), ")")
        start = self.at
        try:
            factor = self.product()
        except Unreadable:
            factor = None
        if factor and self.take(" ⊗ ·)*("):
            return self.closed(Node("adjoint of right", (factor, self.sum())), ")")
        self.at = start
        return self.closed(Node("bracket", (self.sum(),)), ")")

    def comparison(self):
        left = self.sum()
        sign = next((sign for sign in COMPARISONS if self.take(f" {sign} ")), None)
        if sign is None:
            self.refuse("a comparison")
        right = self.sum()
        return self.closed(Node("comparison", (left, right), sign), "]")

    def word(self):
        found = self.match(NAME)
        word = found.group() if found else ""
        if word and self.take("("):
            return self.closed(Node("call", self.arguments(), word), ")")
        if word and self.take("|"):
            return Node("call", (self.closed(Node("call", (self.sum(),), "|"), "|"),), word)
        if word == "I":
            return Node("identity")
        if word == "e":
            return Node("number", text="e")
        self.at -= len(word)
        return self.refuse("a symbol, number or bracket")

    def arguments(self):
        arguments = [self.argument()]
        while self.take(", "):
            arguments.append(self.argument())
        return tuple(arguments)

    def argument(self):
        self.take("±")  # clip(x, ±c): limits −c and c
        node = self.sum()
        return Node("shape", (node, self.sum())) if self.take("×") else node


def parse(text, names):
    """The tree of a printed formula."""
    return Parser(text, names).formula()
