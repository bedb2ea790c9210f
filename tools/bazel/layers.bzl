"""The layers of source/: the one place that says which folder may use which.

A folder may use the folders of lower rows, and of its own row only those that
SAME_ROW names. source/BUILD.bazel turns this table into package groups, and
tools/tidy holds #include lines against it. A folder's own subfolders
(http/http1) belong to its row.
"""

LAYERS = [
    ["base"],
    ["event", "stats", "config"],
    ["net"],
    ["tls", "http"],
    ["grpc", "route", "accesslog"],
    ["upstream"],
    ["sdk"],
    ["listener", "proxy"],
    ["xds"],
    ["control"],
    ["server"],
    ["extensions"],
]

# (user, used) within one row.
SAME_ROW = [
    # A worker's context carries its index into the cells of every counter.
    ("event", "stats"),
    # Header values of routes hold command operators.
    ("route", "accesslog"),
]

# Extensions are held to what a stranger may use.
EXTENSIONS_USE_UP_TO = "sdk"

# What may use everything: tests, tools, examples and source/main.cc.
_OUTSIDE = [
    "//examples/...",
    "//source",
    "//test/...",
    "//tools/...",
]

def row_of(folder):
    """The row of a top folder of source/, counted from the bottom."""
    for row, folders in enumerate(LAYERS):
        if folder in folders:
            return row
    return -1

def may_use(user, used):
    """Whether the folder `user` may depend on the folder `used`."""
    if user == used or (user, used) in SAME_ROW:
        return True
    if user == "extensions" and row_of(used) > row_of(EXTENSIONS_USE_UP_TO):
        return False
    return row_of(used) < row_of(user)

def layer_groups():
    """One package group for each folder: above_net is all that may use net.

    A folder's BUILD.bazel opens with

        package(default_visibility = ["//source:above_net"])

    A dependency against the layers is then an error that names both targets.
    """
    for folders in LAYERS:
        for used in folders:
            users = ["//source/%s/..." % user for row in LAYERS for user in row if may_use(user, used)]
            native.package_group(
                name = "above_" + used,
                packages = users + _OUTSIDE,
            )
