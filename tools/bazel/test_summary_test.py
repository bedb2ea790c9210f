"""The count at the end of CI, on build event files made up here."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import test_summary  # pylint: disable=wrong-import-position

_XML = """<testsuites><testsuite name="s">
<testcase name="a" classname="S" status="run" result="completed"/>
<testcase name="b" classname="S" status="run" result="skipped"/>
<testcase name="c" classname="S" status="run" result="completed"><failure message="no"/></testcase>
</testsuite></testsuites>"""
_GOOD_XML = _XML.replace('<failure message="no"/>', "")


class TestSummary(unittest.TestCase):
    def summary(self, events, status, xml=_XML):
        with tempfile.TemporaryDirectory() as folder:
            def path(name):
                return os.path.join(folder, name)

            with open(path("test.xml"), "w", encoding="utf-8") as f:
                f.write(xml)
            with open(path("steps"), "w", encoding="utf-8") as f:
                f.write("test %d\n" % status)
            with open(path("test.json"), "w", encoding="utf-8") as f:
                for event in events:
                    f.write(json.dumps(event).replace("XML", "file://" + path("test.xml")) + "\n")
            out = io.StringIO()
            with mock.patch.object(sys, "argv", ["", folder]), contextlib.redirect_stdout(out):
                code = test_summary.main()
            return out.getvalue().splitlines()[-1], code

    @staticmethod
    def result(status, label="//a:b", xml=True):
        outputs = [{"name": "test.xml", "uri": "XML"}] if xml else []
        return {"id": {"testResult": {"label": label}},
                "testResult": {"status": status, "testActionOutput": outputs}}

    @staticmethod
    def broken(label):
        return {"id": {"targetCompleted": {"label": label}}, "aborted": {"reason": "X"}}

    def test_cases_are_counted(self):
        self.assertEqual(self.summary([self.result("PASSED")], 0, _GOOD_XML), ("2 passed, 0 failed", 0))
        self.assertEqual(self.summary([self.result("FAILED")], 3), ("1 passed, 1 failed", 1))

    def test_a_crash_is_a_failure_whatever_the_xml_says(self):
        self.assertEqual(self.summary([self.result("FAILED")], 3, _GOOD_XML), ("2 passed, 1 failed", 1))
        self.assertEqual(self.summary([self.result("TIMEOUT")], 3, "<cut"), ("0 passed, 1 failed", 1))
        self.assertEqual(self.summary([self.result("PASSED", xml=False)], 0), ("1 passed, 0 failed", 0))

    def test_the_last_attempt_counts(self):
        events = [self.result("FAILED"), self.result("PASSED")]
        self.assertEqual(self.summary(events, 0, _GOOD_XML), ("2 passed, 0 failed", 0))

    def test_what_does_not_build_fails(self):
        self.assertEqual(self.summary([self.broken("//a:b")], 1), ("0 passed, 1 failed", 1))

    def test_a_run_without_results_fails(self):
        self.assertEqual(self.summary([], 1), ("0 passed, 1 failed", 1))
        self.assertEqual(self.summary([], 0), ("0 passed, 1 failed", 1))

    def test_a_stopped_run_counts_what_it_finished(self):
        events = [self.result("PASSED"), self.broken("//a:c")]
        self.assertEqual(self.summary(events, 124, _GOOD_XML), ("2 passed, 0 failed", 0))


if __name__ == "__main__":
    unittest.main()
