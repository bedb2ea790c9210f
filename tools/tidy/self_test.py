"""Every rule must catch what it is for, and let pass what looks alike."""

import unittest

import bans
import layers
import names
import sizes
import structure
import targets
import tidy
from tree import Tree

_LAYERS = """
LAYERS = [["base"], ["net"], ["http"], ["sdk"], ["proxy"], ["extensions"]]
def row_of(folder):
    for row, folders in enumerate(LAYERS):
        if folder in folders:
            return row
    return -1
def may_use(user, used):
    if user == "extensions" and used == "proxy":
        return False
    return row_of(used) <= row_of(user)
"""


def rules(checks, **files):
    """The rules broken by a tree; file names are written with __ for / and _dot_ for the dot."""
    texts = {k.replace("__", "/").replace("_dot_", "."): v for k, v in files.items()}
    return sorted(f.rule for f in tidy.check(Tree(texts), checks))


def cc(text, checks=bans.CHECKS, path="source/http/x.cc", **more):
    texts = dict(more)
    texts[path] = text
    return sorted(f.rule for f in tidy.check(Tree(texts), checks))


class Sizes(unittest.TestCase):
    def test_file_lines(self):
        self.assertEqual(cc("\n" * 401, sizes.CHECKS), ["file-lines"])
        self.assertEqual(cc("\n" * 400, sizes.CHECKS), [])
        self.assertEqual(cc("\n" * 600, sizes.CHECKS, "test/http/x_test.cc"), [])
        self.assertEqual(cc("\n" * 601, sizes.CHECKS, "test/http/x_test.cc"), ["file-lines"])

    def test_function_lines(self):
        body = "  Call();\n"
        for head in ("void F()", "A::A(int x)\n    : a_{x}, b_(x)", "auto F() -> int",
                     "bool C::operator==(const C&) const", "template <class T>\nT F(T t = {})"):
            whole = "namespace sluice {\n%s {\n%s}\n}\n"
            allowed = sizes.FUNCTION_LINES_MAX - head.count("\n") - 2
            self.assertEqual(cc(whole % (head, body * allowed), sizes.CHECKS), [], head)
            self.assertEqual(cc(whole % (head, body * (allowed + 1)), sizes.CHECKS),
                             ["function-lines"], head)

    def test_long_tables_and_classes_are_no_functions(self):
        self.assertEqual(cc("const int kTable[] = {\n" + "1,\n" * 100 + "};\n", sizes.CHECKS), [])
        self.assertEqual(cc("class A {\n" + "  int F() { return 1; }\n" * 100 + "};\n",
                            sizes.CHECKS), [])
        self.assertEqual(cc("enum class E : int {\n" + "  kA,\n" * 100 + "};\n", sizes.CHECKS), [])
        self.assertEqual(cc('#define F(x) \\\n  {\n' + "int x;\n" * 100, sizes.CHECKS), [])

    def test_python_functions(self):
        self.assertEqual(cc("def f():\n" + "  x = 1\n" * 70, sizes.CHECKS, "tools/x.py"),
                         ["function-lines"])


class Layers(unittest.TestCase):
    def includes(self, path, text):
        return rules(layers.CHECKS, **{"tools/bazel/layers.bzl": _LAYERS, path: text})

    def test_upward_includes(self):
        self.assertEqual(self.includes("source/net/x.cc", '#include "source/http/y.h"\n'), ["layers"])
        self.assertEqual(self.includes("source/http/x.cc", '#include "source/net/y.h"\n'), [])
        self.assertEqual(self.includes("source/extensions/http/tap/x.h",
                                       '#include "source/proxy/y.h"\n'), ["layers"])
        self.assertEqual(self.includes("source/oddity/x.h", "\n"), ["layers"])

    def test_test_code_stays_out_of_the_product(self):
        line = '#include "test/harness/y.h"\n'
        self.assertEqual(self.includes("source/net/x.cc", line), ["layers"])
        self.assertEqual(self.includes("source/extensions/http/tap/tap_test.cc", line), [])

    def test_protos_stop_at_the_door(self):
        line = '#include "envoy/config/route/v3/route.pb.h"\n'
        self.assertEqual(self.includes("source/http/x.cc", line), ["protos"])
        self.assertEqual(self.includes("source/http/x_config.h", line), ["protos"])
        self.assertEqual(self.includes("source/http/x_config.cc", line), [])


