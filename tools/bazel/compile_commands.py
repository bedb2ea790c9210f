#!/usr/bin/env python3
"""Writes compile_commands.json for editors, from what Bazel would run. Arguments: Bazel's flags."""

import json
import os
import subprocess
import sys

# g++ flags that clang's tools do not know.
_GCC_ONLY = {
    "-fno-canonical-system-headers",
    "-Wno-free-nonheap-object",
    "-Wunused-but-set-parameter",
}


def bazel(*arguments):
    return subprocess.run(("bazel",) + arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=True).stdout


def main():
    flags = sys.argv[1:]
    root = bazel("info", *flags, "workspace").strip()
    execution_root = bazel("info", *flags, "execution_root").strip()
    actions = json.loads(bazel("aquery", *flags, "--output=jsonproto", "--noinclude_artifacts",
                               'mnemonic("CppCompile", //source/... + //test/... + //examples/...)'))
    commands = {}
    for action in actions.get("actions", []):
        arguments = action["arguments"]
        source = arguments[arguments.index("-c") + 1]
        if source.startswith(("external/", "bazel-out/")):
            continue
        commands[source] = {
            "directory": execution_root,
            "file": os.path.join(root, source),
            "arguments": ["g++"] + [a for a in arguments[1:] if a not in _GCC_ONLY],
        }
    with open(os.path.join(root, "compile_commands.json"), "w", encoding="utf-8") as f:
        json.dump(list(commands.values()), f, indent=1)
    print("%d files" % len(commands))


if __name__ == "__main__":
    main()
