"""The files of the project, read once, and what every check needs of them."""

import fnmatch
import os
import re

TOP_FOLDERS = ("api", "examples", "source", "test", "tools")
SKIPPED_FOLDERS = {"__pycache__", "node_modules", "corpus"}
CPP = (".cc", ".h")
TEXT = CPP + (".py", ".bzl", ".bazel", ".BUILD", ".md", ".proto", ".sh", ".txt", ".textproto")

# A raw string, a string, a character, a line comment or a block comment. A quote after a digit
# separates digits (1'000).
_CPP_TOKEN = re.compile(
    r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*"
    r"|/\*.*?\*/",
    re.S,
)


def _blank(text):
    """Spaces instead of everything but line ends, so that offsets and lines stay."""
    return re.sub(r"[^\n]", " ", text)


class File:
    """One file. code is the text without comments and literals, comments the opposite."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self._code = None
        self._comments = None

    @property
    def is_cpp(self):
        return self.path.endswith(CPP)

    @property
    def is_header(self):
        return self.path.endswith(".h")

    @property
    def lines(self):
        return self.text.count("\n") + (not self.text.endswith("\n") and bool(self.text))

    @property
    def code(self):
        if self._code is None:
            self._split()
        return self._code

    @property
    def comments(self):
        if self._comments is None:
            self._split()
        return self._comments

    def _split(self):
        code, comments, end = [], [], 0
        for token in _CPP_TOKEN.finditer(self.text):
            between = self.text[end : token.start()]
            code.append(between)
            comments.append(_blank(between))
            found = token.group()
            if found.startswith("/"):
                code.append(_blank(found))
                comments.append(found)
            else:
                # An empty literal of the same size: "" keeps its quotes.
                code.append(found[0] + _blank(found[1:-1]) + found[-1])
                comments.append(_blank(found))
            end = token.end()
        code.append(self.text[end:])
        comments.append(_blank(self.text[end:]))
        self._code, self._comments = "".join(code), "".join(comments)

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def folder(self):
        """The top folder below source/: base for source/base/buffer.h, else ''."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "source" and len(parts) > 2 else ""

    @property
    def is_test(self):
        return self.path.startswith("test/") or self.path.endswith("_test.cc")


class Finding:
    """One broken rule."""

    def __init__(self, rule, path, line, message):
        self.rule, self.path, self.line, self.message = rule, path, line, message

    def __str__(self):
        return "%s:%d: %s [%s]" % (self.path, self.line, self.message, self.rule)


class Tree:
    """Path -> File. all_paths also has what is not text."""

    def __init__(self, texts, all_paths=None):
        self.files = {path: File(path, text) for path, text in texts.items()}
        self.all_paths = set(all_paths if all_paths is not None else texts)
        self.folders = set()
        for path in self.all_paths:
            while "/" in path:
                path = path.rsplit("/", 1)[0]
                self.folders.add(path)

    def cpp(self, *roots):
        for path in sorted(self.files):
            if self.files[path].is_cpp and (not roots or path.startswith(roots)):
                yield self.files[path]

    def exists(self, path):
        path = path.rstrip("/")
        if path in self.all_paths or path in self.folders:
            return True
        return "*" in path and any(fnmatch.fnmatch(p, path) for p in self.all_paths)


def read_tree(root):
    """Everything below the top folders, and the files at the top."""
    texts, every = {}, []
    for top in ("",) + TOP_FOLDERS + (".github", ".ci"):
        start = os.path.join(root, top) if top else root
        for folder, folders, names in os.walk(start):
            if top:
                folders[:] = [d for d in folders if d not in SKIPPED_FOLDERS]
            else:
                folders[:] = []
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), root)
                every.append(path)
                if name.endswith(TEXT) or path in ("WORKSPACE", "tools/dev"):
                    with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                        texts[path] = f.read()
    return Tree(texts, every)
