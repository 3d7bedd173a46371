"""Reads the declarations of a C++ source that is formatted as ours are: what is declared, where, and with which comments.

No compiler: macros are taken as what they look like, and both branches of an #if are read. It knows what our code is made of,
and says so (ReadError) where it loses its way.
"""

import dataclasses
import re

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<directive>(?<=\n)[ \t]*#(?:[^\n]*\\\n)*[^\n]*)"
    r'|(?P<text>(?:u8|[uUL])?R"(?P<end>[^(]*)\(.*?\)(?P=end)"|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\')'
    r"|(?P<name>~?[A-Za-z_]\w*)"
    r"|(?P<number>\.?\d[\w.']*)"
    r"|(?P<sign>::|->\*?|<=>|[<=>!+*/%&|^-]=|&&|\|\||\+\+|--|<<|\.\.\.|[^\s\w])",
    re.DOTALL)
CLOSER_OF = {"(": ")", "{": "}", "[": "]"}
TYPES = ("class", "struct", "union", "enum")
ACCESS = ("public", "protected", "private")
# What stands in parentheses after these is no list of parameters.
NOT_FUNCTIONS = ("decltype", "explicit", "noexcept", "static_assert")


class ReadError(Exception):
    """The source is not made of what this reader knows."""


@dataclasses.dataclass
class Token:
    text: str
    kind: str
    line: int
    last_line: int


@dataclasses.dataclass
class Declaration:
    """kind: "namespace", "type", "function", "variable", "alias" or "none". head: its tokens before a body or an initializer,
    without template parameters and attributes. members: of a namespace, a class or a struct; None for what has none. body: the
    brace that a function's body begins with."""
    kind: str
    names: list
    head: list
    first: Token
    last: Token
    public: bool = True
    members: list = None
    body: Token = None
    is_specialization: bool = False


def tokens_of(text):
    """Code and comments, without preprocessor directives."""
    text = "\n" + text
    line, at, found = 0, 0, []
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if match.lastgroup != "directive":
            found.append(Token(match[0], match.lastgroup, line, line + match[0].count("\n")))
    return found


def after_balanced(tokens, at):
    """The index after the bracket that closes the one at `at`."""
    first, closers = tokens[at], [CLOSER_OF[tokens[at].text]]
    while closers:
        at += 1
        if at == len(tokens):
            raise ReadError(f"{first.line}: needed a '{closers[-1]}' that closes this '{first.text}', found none")
        text = tokens[at].text
        if text == closers[-1]:
            closers.pop()
        elif text in CLOSER_OF:
            closers.append(CLOSER_OF[text])
    return at + 1


def after_angles(tokens, at):
    """The index after the > that closes the < at `at`; after this < where none does."""
    start, depth = at, 0
    while at < len(tokens):
        text = tokens[at].text
        depth += (text == "<") - (text == ">")
        at = after_balanced(tokens, at) if text in CLOSER_OF else at + 1
        if depth == 0:
            return at
    return start + 1


def after_constraint(head, at):
    """The index after a constraint: names with arguments or parentheses, joined by && and ||."""
    while at < len(head):
        if head[at].text == "(":
            at = after_balanced(head, at)
        else:
            while at < len(head) and (head[at].kind == "name" or head[at].text == "::"):
                at += 1
                if at < len(head) and head[at].text == "<":
                    at = after_angles(head, at)
                    break
        if at == len(head) or head[at].text not in ("&&", "||"):
            break
        at += 1
    return at


def without_template(head):
    """The tokens of a declaration without attributes, template parameters and constraints."""
    result, at = [], 0
    while at < len(head):
        text = head[at].text
        if text == "[" and head[at + 1].text == "[":
            at = after_balanced(head, at)
        elif text == "alignas":
            at = after_balanced(head, at + 1)
        elif text == "template" and at + 1 < len(head) and head[at + 1].text == "<":
            at = after_angles(head, at + 1)
        elif text == "requires":
            at = after_constraint(head, at + 1)
        else:
            result.append(head[at])
            at += 1
    return result


def outside_brackets(head):
    """(index, token) of the tokens outside all brackets, angles included, up to an initializer. An opening bracket is outside
    itself."""
    at = 0
    while at < len(head):
        text = head[at].text
        yield at, head[at]
        if text == "=":
            return
        if text == "operator" and at + 1 < len(head) and head[at + 1].kind == "sign":  # which is no bracket
            at += 3 if head[at + 1].text in ("(", "[") else 2
        elif text == "<":
            at = after_angles(head, at)
        else:
            at = after_balanced(head, at) if text in CLOSER_OF else at + 1


def parameters_at(head):
    """Where a function's parameters begin; None where it is none."""
    for at, token in outside_brackets(head):
        if token.text == "(" and at > 0 and head[at - 1].text not in NOT_FUNCTIONS and head[at + 1].text not in ("*", "&"):
            return at
    return None


