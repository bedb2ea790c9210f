"""What things may be called, and what a header must have."""

import os
import re

from tree import Finding

_SUFFIXES = ("Impl", "Base", "Util", "Utils", "Helper", "Helpers", "Data", "Info", "Manager")
_ALLOWED = ("StreamInfo", "ConnectionManager")
_TYPE = re.compile(
    r"\b(?:class|struct|union|enum(?:\s+class)?|using)\s+(?:\[\[\w+\]\]\s+)?([A-Z]\w*)\b(?!\s*::)")
_FILE_SUFFIXES = re.compile(r"_(impl|base|utils?|helpers?|data|info|manager)(_test)?\.(cc|h)$")
_NAMESPACE = re.compile(r"\bnamespace\s+([\w:]+)\s*\{")


def types(tree):
    for file in tree.cpp("source/", "test/", "examples/", "tools/"):
        for match in _TYPE.finditer(file.code):
            name = match.group(1)
            if name.endswith(_SUFFIXES) and not name.endswith(_ALLOWED) and name not in _SUFFIXES:
                yield Finding("names", file.path, file.line_at(match.start()),
                              "%s says nothing by its last word" % name)


def files(tree):
    for file in tree.cpp("source/", "test/", "examples/"):
        name = os.path.basename(file.path)
        stem = re.sub(r"(_test)?\.(cc|h)$", "", name)
        if not re.fullmatch(r"[a-z0-9_]+\.(cc|h)", name):
            yield Finding("names", file.path, 1, "file names are snake_case")
        if _FILE_SUFFIXES.search(name) and stem not in ("stream_info", "connection_manager"):
            yield Finding("names", file.path, 1, "%s says nothing by its last word" % name)


def headers(tree):
    for file in tree.cpp("source/", "test/", "examples/"):
        if not file.is_header:
            continue
        if not re.match(r"(//[^\n]*\n|\s)*#pragma once\n", file.text):
            yield Finding("headers", file.path, 1, "a header opens with #pragma once")
        if not file.comments.strip():
            yield Finding("headers", file.path, 1, "a header says what its things are")


def namespaces(tree):
    """One namespace, sluice; other names are opened only to declare what they own."""
    for file in tree.cpp("source/", "test/", "examples/"):
        for match in _NAMESPACE.finditer(file.code):
            name = match.group(1)
            if name.startswith("sluice::"):
                yield Finding("names", file.path, file.line_at(match.start()),
                              "no namespace inside of sluice")


CHECKS = (types, files, headers, namespaces)
