"""Fuzz targets: libFuzzer with --config=fuzz, else a replay of the corpus."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def fuzz_test(name, srcs, corpus = None, copts = [], deps = []):
    """A cc_test of a LLVMFuzzerTestOneInput.

    Its corpus is the folder corpus/NAME beside the BUILD file, NAME without
    _fuzz_test, or the files of the label `corpus`.
    """
    folder = "corpus/" + name.replace("_fuzz_test", "")
    if corpus:
        data = [corpus]
        replayed = ["$(locations %s)" % corpus]
        fuzzed = []
    else:
        data = native.glob([folder + "/**"])
        replayed = [native.package_name() + "/" + folder] if data else []
        fuzzed = replayed
    cc_test(
        name = name,
        size = "small",
        srcs = srcs + select({
            "//tools/bazel:fuzz": [],
            "//conditions:default": ["//test/fuzz:replay_main.cc"],
        }),
        copts = copts,
        args = select({
            # Given a folder libFuzzer fuzzes, given files it only replays.
            "//tools/bazel:fuzz": ["-runs=20000", "-max_total_time=30"] + fuzzed,
            "//conditions:default": replayed,
        }),
        data = data,
        linkopts = select({
            "//tools/bazel:fuzz": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        tags = ["fuzz"],
        deps = deps,
    )
