"""source/sdk/README.md names as public just the headers that the sdk's own name."""

import glob
import re
import unittest


class PublicHeaders(unittest.TestCase):
    def test_the_list_is_what_the_headers_include(self):
        included = set()
        for path in glob.glob("source/sdk/*.h"):
            with open(path, encoding="utf-8") as f:
                included.update(re.findall(r'^#include "(source/(?!sdk/)[^"]+)"', f.read(), re.M))
        self.assertIn("source/http/headers.h", included)
        with open("source/sdk/README.md", encoding="utf-8") as f:
            section = re.search(r"## What is public\n(.*?)\nFor a program", f.read(), re.S).group(1)
        listed = re.findall(r"`(source/[^`]+\.h)`", section)
        self.assertEqual(sorted(included), sorted(listed))


if __name__ == "__main__":
    unittest.main()
