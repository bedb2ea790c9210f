"""The house's C++ rules: one set of options for all of our own code."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load("//tools/bazel:fuzz.bzl", "fuzz_test")

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-unused-parameter",
    "-Wno-missing-field-initializers",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
]

def _options(exceptions):
    return _WARNINGS + ([] if exceptions else ["-fno-exceptions"])

def sluice_cc_library(name, srcs = [], hdrs = [], deps = [], exceptions = False, copts = [], **kwargs):
    """A library of our own. exceptions = True is for the one YAML file."""
    cc_library(name = name, srcs = srcs, hdrs = hdrs, deps = deps, copts = _options(exceptions) + copts, **kwargs)

def sluice_cc_binary(name, srcs = [], deps = [], copts = [], **kwargs):
    """A program of our own."""
    cc_binary(name = name, srcs = srcs, deps = deps, copts = _options(False) + copts, **kwargs)

def sluice_cc_test(name, srcs = [], deps = [], size = "small", copts = [], **kwargs):
    """A GoogleTest program; main comes from gtest_main."""
    cc_test(
        name = name,
        srcs = srcs,
        deps = deps + ["@com_google_googletest//:gtest_main", "//test:sanitizer_options"],
        size = size,
        copts = _options(False) + ["-Wno-sign-compare"] + copts,
        **kwargs
    )

def sluice_extension(name, deps = [], test_deps = [], visibility = None):
    """An extension: one folder, one library, one test.

    All .h and .cc files of the folder are NAME; *_test.cc are NAME_test, which
    may use the test harness. The layers hold as for a stranger: up to sdk.
    """

    # "" in this tree; else where a tree like ours begins, as in the template.
    root = native.package_name().partition("source/extensions/")[0]
    copts = ["-iquote", root] if root else []
    sluice_cc_library(
        name = name,
        srcs = native.glob(["*.cc"], exclude = ["*_test.cc"]),
        hdrs = native.glob(["*.h"]),
        copts = copts,
        visibility = visibility or ["//source:above_extensions"],
        deps = ["//source/base", "//source/http", "//source/sdk", "//source/stats"] + deps,
    )
    sluice_cc_test(
        name = name + "_test",
        srcs = native.glob(["*_test.cc"]),
        copts = copts,
        deps = [
            ":" + name,
            "//source/base",
            "//source/http",
            "//source/sdk",
            "//source/stats",
            "//test/harness:filter_tester",
        ] + deps + test_deps,
    )

def sluice_fuzz_test(name, srcs, corpus = None, deps = []):
    """A parser's fuzz target: libFuzzer with --config=fuzz, else a replay of its corpus.

    The corpus is the folder corpus/NAME beside the BUILD file, NAME without
    _fuzz_test, or the files of the label `corpus`.
    """
    fuzz_test(
        name = name,
        srcs = srcs,
        copts = _options(False) + ["-Wno-sign-compare"],
        corpus = corpus,
        deps = deps,
    )
