"""Upstream tarballs from Debian's source packages, pinned by SHA-256."""

load("//tools/bazel:fetch.bzl", "adopt_download", "cached_download", "run")

def _download(ctx, name):
    if cached_download(ctx, name, sha256 = ctx.attr.sha256):
        return

    # A stable update may have replaced the Debian revision while the upstream
    # tarball, whose hash counts here, stayed.
    tried = []
    for package in ["%s=%s" % (ctx.attr.source, ctx.attr.version), ctx.attr.source]:
        ctx.report_progress("apt-get source " + package)
        result = ctx.execute([
            "apt-get",
            "source",
            "--download-only",
            "--only-source",
            "-qq",
            "-o",
            "APT::Sandbox::User=root",
            package,
        ], timeout = 600)
        if result.return_code == 0 and ctx.path(name).exists:
            adopt_download(ctx, name, name, sha256 = ctx.attr.sha256)
            return
        tried.append(result.stderr)
    fail("cannot fetch %s from Debian (run tools/dev setup first?):\n%s" % (name, "\n".join(tried)))

def _cmake_lists(ctx):
    # CMake's add_library(NAME ...) source lists as Starlark lists.
    lines = ctx.read(ctx.attr.cmake).splitlines()
    out = ['"""Generated from %s."""' % ctx.attr.cmake]
    for lib in ctx.attr.cmake_libs:
        srcs = []
        on = False
        done = False
        for line in lines:
            if line.startswith("add_library(%s" % lib) and line[len("add_library(%s" % lib):].strip() == "":
                on = not done
            elif on and line.startswith(")"):
                on = False
                done = True
            elif on:
                f = line.strip()
                if f.endswith(".cc") or f.endswith(".c"):
                    srcs.append(f)
        if not srcs:
            fail("no sources of %s in %s" % (lib, ctx.attr.cmake))
        out.append("\n%s = [\n%s\n]" % (
            lib.replace("+", "p").replace("-", "_").upper(),
            "\n".join(['    "%s",' % s for s in srcs]),
        ))
    ctx.file("cmake_lists.bzl", "\n".join(out) + "\n", executable = False)

def _debian_source_impl(ctx):
    name = ctx.attr.file
    _download(ctx, name)

    # Upstream's .bazelignore must never have been seen at the root, where Bazel
    # caches what it said.
    ctx.extract(name, output = "unpacked", stripPrefix = ctx.attr.strip_prefix)
    ctx.delete(name)
    hide = [".bazelignore"]
    if ctx.attr.build_file:
        # One package: these files of upstream's would end ours.
        hide += ["BUILD", "BUILD.bazel", "WORKSPACE"]
    run(ctx, ["find", "unpacked", "("] + [w for n in hide for w in ["-o", "-name", n]][1:] + [")", "-delete"])
    run(ctx, ["sh", "-c", "mv unpacked/* . && rm -r unpacked"])
    if ctx.attr.build_file:
        ctx.file("WORKSPACE", "", executable = False)
        ctx.symlink(ctx.attr.build_file, "BUILD.bazel")
    for p in ctx.attr.patches:
        # Not ctx.patch: Bazel's own takes no chunk whose lines have moved.
        run(ctx, ["patch", "--strip=1", "--no-backup-if-mismatch", "--input=" + str(ctx.path(p))])
    if ctx.attr.cmake_libs:
        _cmake_lists(ctx)
    for src, dst in ctx.attr.symlinks.items():
        if not ctx.path(src).exists:
            fail("%s is missing. Run tools/dev setup" % src)
        ctx.symlink(src, dst)

debian_source = repository_rule(
    implementation = _debian_source_impl,
    attrs = {
        "build_file": attr.label(),
        "cmake": attr.string(default = "CMakeLists.txt"),
        "cmake_libs": attr.string_list(),
        "file": attr.string(mandatory = True),
        "patches": attr.label_list(),
        "sha256": attr.string(mandatory = True),
        "source": attr.string(mandatory = True),
        "strip_prefix": attr.string(),
        "symlinks": attr.string_dict(),
        "version": attr.string(mandatory = True),
    },
    environ = ["SLUICE_DISTDIR"],
)
