"""The part of Envoy's v3 API that Sluice reads, as one proto and one C++ library.

@envoy_api_sources is a folder whose subfolders are import roots (envoy-api,
xds, googleapis, protoc-gen-validate). This rule links the closure of `roots`
out of it into one flat tree, so that one protoc run and one include path serve
all of it. To try a newer API, lay out such a folder with an empty WORKSPACE
and say --override_repository=envoy_api_sources=/the/folder.

The generated code is compiled in a few large units: most of the time of one
.pb.cc goes into the headers it shares with the others (143 files took 90
seconds of CPU in units, about 600 one by one).
"""

# The rules messages that have an ignore_empty field in the protoc-gen-validate
# which this API was written against, and its number there. The copy in the npm
# package is older than the API and lacks it.
_IGNORE_EMPTY = {
    "BytesRules": 14,
    "DoubleRules": 8,
    "Fixed32Rules": 8,
    "Fixed64Rules": 8,
    "FloatRules": 8,
    "Int32Rules": 8,
    "Int64Rules": 8,
    "MapRules": 6,
    "RepeatedRules": 5,
    "SFixed32Rules": 8,
    "SFixed64Rules": 8,
    "SInt32Rules": 8,
    "SInt64Rules": 8,
    "StringRules": 26,
    "UInt32Rules": 8,
    "UInt64Rules": 8,
}

# Bytes of .proto text that go into one unit.
_UNIT_BYTES = 110000

_BUILD = '''load("@rules_cc//cc:defs.bzl", "cc_library")
load("@rules_proto//proto:defs.bzl", "proto_library")
load("@sluice//tools/bazel:proto.bzl", "generated_copts", "protoc_cpp")

package(default_visibility = ["//visibility:public"])

proto_library(
    name = "envoy_proto",
    srcs = glob(["**/*.proto"]),
    deps = [
        "@com_google_protobuf//:%%s_proto" %% name
        for name in %s
    ],
)

protoc_cpp(
    name = "envoy_pb",
    proto = ":envoy_proto",
)

cc_library(
    name = "envoy_cc_proto",
    srcs = glob(["units/*.cc"]),
    hdrs = [":envoy_pb_headers"],
    copts = generated_copts(),
    includes = ["."],
    linkstatic = True,
    textual_hdrs = [":envoy_pb_sources"],
    deps = ["@com_google_protobuf//:protobuf"],
    # Any is resolved by name in the generated pool: every file must be there.
    alwayslink = True,
)
'''

def _imports(text):
    found = []
    for line in text.split("\n"):
        if line.startswith("import "):
            found.append(line.split('"')[1])
    return found

def _patched_validate(text):
    if "ignore_empty" in text:
        return text
    for message, number in _IGNORE_EMPTY.items():
        opening = "message %s {\n" % message
        if opening not in text:
            fail("validate.proto has no " + message)
        text = text.replace(
            opening,
            opening + "    // Rules do not apply to an unset or empty value.\n" +
            "    optional bool ignore_empty = %d;\n\n" % number,
        )
    return text

# Fields of UpstreamTlsContext that came into Envoy's API after the copy in the
# npm package was made, under Envoy's numbers.
def _patched_tls(text):
    if "auto_host_sni" in text:
        return text
    before = "  // If true, server-initiated TLS renegotiation will be allowed.\n"
    if before not in text:
        fail("tls.proto has no place for auto_host_sni")
    return text.replace(
        before,
        "  // The name sent is the host's, where it has one.\n" +
        "  bool auto_host_sni = 6;\n\n" +
        "  // The certificate must be for the name sent.\n" +
        "  bool auto_sni_san_validation = 7;\n\n" + before,
    )

_PATCHES = {
    "envoy/extensions/transport_sockets/tls/v3/tls.proto": _patched_tls,
    "validate/validate.proto": _patched_validate,
}

def _find(ctx, trees, path):
    for tree in trees:
        candidate = ctx.path("%s/%s" % (tree, path))
        if candidate.exists:
            return candidate
    return None

def _closure(ctx, trees):
    """Import path -> text of everything that the roots import."""
    texts = {}
    well_known = {}
    wanted = list(ctx.attr.roots)
    for _ in range(100000):
        if not wanted:
            break
        path = wanted.pop()
        if path in texts:
            continue
        if path.startswith("google/protobuf/"):
            well_known[path[len("google/protobuf/"):-len(".proto")]] = None
            continue
        found = _find(ctx, trees, path)
        if not found:
            fail("no folder of @envoy_api_sources has %s" % path)
        texts[path] = ctx.read(found).replace("\r\n", "\n")
        if path in _PATCHES:
            texts[path] = _PATCHES[path](texts[path])
            ctx.file(path, texts[path], executable = False)
        else:
            ctx.symlink(found, path)
        wanted += _imports(texts[path])
    return texts, well_known.keys()

def _write_units(ctx, texts):
    units = [[]]
    size = 0
    for path in sorted(texts):
        if size + len(texts[path]) > _UNIT_BYTES and units[-1]:
            units.append([])
            size = 0
        size += len(texts[path])
        units[-1].append(path)
    for number, paths in enumerate(units):
        lines = ["// The names that protoc gives to file-local tables are the same in every file."]

        # Headers come first, so that a field of such a name keeps it there.
        lines += ['#include "%s.pb.h"' % path[:-len(".proto")] for path in paths]
        for i, path in enumerate(paths):
            lines += [
                "#define schemas schemas_%d" % i,
                "#define file_default_instances file_default_instances_%d" % i,
                '#include "%s.pb.cc"' % path[:-len(".proto")],
                "#undef schemas",
                "#undef file_default_instances",
            ]
        ctx.file("units/unit_%d.cc" % number, "\n".join(lines) + "\n", executable = False)

def _envoy_api_impl(ctx):
    sources = ctx.path(ctx.attr.sources).dirname
    trees = [d for d in sources.readdir() if not d.basename.startswith(".")]
    texts, well_known = _closure(ctx, trees)
    _write_units(ctx, texts)
    ctx.file("WORKSPACE", 'workspace(name = "envoy_api")\n', executable = False)
    ctx.file("BUILD.bazel", _BUILD % repr(sorted(well_known)), executable = False)

envoy_api = repository_rule(
    implementation = _envoy_api_impl,
    attrs = {
        "roots": attr.string_list(mandatory = True),
        "sources": attr.label(default = "@envoy_api_sources//:WORKSPACE", allow_single_file = True),
    },
    # An overridden @envoy_api_sources may change without a change of any hash.
    local = True,
)
