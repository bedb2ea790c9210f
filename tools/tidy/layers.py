"""Who may include whom: tools/bazel/layers.bzl, held against the #include lines."""

import re

from tree import Finding

TABLE = "tools/bazel/layers.bzl"
_INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)

# Folders that turn protos into values or hand them on; elsewhere only *_config.cc does.
_PROTO_FOLDERS = {"config", "control", "server", "xds"}


def _table(tree):
    names = {}
    # Starlark that is also Python: data and pure functions.
    exec(tree.files[TABLE].text, names)  # pylint: disable=exec-used
    return names


def includes(tree):
    table = _table(tree)
    for file in tree.cpp("source/"):
        user = file.folder()
        if user and table["row_of"](user) < 0:
            yield Finding("layers", file.path, 1, "source/%s is in no row of %s" % (user, TABLE))
            continue
        for match in _INCLUDE.finditer(file.text):
            path = match.group(1)
            line = file.line_at(match.start(1))
            if path.startswith("test/") and not file.is_test:
                yield Finding("layers", file.path, line, "the product includes %s" % path)
            used = path.split("/")[1] if path.startswith("source/") else ""
            if user and used and not file.is_test and not table["may_use"](user, used):
                yield Finding("layers", file.path, line, "%s may not use %s" % (user, used))


def protos(tree):
    for file in tree.cpp("source/"):
        if file.is_test or file.folder() in _PROTO_FOLDERS or file.path.endswith("_config.cc"):
            continue
        for match in _INCLUDE.finditer(file.text):
            if match.group(1).endswith(".pb.h"):
                yield Finding("protos", file.path, file.line_at(match.start(1)),
                              "only *_config.cc may include %s" % match.group(1))


CHECKS = (includes, protos)
