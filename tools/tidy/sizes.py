"""How long files and functions may be."""

import ast
import re

from tree import Finding

FILE_LINES_MAX = 400
TEST_FILE_LINES_MAX = 600
# With a reason in exemptions.txt.
EXEMPT_FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

_COUNTED = (".cc", ".h", ".py", ".bzl", ".sh")
_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()=]*$")
_INIT_BRACE = re.compile(r"[\w>]$")


def file_lines(tree):
    for path, file in tree.files.items():
        if not path.endswith(_COUNTED) and path != "tools/dev":
            continue
        limit = TEST_FILE_LINES_MAX if file.is_test else FILE_LINES_MAX
        if file.lines > limit:
            yield Finding("file-lines", path, 1, "%d lines, at most %d" % (file.lines, limit))


def functions_of(file):
    """(first line, last line) of every C++ function body's definition.

    Walks the braces outside of functions: a brace opens a scope (namespace, class), an initialiser
    or a function. clang-format's spacing tells the last two apart in a constructor: `a_{1}` has no
    space before its brace, a body has one.
    """
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                  file.code, flags=re.M)
    head = 0
    depth_in_body = 0
    body_head = None
    for match in re.finditer(r"[{};]", code):
        at, what = match.start(), match.group()
        if body_head is not None:
            depth_in_body += {"{": 1, "}": -1}.get(what, 0)
            if depth_in_body == 0:
                if body_head >= 0:
                    yield file.line_at(body_head), file.line_at(at)
                    head = at + 1
                body_head = None
            continue
        if what != "{":
            head = at + 1
            continue
        before = code[head:at]
        text = before.strip()
        if _SCOPE.search(text):
            head = at + 1
        elif text.endswith("=") or _INIT_BRACE.search(before) or ")" not in text:
            # An initialiser: skipped, and what follows it belongs to the same head.
            body_head, depth_in_body = -1, 1
        else:
            body_head, depth_in_body = head + len(before) - len(before.lstrip()), 1


def function_lines(tree):
    for file in tree.cpp():
        for first, last in functions_of(file):
            lines = last - first + 1
            if lines > FUNCTION_LINES_MAX:
                yield Finding("function-lines", file.path, first, "a function of %d lines, at most %d"
                              % (lines, FUNCTION_LINES_MAX))
    for path, file in tree.files.items():
        if not path.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(file.text)):
            if isinstance(node, ast.FunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    yield Finding("function-lines", path, node.lineno, "%s has %d lines, at most %d"
                                  % (node.name, lines, FUNCTION_LINES_MAX))


CHECKS = (file_lines, function_lines)
