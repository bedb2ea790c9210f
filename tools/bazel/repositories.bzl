"""All external repositories of this workspace.

C++ libraries are compiled here from the upstream tarballs of Debian's source
packages, so that they share this build's language level, options, sanitizers
and BoringSSL.  C libraries with a stable ABI, protoc and the gRPC plugin come
from Debian's binary packages.
"""

load("//tools/bazel:debian.bzl", "debian_library")
load("//tools/bazel:debian_source.bzl", "debian_source")
load("//tools/bazel:envoy_api.bzl", "envoy_api")
load("//tools/bazel:envoy_api_roots.bzl", "ENVOY_API_ROOTS")
load("//tools/bazel:npm_package.bzl", "npm_package")
load("//tools/bazel:offline.bzl", "offline_repositories")

def sluice_repositories():
    offline_repositories()
    debian_source(
        name = "boringssl",
        source = "android-platform-external-boringssl",
        version = "13.0.0+r24-2",
        file = "android-platform-external-boringssl_13.0.0+r24.orig.tar.xz",
        sha256 = "583b7aeee1fca68b8244d086cea6fca23bd19d517bd63f0b9de714e048f92a7d",
        strip_prefix = "android-platform-external-boringssl-13.0.0+r24",
        build_file = "//tools/bazel/deps:boringssl.BUILD",
    )
    debian_source(
        name = "com_google_absl",
        source = "abseil",
        version = "20220623.1-1+deb12u2",
        file = "abseil_20220623.1.orig.tar.gz",
        sha256 = "abfe2897f3a30edaa74bc34365afe3c2a3cd012091a97dc7e008f7016adcd5fe",
        strip_prefix = "abseil-20220623.1",
        patches = ["//tools/bazel/deps:abseil_cve_2025_0838.patch"],
    )
    debian_source(
        name = "com_google_protobuf",
        source = "protobuf",
        version = "3.21.12-3+deb12u1",
        file = "protobuf_3.21.12.orig.tar.gz",
        sha256 = "930c2c3b5ecc6c9c12615cf5ad93f1cd6e12d0aba862b572e076259970ac3a53",
        strip_prefix = "protobuf-3.21.12",
        build_file = "//tools/bazel/deps:protobuf.BUILD",
        symlinks = {"/usr/bin/protoc": "bin/protoc"},
    )
    debian_source(
        name = "com_github_grpc_grpc",
        source = "grpc",
        version = "1.51.1-3",
        file = "grpc_1.51.1.orig.tar.gz",
        sha256 = "b55696fb249669744de3e71acc54a9382bea0dce7cd5ba379b356b12b82d4229",
        strip_prefix = "grpc-1.51.1",
        build_file = "//tools/bazel/deps:grpc.BUILD",
        cmake_libs = [
            "address_sorting",
            "gpr",
            "grpc",
            "grpc++",
            "upb",
        ],
        symlinks = {"/usr/bin/grpc_cpp_plugin": "bin/grpc_cpp_plugin"},
    )
    debian_source(
        name = "com_github_jbeder_yaml_cpp",
        source = "yaml-cpp",
        version = "0.7.0+dfsg-8",
        file = "yaml-cpp_0.7.0+dfsg.orig.tar.xz",
        sha256 = "dc63708605404e0b963e0ca3a9619d1c8270eda2839603e6fa0384e5e51e5312",
        strip_prefix = "yaml-cpp-yaml-cpp-0.7.0",
        build_file = "//tools/bazel/deps:yaml_cpp.BUILD",
    )
    debian_source(
        name = "com_google_googletest",
        source = "googletest",
        version = "1.12.1-0.2",
        file = "googletest_1.12.1.orig.tar.gz",
        sha256 = "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2",
        strip_prefix = "googletest-release-1.12.1",
        build_file = "//tools/bazel/deps:googletest.BUILD",
    )

    # The npm package of gRPC's own xDS client carries Envoy's protos.
    npm_package(
        name = "envoy_api_sources",
        package = "@grpc/grpc-js-xds",
        version = "1.14.1",
        integrity = "sha512-F2mVXwEeMWw1znPUrp+8ykjsIOVnf7Rv+EyIvXOfz73w5tNolCnzokpLkE/d2Ehx30PJmZXqCQdMpx8DcBJohA==",
        strip_prefix = "package/deps",
    )

    # A WebSocket peer for test/wire and examples/websocket. No dependencies.
    npm_package(
        name = "npm_ws",
        package = "ws",
        version = "8.18.0",
        integrity = "sha512-8VbfWfHLbbwu3+N6OKsOMpBdT4kXPDDB9cJk2bJ6mh9ucxdlnNvH1e+roYkKmN9Nxw2yjz7VzeO9oOz2zJ04Pw==",
        files = ["**/*.js", "package.json"],
    )
    envoy_api(
        name = "envoy_api",
        roots = ENVOY_API_ROOTS,
    )
    debian_library(
        name = "com_github_libevent_libevent",
        deb = "libevent-dev",
        probe = ["/usr/include/event2/event.h"],
        targets = {
            ":event": ["event_core"],
            ":event_extra": ["event_extra", "event_core"],
            ":event_pthreads": ["event_pthreads", "event_core"],
        },
    )
    debian_library(
        name = "com_github_c_ares_c_ares",
        deb = "libc-ares-dev",
        probe = ["/usr/include/ares.h"],
        targets = {":ares": ["cares"]},
    )
    debian_library(
        name = "com_github_nghttp2_nghttp2",
        deb = "libnghttp2-dev",
        probe = ["/usr/include/nghttp2/nghttp2.h"],
        targets = {":nghttp2": ["nghttp2"]},
    )

    debian_library(
        name = "xxhash",
        deb = "libxxhash-dev",
        probe = ["/usr/include/xxhash.h"],
        # Inlined from its header.
        targets = {":xxhash": []},
    )

    # Not from source: Debian's repacked tarball lacks the generated Unicode
    # tables.
    debian_library(
        name = "com_googlesource_code_re2",
        deb = "libre2-dev",
        probe = ["/usr/include/re2/re2.h"],
        targets = {":re2": [":libre2.a"]},
    )
    debian_library(
        name = "zlib",
        deb = "zlib1g-dev",
        probe = ["/usr/include/zlib.h"],
        targets = {":zlib": ["z"]},
    )
    # The C sources of Node.js's HTTP/1 parser: what our codec is fuzzed against.
    debian_library(
        name = "llhttp",
        deb = "node-llhttp",
        probe = ["/usr/share/llhttp/llhttp.c"],
        symlinks = {
            "/usr/share/llhttp": "source",
            "/usr/share/include/llhttp": "include",
        },
        extra_build = """
load("@rules_cc//cc:defs.bzl", "cc_library")
cc_library(
    name = "llhttp",
    srcs = glob(["source/*.c"]),
    hdrs = glob(["include/*.h"]),
    copts = ["-w"],
    strip_include_prefix = "include",
    visibility = ["//visibility:public"],
)
""",
    )
    debian_library(
        name = "com_github_google_benchmark",
        deb = "libbenchmark-dev",
        probe = ["/usr/include/benchmark/benchmark.h"],
        targets = {
            ":benchmark": ["benchmark"],
            ":benchmark_main": ["benchmark_main", "benchmark"],
        },
    )
