"""Four spaces for each level of indentation.

The editor indents by two spaces where the labs have four, so a function that is written in it is a
mixture. Only white space at the beginning of lines is changed, and only where Python reads the
result as exactly the same program.
"""

import ast
import io
import tokenize

SPACES = 4


def normalise(source: str) -> str:
    """`source` with four spaces per level; unchanged where it does not parse."""
    text = source.replace("\r\n", "\n")
    try:
        before = ast.dump(ast.parse(text))
        lines = text.split("\n")
        for first, last, depth, inside in _statements(text):
            _indent(lines, first, last, depth, inside)
        result = "\n".join(lines)
        return result if ast.dump(ast.parse(result)) == before else text
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError):
        return text


def _statements(text: str) -> list[tuple[int, int, int, set[int]]]:
    """First line, last line, depth, and the lines that start inside a string, of each statement."""
    found, depth, start = [], 0, 0
    inside: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.INDENT:
            depth += 1
        elif token.type == tokenize.DEDENT:
            depth -= 1
        elif token.type == tokenize.NEWLINE:
            found.append((start, token.start[0], depth, inside))
            start, inside = 0, set()
        elif token.type not in (tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER):
            start = start or token.start[0]
            inside = inside | set(range(token.start[0] + 1, token.end[0] + 1))
    return found


def _indent(lines: list[str], first: int, last: int, depth: int, inside: set[int]) -> None:
    """Moves the lines first..last (from 1), and comments above, to where the depth wants them."""
    lead = _lead(lines[first - 1])
    shift = SPACES * depth - lead
    if not shift or lines[first - 1][lead] == "\t":
        return
    while (
        first > 1 and lines[first - 2].strip().startswith("#") and _lead(lines[first - 2]) == lead
    ):
        first -= 1
    for number in range(first, last + 1):
        line = lines[number - 1]
        if line.strip() and number not in inside:
            lines[number - 1] = " " * max(0, _lead(line) + shift) + line.lstrip(" ")


def _lead(line: str) -> int:
    """How many spaces a line begins with."""
    return len(line) - len(line.lstrip(" "))
