"""Fuzz targets: libFuzzer with --config=fuzz, else a replay of the corpus."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def fuzz_test(name, srcs, corpus, deps = []):
    cc_test(
        name = name,
        srcs = srcs + select({
            "//tools/bazel:fuzz": [],
            "//conditions:default": ["//test/fuzz:standalone_main.cc"],
        }),
        args = select({
            # Given a directory libFuzzer fuzzes, given files it only replays.
            "//tools/bazel:fuzz": ["-runs=20000", "-max_total_time=30", native.package_name() + "/corpus"],
            "//conditions:default": ["$(locations %s)" % corpus],
        }),
        data = [corpus],
        linkopts = select({
            "//tools/bazel:fuzz": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps,
    )
