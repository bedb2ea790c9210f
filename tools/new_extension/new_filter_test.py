"""What new_filter.py writes: all of the template under the new name, and the registration.

That the template builds and passes its test is a test of its own, beside its source."""

import os
import subprocess
import sys
import tempfile
import unittest

_HERE = os.path.dirname(os.path.realpath(__file__))
_BUILTIN = "source/extensions/builtin_extensions.cc"
_BUILD = "source/extensions/BUILD.bazel"


def _read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


class NewFilter(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for path in (_BUILTIN, _BUILD):
            os.makedirs(os.path.join(self.root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(self.root, path), "w", encoding="utf-8") as f:
                f.write(_read(_HERE, "../..", path))

    def make(self, name):
        return subprocess.run([sys.executable, "-B", os.path.join(_HERE, "new_filter.py"), name,
                               "--root", self.root], capture_output=True, text=True, check=False)

    def test_the_template_is_copied_under_its_name(self):
        self.assertEqual(self.make("header_tap").returncode, 0)
        made = {}
        for where, _, files in os.walk(self.root):
            for file in files:
                path = os.path.relpath(os.path.join(where, file), self.root)
                made[path] = _read(self.root, path)
        for path in ("source/extensions/http/header_tap/header_tap.h",
                     "source/extensions/http/header_tap/header_tap_test.cc",
                     "source/extensions/http/header_tap/README.md",
                     "api/sluice/extensions/http/header_tap/v1/header_tap.proto"):
            self.assertIn(path, made)
        for path, text in made.items():
            for old in ("new_filter", "NewFilter", "tools/new_extension"):
                self.assertNotIn(old, path + text, path)

    def test_it_is_registered(self):
        self.make("header_tap")
        builtin = _read(self.root, _BUILTIN)
        self.assertIn('#include "source/extensions/http/header_tap/header_tap_config.h"\n', builtin)
        self.assertIn("  AddHeaderTap(registry);\n", builtin)
        self.assertIn("  AddBuffer(registry);\n", builtin)
        self.assertIn('"//source/extensions/http/header_tap",', _read(self.root, _BUILD))

    def test_a_name_is_taken_once(self):
        self.make("header_tap")
        again = self.make("header_tap")
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("is there already", again.stderr)

    def test_bad_names_are_refused(self):
        for name in ("HeaderTap", "3tap", "a-b", "a/b"):
            self.assertNotEqual(self.make(name).returncode, 0, name)


if __name__ == "__main__":
    unittest.main()
