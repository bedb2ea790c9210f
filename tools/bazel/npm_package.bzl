"""Files of an npm package, pinned by the integrity hash that npm publishes."""

load("//tools/bazel:fetch.bzl", "adopt_download", "cached_download", "run")

_BUILD = """exports_files(["WORKSPACE", "package.json"])

filegroup(
    name = "files",
    srcs = glob(%s),
    visibility = ["//visibility:public"],
)
"""

def _npm_package_impl(ctx):
    spec = "%s@%s" % (ctx.attr.package, ctx.attr.version)

    # npm's own rule for the file name: @grpc/grpc-js-xds -> grpc-grpc-js-xds.
    name = "%s-%s.tgz" % (ctx.attr.package.replace("@", "").replace("/", "-"), ctx.attr.version)
    if not cached_download(ctx, name, integrity = ctx.attr.integrity):
        npm = ctx.which("npm")
        if not npm:
            fail("cannot fetch %s: there is no npm (run tools/dev setup)" % spec)
        ctx.report_progress("npm pack " + spec)
        ctx.file("fetched/keep", "")
        result = ctx.execute(
            [npm, "pack", "--silent", "--ignore-scripts", spec],
            timeout = 600,
            working_directory = "fetched",
        )
        if result.return_code or not ctx.path("fetched/" + name).exists:
            fail("npm pack %s failed:\n%s" % (spec, result.stderr))
        adopt_download(ctx, "fetched/" + name, name, integrity = ctx.attr.integrity)
        ctx.delete("fetched")
    ctx.extract(name, output = "unpacked", stripPrefix = ctx.attr.strip_prefix)
    ctx.delete(name)
    run(ctx, ["sh", "-c", "mv unpacked/* . && rm -r unpacked"])
    ctx.file("WORKSPACE", "# %s %s\n" % (spec, ctx.attr.integrity), executable = False)
    ctx.file("BUILD.bazel", _BUILD % json.encode(ctx.attr.files), executable = False)

npm_package = repository_rule(
    implementation = _npm_package_impl,
    attrs = {
        "files": attr.string_list(doc = "Patterns of what the target :files has."),
        "integrity": attr.string(mandatory = True),
        "package": attr.string(mandatory = True),
        "strip_prefix": attr.string(default = "package"),
        "version": attr.string(mandatory = True),
    },
    environ = ["SLUICE_DISTDIR"],
)