def function_name(head, at):
    operator = next((i for i in range(at) if head[i].text == "operator"), None)
    if operator is None:
        return head[at - 1].text
    words = [token.text for token in head[operator + 1:at]]
    return "operator" + (" " if words[0][0].isalpha() else "") + "".join(words)


def variable_names(head):
    names, last = [], None
    for at, token in outside_brackets(head):
        if token.text == "(" and head[at + 1].text in ("*", "&"):  # a pointer to a function
            return [head[at + 2].text]
        if token.text in ("=", "{", ",", "[") and last:
            names.append(last)
            last = None
        elif token.kind == "name":
            last = token.text
    return names + ([last] if last else [])


def without_bases(head):
    return head[:next((i for i, t in enumerate(head) if t.text in (":", "final")), len(head))]


def is_type(head):
    return bool(head) and head[0].text in TYPES and not any(t.text in ("(", "=") for t in without_bases(head))


class Reader:
    def __init__(self, text):
        tokens = tokens_of(text)
        self.comments = [t for t in tokens if t.kind == "comment"]
        self.code = [t for t in tokens if t.kind != "comment"]
        self.declarations = self.scope(0, len(self.code))

    def scope(self, at, end, public=True):
        """The declarations from `at` to `end`; whether they are public until something else is said."""
        found = []
        while at < end:
            if self.code[at].text in ACCESS and self.code[at + 1].text == ":":
                public = self.code[at].text == "public"
                at += 2
                continue
            after, declaration = self.declaration(at, end)
            declaration.public = public
            declaration.is_specialization = [t.text for t in self.code[at:at + 3]] == ["template", "<", ">"]
            at = after
            found.append(declaration)
        return found

    def declaration(self, start, end):
        """The index after it, and what it is."""
        at = start
        while at < end and self.code[at].text != ";":
            text = self.code[at].text
            if text == "{":
                head = without_template(self.code[start:at])
                if is_namespace(head):
                    return self.namespace(start, at, head)
                if is_type(head):
                    return self.type_definition(start, at, head)
                body, at = self.code[at], after_balanced(self.code, at)
                is_initializer = at < end and self.code[at].text in (",", "{")  # of a member, before a constructor's body
                if parameters_at(head) is not None and not is_initializer:
                    at = self.after_handlers(at, end)
                    name = function_name(head, parameters_at(head))
                    return at, Declaration("function", [name], head, self.code[start], self.code[at - 1], body=body)
            else:
                at = after_balanced(self.code, at) if text in CLOSER_OF else at + 1
        if at >= end:
            raise ReadError(f"{self.code[start].line}: needed a ';' that ends what begins here, found none")
        return at + 1, described(self.code[start:at + 1])

    def after_handlers(self, at, end):
        """The index after the handlers of a function whose body is a try block."""
        while at < end and self.code[at].text == "catch":
            at = after_balanced(self.code, after_balanced(self.code, at + 1))
        return at

    def namespace(self, start, at, head):
        end = after_balanced(self.code, at)
        members = self.scope(at + 1, end - 1)
        return end, Declaration("namespace", [t.text for t in head if t.kind == "name"], head, self.code[start],
                                self.code[end - 1], members=members)

    def type_definition(self, start, at, head):
        """A type, or what is declared with it: enum Guards { ... } guards."""
        end = after_balanced(self.code, at)
        is_enumeration = head[0].text == "enum"
        members = None if is_enumeration else self.scope(at + 1, end - 1, head[0].text != "class")
        names = [t.text for t in without_bases(head) if t.kind == "name" and t.text not in TYPES]
        stop = end
        while self.code[stop].text != ";":
            stop = after_balanced(self.code, stop) if self.code[stop].text in CLOSER_OF else stop + 1
        if not names:
            names = variable_names(self.code[end:stop])
        return stop + 1, Declaration("type", names[-1:], without_bases(head), self.code[start], self.code[stop], members=members)


def is_namespace(head):
    words = [t.text for t in head]
    return "namespace" in words[:2] or words[:1] == ["extern"] and head[-1].kind == "text"


def described(tokens):
    """What a declaration without a body declares."""
    words = [t.text for t in tokens[:3]]
    head = [t for t in without_template(tokens) if t.text != ";"]
    if not head or words[0] in ("friend", "static_assert") or words[:2] == ["extern", "template"]:
        return Declaration("none", [], head, tokens[0], tokens[-1])
    if words[0] in ("using", "typedef", "namespace"):
        named = head[1] if len(head) > 2 and head[2].text == "=" else head[-1]
        return Declaration("alias", [named.text], head, tokens[0], tokens[-1])
    if is_type(head) and len(head) <= 4 and "{" not in (t.text for t in head):
        return Declaration("type", [head[-1].text], head, tokens[0], tokens[-1])
    at = parameters_at(head)
    if at is not None:
        return Declaration("function", [function_name(head, at)], head, tokens[0], tokens[-1])
    return Declaration("variable", variable_names(head), head, tokens[0], tokens[-1])
