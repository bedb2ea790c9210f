#!/usr/bin/env python3
"""Starts an HTTP filter: copies the template beside this file, under a name of its own.

  new_filter.py NAME [--root FOLDER]

Writes source/extensions/http/NAME and api/sluice/extensions/http/NAME/v1, and adds the filter to
builtin_extensions. What it makes builds and passes its test.
"""

import argparse
import os
import re
import shutil
import sys

_TEMPLATE = os.path.dirname(os.path.abspath(__file__))
_FOLDERS = ("source/extensions/http/new_filter", "api/sluice/extensions/http/new_filter")
_BUILTIN = "source/extensions/builtin_extensions.cc"
_BUILTIN_BUILD = "source/extensions/BUILD.bazel"


def renamed(text, name):
    class_name = "".join(word.capitalize() for word in name.split("_"))
    return (text.replace("//tools/new_extension/", "//").replace("new_filter", name)
            .replace("NewFilter", class_name))


def copy(root, name):
    for folder in _FOLDERS:
        start = os.path.join(_TEMPLATE, folder)
        for where, _, files in os.walk(start):
            for file in files:
                source = os.path.join(where, file)
                target = os.path.join(root, renamed(os.path.relpath(source, _TEMPLATE), name))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(source, encoding="utf-8") as f:
                    text = renamed(f.read(), name)
                with open(target, "w", encoding="utf-8") as f:
                    f.write(text)
                print(os.path.relpath(target, root))


def insert(path, line, after):
    """Puts a line behind the last one that matches `after`."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    last = None
    for last in re.finditer(after, text, re.M):
        pass
    if last is None:
        sys.exit("%s: no place found for: %s" % (path, line.strip()))
    with open(path, "w", encoding="utf-8") as f:
        f.write(text[: last.end()] + line + text[last.end() :])
    print("%s: %s" % (path, line.strip()))


def register(root, name):
    builtin = os.path.join(root, _BUILTIN)
    insert(builtin, '\n#include "source/extensions/http/%s/%s_config.h"' % (name, name),
           r"^#include .*$")
    insert(builtin, "\n" + renamed("  AddNewFilter(registry);", name),
           r"^void AddBuiltinExtensions\([^{]*\{|^  Add\w+\(registry\);$")
    # The function may have been empty, braces and all on one line.
    with open(builtin, encoding="utf-8") as f:
        text = f.read()
    with open(builtin, "w", encoding="utf-8") as f:
        f.write(re.sub(r"(  Add\w+\(registry\);)\}", r"\1\n}", text))
    insert(os.path.join(root, _BUILTIN_BUILD), '\n        "//source/extensions/http/%s",' % name,
           r'deps = \[$|deps = \[(?="//source/sdk"\])')
    build = os.path.join(root, _BUILTIN_BUILD)
    with open(build, encoding="utf-8") as f:
        text = f.read()
    with open(build, "w", encoding="utf-8") as f:
        f.write(re.sub(r'(",)("//source/sdk")\]', r'\1\n        \2,\n    ]', text))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--root", default=os.path.normpath(os.path.join(_TEMPLATE, "../..")))
    arguments = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9_]*", arguments.name):
        sys.exit("a name like header_tap is wanted")
    target = os.path.join(arguments.root, "source/extensions/http", arguments.name)
    if os.path.exists(target):
        sys.exit(target + " is there already")
    try:
        copy(arguments.root, arguments.name)
        register(arguments.root, arguments.name)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
