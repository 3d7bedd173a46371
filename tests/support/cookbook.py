"""The functions of tests/cookbook_test.cc as formulas that `catenary derive` reads, and their declarations."""

import re

ENTRY = re.compile(r'\{"([^"]+)",\s*\[\]\(Book& m\) \{(.*?)\},\s*\'(\w)\',', re.S)


class Written:
    """A formula; what C++ does with values makes a longer one."""

    def __init__(self, text):
        self.text = text

    def __add__(self, other):
        return Written(f"({self.text} + {other.text})")

    def __sub__(self, other):
        return Written(f"({self.text} - {other.text})")

    def __mul__(self, other):
        return Written(f"({self.text} * {other.text})")

    def __truediv__(self, other):
        return Written(f"({self.text} / {other.text})")


def applied(name):
    return lambda *arguments: Written(f"{name}({', '.join(a.text for a in arguments)})")


FUNCTIONS = {name: applied(name) for name in ("det", "inv", "logdet", "trace", "kron", "sum", "diag", "dot")} | {
    "transpose": lambda a: Written(f"{a.text}'"),
    "square": lambda a: Written(f"({a.text}.^2)"),
    "norm2": lambda a: applied("normF" if a.text.isupper() else "norm")(a),
    "power": lambda a, k: Written(f"({a.text}^{k})"),
    "product": lambda *factors: Written(f"({' * '.join(f.text for f in factors)})"),
    "form": lambda a, matrix, b: Written(f"({a.text}' * {matrix.text} * {b.text})"),
}


def shape(name):
    """As the book's test declares them: 4×4 for J to M, 4×3 for R, scalars t and u, 3 and 3×3 else."""
    size = "4×4" if name in "JKLM" else "1" if name in "tu" else "4×3" if name == "R" else "3" if name >= "a" else "3×3"
    return f"{name}: {size}" + (" symmetric" if name in "LMS" else "")


def formulas(source):
    """(formula, declarations, variable) of each entry in the C++ source's table."""
    for _, body, variable in ENTRY.findall(source):
        names = sorted(set(re.findall(r"m\['(\w)'\]", body)))
        scope = FUNCTIONS | {"m": {name: Written(name) for name in names}}
        *definitions, result = [line.strip() for line in body.split(";") if line.strip()]
        for line in definitions:
            for definition in re.split(r",\s*(?=\w+ = )", line.removeprefix("const Value ")):
                name, value = definition.split(" = ", 1)
                scope[name] = eval(value, {}, scope)
        formula = eval(" ".join(result.removeprefix("return ").split()), {}, scope)
        yield formula.text, ", ".join(map(shape, names)), variable
