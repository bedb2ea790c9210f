"""Tests over real sockets: a Python program against the built proxy."""

def wire_test(name, size = "medium", tags = [], data = [], needs = [], env = {}):
    """One file NAME.py of unittest cases.

    They run one after the other, for they measure memory and load the machine. A sh_test, because
    the launcher that Bazel 4 writes for py_test asks for a program named "python".

    Args:
      needs: installed programs beyond those every machine of the project has; each becomes a tag
        "needs-X", so that a run can leave it out by name and by nothing else.
    """
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//test/wire:python_test.sh"],
        args = ["%s/%s.py" % (native.package_name(), name)],
        data = data + [
            name + ".py",
            "//examples/quickstart:demo_backend",
            "//source:sluice",
            "//test/wire:wirelib",
        ],
        env = dict(
            env,
            DEMO_BACKEND_BIN = "$(rootpath //examples/quickstart:demo_backend)",
            PYTHONPATH = "test/wire",
            SLUICE_BIN = "$(rootpath //source:sluice)",
        ),
        tags = ["exclusive", "wire"] + ["needs-" + n for n in needs] + tags,
    )
