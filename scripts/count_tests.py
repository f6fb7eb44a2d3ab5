#!/usr/bin/env python3
"""Sums the JUnit reports of a folder and prints 'N passed, N failed, N skipped'.

Names failed tests and the reasons of skipped ones before that line. Exit code 1 if any test
failed or if there is no report at all.
"""
import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    """('passed' | 'failed' | 'skipped', reason) of one <testcase>."""
    for child in case:
        if child.tag in ("failure", "error"):
            return "failed", child.get("message", "")
        if child.tag == "skipped":
            return "skipped", child.get("message", "")
    if case.get("status") in ("fail", "timeout"):
        return "failed", case.get("status")
    if case.get("status") in ("notrun", "disabled"):
        return "skipped", "not run"
    return "passed", ""


def main():
    folder = pathlib.Path(sys.argv[1])
    counts, reasons = collections.Counter(), collections.Counter()
    for report in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(report).iter("testcase"):
            what, reason = outcome(case)
            counts[what] += 1
            if what == "failed":
                print(f"failed: {report.stem}: {case.get('classname', '')} {case.get('name')}")
            elif what == "skipped":
                reasons[f"{report.stem}: {reason or 'no reason given'}"] += 1
    for reason, count in sorted(reasons.items()):
        print(f"skipped {count}: {reason}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
