#!/usr/bin/env python3
"""The house's rules, checked without compiling anything.

  tidy.py                  all rules on the tree this file is in
  tidy.py --format         clang-format's opinion as well
  tidy.py --format --fix   and let it rewrite the files
  tidy.py --only-format    clang-format alone

exemptions.txt says what is let off, and why.
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import bans
import layers
import names
import sizes
import structure
import targets
from tree import Finding, read_tree

EXEMPTIONS = "tools/tidy/exemptions.txt"
CHECKS = sizes.CHECKS + layers.CHECKS + names.CHECKS + bans.CHECKS + structure.CHECKS + targets.CHECKS
CLANG_FORMAT = "clang-format-14"
_REASON_CHARACTERS_MIN = 15
# Files a clang-format process: starting one costs more than reading a file.
_FORMAT_CHUNK = 25


def _parse_exemptions(text):
    """(rule, path) -> line; and what is wrong with the file itself."""
    exempt, wrong = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        head, _, reason = line.partition(": ")
        words = head.split()
        if len(words) != 2 or len(reason.strip()) < _REASON_CHARACTERS_MIN:
            wrong.append(Finding("exemptions", EXEMPTIONS, number, "want: rule path: reason"))
            continue
        exempt[tuple(words)] = number
    return exempt, wrong


def check(tree, checks=CHECKS):
    """All findings that no exemption covers, and exemptions that cover nothing."""
    text = tree.files[EXEMPTIONS].text if EXEMPTIONS in tree.files else ""
    exempt, findings = _parse_exemptions(text)
    used = set()
    for rule in checks:
        for finding in rule(tree):
            key = (finding.rule, finding.path)
            too_long = (finding.rule == "file-lines" and not tree.files[finding.path].is_test
                        and tree.files[finding.path].lines > sizes.EXEMPT_FILE_LINES_MAX)
            if key in exempt and not too_long:
                used.add(key)
            else:
                findings.append(finding)
    for key in sorted(set(exempt) - used):
        findings.append(Finding("exemptions", EXEMPTIONS, exempt[key],
                                "%s does not need to be let off %s" % (key[1], key[0])))
    return findings


def _rewritten(paths, root):
    """Those of the files that clang-format would change: one run for all, one document a file."""
    result = subprocess.run([CLANG_FORMAT, "--style=file", "--output-replacements-xml"] + paths,
                            capture_output=True, text=True, check=True, cwd=root)
    documents = result.stdout.split("<?xml ")[1:]
    return [path for path, document in zip(paths, documents) if "<replacement " in document]


def unformatted(root, tree, fix):
    """The files that clang-format would change; with fix it does."""
    paths = [file.path for file in tree.cpp()]
    chunks = [paths[i : i + _FORMAT_CHUNK] for i in range(0, len(paths), _FORMAT_CHUNK)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = [path for some in pool.map(lambda chunk: _rewritten(chunk, root), chunks)
                 for path in some]
    if fix and found:
        subprocess.run([CLANG_FORMAT, "--style=file", "-i"] + found, check=True, cwd=root)
        return []
    return [Finding("format", path, 1, "run tools/dev fmt") for path in found]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root")
    parser.add_argument("--format", action="store_true")
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("--only-format", action="store_true")
    arguments = parser.parse_args()
    # Under Bazel this file is a link into the tree that is to be checked.
    root = arguments.root or os.path.join(os.path.dirname(os.path.realpath(__file__)), "../..")
    root = os.path.normpath(root)
    tree = read_tree(root)
    findings = [] if arguments.only_format else check(tree)
    if arguments.format or arguments.only_format:
        findings += unformatted(root, tree, arguments.fix)
    for finding in sorted(findings, key=lambda f: (f.path, f.line)):
        print(finding)
    print("tidy: %d files, %d findings" % (len(tree.files), len(findings)))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
