"""What a target's files include must come from the target or a direct dependency.

g++ takes a header that arrives through a dependency's dependency; the day that one drops it, a
stranger breaks. Clang's layering check says the same, but Bazel 4.2.3 cannot run it (it takes the
module maps that clang read for undeclared inputs), so BUILD files are read here: they are Python.
"""

import ast
import os
import re

from tree import Finding

_INCLUDE = re.compile(r'^\s*#include "((?:source|test|examples|absl|event2|re2|yaml-cpp|openssl)/[^"]+)"',
                      re.M)
_LIBRARIES = ("sluice_cc_library", "sluice_extension")
_RULES = _LIBRARIES + ("sluice_cc_binary", "sluice_cc_test", "sluice_fuzz_test")
# Where the headers of libraries that are one target come from.
_EXTERNAL = {
    "openssl/": "@boringssl//:ssl",
    "re2/": "@com_googlesource_code_re2//:re2",
    "yaml-cpp/": "@com_github_jbeder_yaml_cpp//:yaml_cpp",
    "event2/": "@com_github_libevent_libevent//:event",
}


class Target:
    """A C++ target of a BUILD.bazel, with absolute labels and paths."""

    def __init__(self, package, kind, line, values):
        self.package, self.kind, self.line = package, kind, line
        self.name = values.get("name", "")
        self.label = "//%s:%s" % (package, self.name)
        self.hdrs = [self._path(f) for f in values.get("hdrs", [])]
        self.srcs = [self._path(f) for f in values.get("srcs", [])]
        self.deps = [self._absolute(d) for d in values.get("deps", [])]

    def _path(self, name):
        return os.path.join(self.package, name)

    def _absolute(self, label):
        if label.startswith(":"):
            return "//%s%s" % (self.package, label)
        if ":" not in label:
            return "%s:%s" % (label, label.rsplit("/", 1)[-1])
        return label


def _strings(node):
    """Every string of an expression: a list, a sum of lists, a select."""
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)
            and isinstance(n.value, str)]


def targets_of(package, text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _RULES:
            values = {k.arg: _strings(k.value) for k in node.keywords if k.arg != "name"}
            values["name"] = "".join(s for k in node.keywords if k.arg == "name"
                                     for s in _strings(k.value))
            yield Target(package, node.func.id, node.lineno, values)


def all_targets(tree):
    for path, file in tree.files.items():
        if os.path.basename(path) == "BUILD.bazel" and not path.startswith("tools/new_extension/"):
            yield from targets_of(os.path.dirname(path), file.text)


def _wanted(path, owners):
    """The labels one of which an include needs; none: not ours to judge."""
    if path in owners:
        return owners[path]
    for prefix, label in _EXTERNAL.items():
        if path.startswith(prefix):
            return {label}
    if path.startswith("absl/"):
        return {"@com_google_absl//" + os.path.dirname(path)}
    return set()


def _has(deps, wanted):
    return any(dep == want or (want.startswith("@com_google_absl") and dep.startswith(want + ":"))
               for dep in deps for want in wanted)


def direct_dependencies(tree):
    targets = list(all_targets(tree))
    owners = {}
    for target in targets:
        for header in target.hdrs:
            owners.setdefault(header, set()).add(target.label)
    for target in targets:
        own = set(target.hdrs) | set(target.srcs)
        for path in own:
            file = tree.files.get(path)
            if not file or not file.is_cpp:
                continue
            for match in _INCLUDE.finditer(file.text):
                wanted = _wanted(match.group(1), owners)
                if match.group(1) in own or not wanted or _has(target.deps, wanted):
                    continue
                yield Finding("direct-deps", path, file.line_at(match.start(1)),
                              "%s needs %s for this include" % (target.label, min(wanted)))


CHECKS = (direct_dependencies,)
