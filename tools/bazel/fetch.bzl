"""What the repository rules share: finding a pinned file without a network."""

def cached_download(ctx, name, sha256 = "", integrity = ""):
    """Puts the file NAME into the repository if it is at hand; says whether it was.

    Asked in this order: $SLUICE_DISTDIR (a folder that already holds the
    files), then Bazel's repository cache, which is keyed by the hash. The
    second URL never exists: with it alone only that cache can answer.
    """
    urls = ["file:///nonexistent/" + name]
    distdir = ctx.os.environ.get("SLUICE_DISTDIR")
    if distdir:
        urls.insert(0, "file://%s/%s" % (distdir, name))
    return ctx.download(
        url = urls,
        output = name,
        sha256 = sha256,
        integrity = integrity,
        allow_fail = True,
    ).success

def adopt_download(ctx, path, name, sha256 = "", integrity = ""):
    """Checks a file that another program fetched, and caches it for later.

    Fails unless the hash is right. The file is NAME afterwards.
    """
    ctx.download(
        url = "file://" + str(ctx.path(path)),
        output = "checked/" + name,
        sha256 = sha256,
        integrity = integrity,
    )
    ctx.delete(path)
    run(ctx, ["mv", "checked/" + name, name])
    ctx.delete("checked")

def run(ctx, args):
    """Runs a command that must succeed."""
    result = ctx.execute(args)
    if result.return_code:
        fail("%s: %s" % (args, result.stderr))
