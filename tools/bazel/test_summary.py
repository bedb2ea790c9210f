#!/usr/bin/env python3
"""Counts what Bazel's test runs came to, from their build event files and test.xml files.

  test_summary.py FOLDER

FOLDER holds NAME.json of each run (--build_event_json_file) and a file "steps" with lines
"NAME STATUS". The last line of the output is "N passed, M failed"; the status is 1 if M is not 0.
A target that did not build counts as a failure, and so does a run that failed without a failed
test. A run that was stopped for its time (status 124) counts for what it finished.
"""

import json
import os
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

_STOPPED = 124


class Run:
    """What one bazel test came to."""

    def __init__(self, name, status):
        self.name, self.status = name, status
        self.passed = self.skipped = 0
        self.failures = []

    def read(self, path):
        """Reads the events; the last attempt of a test is the one that counts."""
        results = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for line in f:
                    self._event(json.loads(line), results)
        for label, result in sorted(results.items()):
            self._test(label, result)
        if self.status not in (0, _STOPPED) and not self.failures:
            self.failures.append("%s ended with status %d" % (self.name, self.status))
        if self.status == 0 and not self.passed:
            self.failures.append("%s ran no test" % self.name)

    def _event(self, event, results):
        kind = event.get("id", {})
        if "testResult" in kind and "testResult" in event:
            where = kind["testResult"]
            results[where["label"], where.get("shard", 1)] = event["testResult"]
        elif "targetCompleted" in kind and not event.get("completed", {}).get("success"):
            # Stopped is not failed: the targets that were not reached are none of either.
            if self.status != _STOPPED:
                self.failures.append(kind["targetCompleted"]["label"] + " does not build")

    def _test(self, label, result):
        passed, skipped, failed = _cases(result)
        if result.get("status") != "PASSED" and not failed:
            failed = ["%s (%s)" % (label[0], result.get("status"))]
        elif failed:
            failed = ["%s: %s" % (label[0], case) for case in failed]
        self.passed += passed
        self.skipped += skipped
        self.failures += failed


def _cases(result):
    """(passed, skipped, names of the failed) of a test.xml; without one the target is a case."""
    for output in result.get("testActionOutput", []):
        path = urllib.parse.unquote(urllib.parse.urlparse(output.get("uri", "")).path)
        if output.get("name") != "test.xml" or not os.path.exists(path):
            continue
        try:
            cases = list(ElementTree.parse(path).iter("testcase"))
        except ElementTree.ParseError:
            continue
        failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
        skipped = [c for c in cases if c not in failed and (
            c.find("skipped") is not None or c.get("result") in ("skipped", "suppressed")
            or c.get("status") == "notrun")]
        names = ["%s.%s" % (c.get("classname", ""), c.get("name", "")) for c in failed]
        return len(cases) - len(failed) - len(skipped), len(skipped), names
    return (1 if result.get("status") == "PASSED" else 0), 0, []


def main():
    folder = sys.argv[1]
    runs = []
    with open(os.path.join(folder, "steps"), encoding="utf-8") as f:
        for line in f:
            name, status = line.split()
            runs.append(Run(name, int(status)))
            runs[-1].read(os.path.join(folder, name + ".json"))
    for run in runs:
        for failure in run.failures:
            print("FAILED %s: %s" % (run.name, failure))
    for run in runs:
        print("%-6s %5d passed, %d failed, %d skipped%s" % (
            run.name, run.passed, len(run.failures), run.skipped,
            " (stopped: its time was over)" if run.status == _STOPPED else ""))
    failed = sum(len(run.failures) for run in runs)
    print("%d passed, %d failed" % (sum(run.passed for run in runs), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
