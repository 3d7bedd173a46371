#!/usr/bin/env python3
"""Checks that every name of the public headers is documented.

A declaration is documented by a `///` comment directly above it, by `///<` beside it, or by the comment of its group if that
speaks of it by name; a group is what stands together without a blank line. Overloads in one group share a comment. Of a
data member the comment of its type may speak, and an enumeration's comment covers its enumerators. What the language
defines needs none: default, copy and move, destructors, ==, what is defaulted or deleted. Nor does what is documented
elsewhere: forward declarations, specialisations, using declarations, the definition of what was declared before.

Usage: check_docs.py [ROOT]. Prints one line for each name that is not documented, and exits with 1 if there is any.
"""

import pathlib
import re
import sys

import cpp_reader


def public_headers(root):
    listed = (root / "cmake/public_headers.cmake").read_text(encoding="utf-8")
    return re.findall(r"^\s+(catenary/\S+?\.h)\)?$", listed, re.MULTILINE)


def speaks_of(comment, names):
    return all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", comment) for name in names)


def is_defined_by_language(declaration, owner):
    """Of a function: destructors, default, copy and move, ==, and what is defaulted or deleted."""
    name, head = declaration.names[0], declaration.head
    at = cpp_reader.parameters_at(head)
    end = cpp_reader.after_balanced(head, at)
    parameters = [t.text for t in head[at + 1:end - 1]]
    takes_itself = owner in parameters and len([t for t in parameters if t not in (owner, "const", "&", "&&")]) <= 1
    return (name.startswith("~") or name == "operator==" or any(t.text in ("default", "delete") for t in head[end:])
            or name in (owner, "operator=") and (takes_itself or not parameters))


def is_documented_elsewhere(declaration):
    texts = [t.text for t in declaration.head]
    if declaration.kind in ("namespace", "none") or declaration.is_specialization:
        return True
    if declaration.kind == "alias":  # using catenary::relu
        return "=" not in texts and texts[0] != "typedef"
    if declaration.kind == "type":  # class Graph;
        return declaration.members is None and texts[0] != "enum"
    return declaration.kind == "function" and is_qualified(declaration)


def is_qualified(declaration):
    """Whether a function's name is one of a class: Graph::size."""
    head = declaration.head
    at = next((i for i, t in enumerate(head) if t.text == "operator"), cpp_reader.parameters_at(head) - 1)
    return at > 0 and head[at - 1].text == "::"


class Comments:
    """The /// comments of a header, by where they stand."""

    def __init__(self, reader):
        lines = {line for t in reader.code for line in range(t.line, t.last_line + 1)}
        self.beside = {t.line for t in reader.comments if t.text.startswith("///<")}
        alone = [t for t in reader.comments if t.line not in lines]
        self.lines = {t.line: t.text[3:] for t in alone if t.text.startswith("///") and not t.text.startswith("///<")}
        self.remarks = {t.line for t in alone} - set(self.lines)  # // NOLINT, between a comment and what it is of

    def above(self, line):
        """The text of the comment that ends directly above a line, and the line before all of it."""
        line -= 1
        while line in self.remarks:
            line -= 1
        texts = []
        while line in self.lines:
            texts.insert(0, self.lines[line])
            line -= 1
        return "\n".join(texts), line


def undocumented(text):
    """(line, name) of what a header leaves without a comment."""
    reader = cpp_reader.Reader(text)
    return sorted(of_scope(reader.declarations, Comments(reader), "", "", set()))


def of_scope(declarations, comments, owner, owner_comment, hidden):
    """The same of the members of `owner`, "" for a namespace. hidden: classes' own types, which are defined later."""
    found, last_line = [], None
    group, documented = "", set()
    for d in declarations:
        comment, line_above = comments.above(d.first.line)
        if last_line not in (line_above, d.first.line):
            group, documented = "", set()
        group = comment or group
        last_line = d.last.last_line
        name = "::".join([*filter(None, [owner]), ", ".join(d.names)])
        if not d.public or qualified_name(d) in hidden:
            hidden.add(name)
            continue
        if d.members is not None:
            inner = "" if d.kind == "namespace" else d.names[0]
            found += of_scope(d.members, comments, inner, comment, hidden)
        if is_documented_elsewhere(d) or d.kind == "function" and is_defined_by_language(d, owner):
            continue
        if (comment or last_line in comments.beside or documented.issuperset(d.names) or speaks_of(group, d.names)
                or d.kind == "variable" and speaks_of(owner_comment, d.names)):
            documented.update(d.names)
        else:
            found.append((d.first.line, name))
    return found


def qualified_name(declaration):
    """"ThreadPool::Crew" for the definition of such a type."""
    texts = [t.text for t in declaration.head[1:]]
    return "".join(texts) if declaration.kind == "type" and "::" in texts else None


def main(arguments):
    root = pathlib.Path(arguments[1]) if len(arguments) > 1 else pathlib.Path(__file__).parent.parent
    found = [f"{path}:{line}: {name} needs a doc comment, /// above it or ///< beside it"
             for path in public_headers(root)
             for line, name in undocumented((root / path).read_text(encoding="utf-8"))]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
