"""Python 2, as many published scripts still are, rewritten as Python 3 line by line, so that line numbers stay."""

import ast
import io
import re
import tokenize

NAMES = {"xrange", "raw_input", "unicode", "unichr", "iteritems", "iterkeys", "itervalues", "has_key", "cPickle"}
RULES = [
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"\bxrange\b", "range"),
        (r"\braw_input\b", "input"),
        (r"\bunicode\(", "str("),
        (r"\bunichr\(", "chr("),
        (r"\bcPickle\b", "pickle"),
        (r"\.iter(items|keys|values)\(\)", r".\1()"),
        (r"([\w.]+)\.has_key\(([^()]*)\)", r"(\2 in \1)"),
        (r"<>", "!="),
        (r"`([^`\n]+)`", r"repr(\1)"),
        (r"(?<![\w.])0([0-7]+)\b(?![.\w])", r"0o\1"),
        (r"\b(\d+)[lL]\b", r"\1"),
        (r"\bur(?=['\"])", "r"),
        (r"\bexcept ([^:\n]+), ?(\w+) ?:", r"except \1 as \2:"),
        (r"\braise ([\w.]+), (.+)$", r"raise \1(\2)"),
    )
]
NOTE = (
    "the file is Python 2: it was read as Python 3 (print, xrange, …); mind that 1/2 is 0 in Python 2, and 0.5 as it "
    "was read"
)


def uses_names_of_python2(tree: ast.Module) -> bool:
    """Whether a file that Python 3 can read uses what only Python 2 has, and does not define it."""
    used: set[str] = set()
    own: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (own if isinstance(node.ctx, ast.Store) else used).add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, ast.alias):
            used.add(node.name)
    return bool(used & NAMES - own)


def from_python2(text: str) -> str:
    """The same program in Python 3, as far as rules for single lines go.

    >>> print(from_python2("for i in xrange(3): print i, 'of', n  # all"))
    for i in range(3): print( i, 'of', n)  # all
    """
    text = text.expandtabs(8)
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    try:
        return _with_calls_of_print(text)
    except (tokenize.TokenError, SyntaxError):  # the reader then says what it cannot read
        return text


def _with_calls_of_print(text: str) -> str:
    lines = text.splitlines(keepends=True)
    statement: list[tokenize.TokenInfo] = []
    edits: list[tuple[tuple[int, int], int, str]] = []  # where, how many letters go, and what comes in
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        ends = token.type in (tokenize.NEWLINE, tokenize.COMMENT, tokenize.ENDMARKER) or token.string in (";", ":")
        if not ends or depth:
            if token.type not in (tokenize.INDENT, tokenize.DEDENT, tokenize.NL):
                statement.append(token)
            continue
        edits += _edits_of_print(statement)
        statement = []
    for (row, column), gone, new in sorted(edits, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + new + line[column + gone :]
    return "".join(lines)


def _edits_of_print(statement: list[tokenize.TokenInfo]) -> list[tuple[tuple[int, int], int, str]]:
    """What makes a call of a print statement: brackets around what it prints; nothing where it is one already."""
    if not statement or statement[0].string != "print" or _is_call(statement):
        return []
    to_a_file = len(statement) > 1 and statement[1].string == ">>"
    brackets = [(statement[0].end, 0, "("), (statement[-1].end, 0, ")")]
    if len(statement) == 1:
        return [(statement[0].end, 0, "()")]
    return [*brackets, (statement[1].start, 2, "")] if to_a_file else brackets


def _is_call(statement: list[tokenize.TokenInfo]) -> bool:
    """Whether all that follows print stands in one pair of brackets."""
    depth = 0
    for place, token in enumerate(statement[1:], start=1):
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        if depth == 0:
            return token.string == ")" and place == len(statement) - 1
    return False
