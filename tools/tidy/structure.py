"""Whether files, targets and documents name each other truthfully."""

import fnmatch
import os
import re

from tree import Finding

MAP = "source/README.md"
_CLASS = re.compile(r"\b(?:class|struct)\s+(?:\[\[\w+\]\]\s+)?(\w+)[^;{()=]*\{")
_PURE = re.compile(r"\)\s*(?:const\s*)?(?:noexcept\s*)?=\s*0\s*;")
_PATH = re.compile(
    r"(?<![\w/.:@-])((?:source|test|tools|api|examples|\.github|\.ci)/[\w./*{},-]*[\w}*/])")
_GLOB = re.compile(r"glob\(\s*(\[[^\]]*\])", re.S)
_STRING = re.compile(r'"([^"]+)"')


def interfaces_of(file):
    """(class name, line) of the classes of a header that have a pure virtual function."""
    classes = [(m.start(), m.end(), m.group(1)) for m in _CLASS.finditer(file.code)]
    found = {}
    for pure in _PURE.finditer(file.code):
        depth, at = 0, pure.start()
        # The innermost class whose brace is still open here.
        for start, end, name in reversed([c for c in classes if c[1] <= at]):
            between = file.code[end:at]
            depth = between.count("{") - between.count("}")
            if depth >= 0:
                found.setdefault(name, file.line_at(start))
                break
    return found.items()


def interfaces(tree):
    """The list in source/README.md and the classes with pure virtuals are the same."""
    if MAP not in tree.files:
        yield Finding("interfaces", MAP, 1, "missing; it lists the interfaces")
        return
    text = tree.files[MAP].text
    section = re.search(r"^#+[^\n]*interfaces[^\n]*\n(.*?)(?=^#|\Z)", text, re.M | re.S | re.I)
    listed = {}
    if section:
        for match in re.finditer(r"^\|\s*`(\w+)`", section.group(1), re.M):
            listed[match.group(1)] = text.count("\n", 0, section.start(1) + match.start()) + 1
    there = set()
    for file in tree.cpp("source/"):
        if not file.is_header:
            continue
        for name, line in interfaces_of(file):
            there.add(name)
            if name not in listed:
                yield Finding("interfaces", file.path, line,
                              "%s is not in the interface table of %s" % (name, MAP))
    for name, line in listed.items():
        if name not in there:
            yield Finding("interfaces", MAP, line, "no header declares the interface %s" % name)


def _targets_text(tree, path):
    """The nearest BUILD.bazel above a file, and the file's name in it."""
    folder = os.path.dirname(path)
    while True:
        build = (folder + "/" if folder else "") + "BUILD.bazel"
        if build in tree.files:
            return tree.files[build].text, os.path.relpath(path, folder or ".")
        if not folder:
            return "", path
        folder = os.path.dirname(folder)


def dead_files(tree):
    for file in tree.cpp("source/", "test/", "examples/"):
        build, name = _targets_text(tree, file.path)
        # A list of tests may name them without their ending.
        stem = '"%s"' % name.rsplit(".", 1)[0]
        if '"%s"' % name in build or ('name + ".cc"' in build and stem in build):
            continue
        patterns = [p for g in _GLOB.findall(build) for p in _STRING.findall(g)]
        # An extension is all files of its folder.
        if "sluice_extension(" not in build and not any(fnmatch.fnmatch(name, p) for p in patterns):
            yield Finding("dead-files", file.path, 1, "no BUILD.bazel names it")


def _spelled_out(path):
    """a.{h,cc} -> a.h, a.cc."""
    match = re.search(r"\{([^}]*)\}", path)
    if not match:
        return [path]
    return [path[: match.start()] + part.strip() + path[match.end() :]
            for part in match.group(1).split(",")]


def paths(tree):
    """Every path of the tree that a document or a comment of the build names exists."""
    for path, file in tree.files.items():
        if not path.endswith(".md"):
            continue
        for match in _PATH.finditer(file.text):
            for named in _spelled_out(match.group(1)):
                beside = os.path.normpath(os.path.join(os.path.dirname(path), named))
                if not tree.exists(named) and not tree.exists(beside):
                    yield Finding("paths", path, file.line_at(match.start()),
                                  "there is no %s" % named)


def links(tree):
    """Relative links of the documents lead somewhere."""
    for path, file in tree.files.items():
        if not path.endswith(".md"):
            continue
        for match in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", file.text):
            target = match.group(1)
            if "://" in target or target.startswith("mailto:"):
                continue
            if not tree.exists(os.path.normpath(os.path.join(os.path.dirname(path), target))):
                yield Finding("paths", path, file.line_at(match.start()), "broken link " + target)


CHECKS = (interfaces, dead_files, paths, links)