class Names(unittest.TestCase):
    def test_types(self):
        for name in ("CodecImpl", "CodecBase", "StringUtil", "RouteHelper", "HostInfo", "PoolManager"):
            self.assertEqual(cc("class %s {};\n" % name, names.CHECKS), ["names"], name)
        for name in ("StreamInfo", "ConnectionManager", "Database", "Codec"):
            self.assertEqual(cc("class %s {};\n" % name, names.CHECKS), [], name)
        self.assertEqual(cc("// class OldImpl {}\n", names.CHECKS), [])

    def test_files(self):
        self.assertEqual(cc("", names.CHECKS, "source/http/codec_impl.cc"), ["names"])
        self.assertEqual(cc("", names.CHECKS, "source/http/CodecX.cc"), ["names"])
        self.assertEqual(cc("", names.CHECKS, "test/http/stream_info_test.cc"), [])

    def test_headers(self):
        self.assertEqual(cc("// What.\nclass A;\n", names.CHECKS, "source/http/x.h"), ["headers"])
        self.assertEqual(cc("#pragma once\nclass A;\n", names.CHECKS, "source/http/x.h"), ["headers"])
        self.assertEqual(cc("#pragma once\n// What.\nclass A;\n", names.CHECKS, "source/http/x.h"), [])

    def test_namespaces(self):
        self.assertEqual(cc("namespace sluice::http {}\n", names.CHECKS), ["names"])
        self.assertEqual(cc("namespace sluice {\nnamespace {}\n}\n", names.CHECKS), [])


class Bans(unittest.TestCase):
    CAUGHT = (
        ("std::shared_ptr<Thing> t;", "shared-ptr"),
        ("std::weak_ptr<Thing> t;", "shared-ptr"),
        ("thread_local int n;", "thread-local"),
        ("std::mutex m;", "mutex"),
        ("absl::Mutex m;", "mutex"),
        ("throw 1;", "exceptions"),
        ("try { F(); }", "exceptions"),
        ("usleep(5);", "sleep"),
        ("std::this_thread::sleep_for(x);", "sleep"),
        ("std::thread t(F);", "threads"),
        ("auto t = std::chrono::system_clock::now();", "wall-clock"),
        ("int64_t t = time(nullptr);", "wall-clock"),
        ("using namespace std;", "using-namespace"),
        ("virtual void F(int a, bool end) = 0;", "bool-parameter"),
        ("// TODO: more", "promises"),
        ("// This is not implemented.", "promises"),
        ("  // connection->Close();", "dead-code"),
        ("  // int left = total - used;", "dead-code"),
    )
    LET_PASS = (
        "std::shared_ptr<const RouteTable> t;",
        "std::shared_ptr<Host> h;",
        "// a thread_local would be wrong here",
        'Log("throw (it) away; sleep(1)");',
        "const char c = '\"'; // no literal is left open by 1'000'000",
        "retry.try_again();",
        "connection.time();",
        "virtual bool IsOpen() const = 0;",
        "// The peer may close first; then nothing is left to do.",
        'auto s = R"(std::mutex)";',
    )

    def test_caught(self):
        for text, rule in self.CAUGHT:
            self.assertEqual(cc(text + "\n"), [rule], text)

    def test_let_pass(self):
        for text in self.LET_PASS:
            self.assertEqual(cc(text + "\n"), [], text)

    def test_where_it_is_allowed(self):
        self.assertEqual(cc("std::thread t;\n", path="source/server/x.cc"), [])
        self.assertEqual(cc("std::thread t;\n", path="test/wire/x_test.cc"), [])
        self.assertEqual(cc("std::thread t;\n", path="test/http/x_test.cc"), ["threads"])
        self.assertEqual(cc("# TODO\n", path="tools/bazel/x.bzl"), ["promises"])


class Structure(unittest.TestCase):
    POLLER = "#pragma once\n// What.\nclass Poller {\n public:\n  virtual void Wait() = 0;\n};\n"
    PLAIN = "#pragma once\n// What.\nclass Loop {\n  struct T { int a; };\n  int x = 0;\n};\n"

    def test_interfaces_are_listed(self):
        table = "## Interfaces\n\n| name | file |\n|---|---|\n| `Poller` | event/poller.h |\n"
        checks = (structure.interfaces,)
        self.assertEqual(cc(self.POLLER, checks, "source/a/x.h", **{"source/README.md": table}), [])
        self.assertEqual(cc(self.POLLER, checks, "source/a/x.h", **{"source/README.md": ""}),
                         ["interfaces"])
        self.assertEqual(cc(self.PLAIN, checks, "source/a/x.h", **{"source/README.md": table}),
                         ["interfaces"])

    def test_dead_files(self):
        checks = (structure.dead_files,)
        build = {"source/a/BUILD.bazel": 'cc_library(name = "a", srcs = ["x.cc"])'}
        globbed = {"source/a/BUILD.bazel": 'cc_library(name = "a", srcs = glob(["*.cc"]))'}
        self.assertEqual(cc("", checks, "source/a/x.cc", **build), [])
        self.assertEqual(cc("", checks, "source/a/y.cc", **build), ["dead-files"])
        self.assertEqual(cc("", checks, "source/a/y.cc", **globbed), [])
        self.assertEqual(cc("", checks, "source/b/y.cc"), ["dead-files"])
        listed = {"source/a/BUILD.bazel": '[t(name = n, srcs = [name + ".cc"]) for n in ["x"]]'}
        self.assertEqual(cc("", checks, "source/a/x.cc", **listed), [])
        self.assertEqual(cc("", checks, "source/a/y.cc", **listed), ["dead-files"])
        extension = {"source/a/BUILD.bazel": 'sluice_extension(name = "a")'}
        self.assertEqual(cc("", checks, "source/a/y.cc", **extension), [])

    def test_documents_name_what_exists(self):
        checks = (structure.paths, structure.links)
        good = "See source/a/x.{h,cc} and [x](../source/a/x.h), https://a.b/source/q.\n"
        files = {"source/a/x.h": "", "source/a/x.cc": ""}
        self.assertEqual(cc(good, checks, "docs/x.md", **files), [])
        self.assertEqual(cc("`source/a/gone.h`", checks, "docs/x.md", **files), ["paths"])
        self.assertEqual(cc("[x](gone.md)", checks, "docs/x.md", **files), ["paths"])


class Targets(unittest.TestCase):
    def test_direct_dependencies(self):
        def broken(deps, include="source/b/y.h"):
            return rules(targets.CHECKS, **{
                "source/b/BUILD.bazel": 'sluice_cc_library(name = "b", hdrs = ["y.h"])',
                "source/b/y.h": "",
                "source/a/BUILD.bazel":
                    'sluice_cc_library(name = "a", srcs = ["x.cc"], deps = %s)' % deps,
                "source/a/x.cc": '#include "%s"\n' % include,
            })

        self.assertEqual(broken('["//source/b"]'), [])
        self.assertEqual(broken('["//source/c"]'), ["direct-deps"])
        self.assertEqual(broken("[]", "absl/strings/str_cat.h"), ["direct-deps"])
        self.assertEqual(broken('["@com_google_absl//absl/strings"]', "absl/strings/str_cat.h"), [])


class Exemptions(unittest.TestCase):
    def check(self, exemptions, text):
        return cc(text, bans.CHECKS, **{tidy.EXEMPTIONS: exemptions})

    def test_let_off_with_a_reason(self):
        line = "mutex source/http/x.cc: held once, while the program starts\n"
        self.assertEqual(self.check(line, "std::mutex m;\n"), [])
        self.assertEqual(self.check(line, "int m;\n"), ["exemptions"])
        self.assertEqual(self.check("mutex source/http/x.cc: \n", "std::mutex m;\n"),
                         ["exemptions", "mutex"])

    def test_no_file_grows_without_end(self):
        line = {tidy.EXEMPTIONS: "file-lines source/http/x.cc: one table of header names\n"}
        self.assertEqual(cc("\n" * 500, sizes.CHECKS, **line), [])
        self.assertEqual(cc("\n" * 501, sizes.CHECKS, **line), ["exemptions", "file-lines"])


if __name__ == "__main__":
    unittest.main()
