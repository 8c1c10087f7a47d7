"""The JUnit report of a run that could not begin; that of any other run is pytest's own."""

from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement


def write_failed_start(path: Path, sentence: str) -> None:
    """Write a report with one test that failed with an error.

    Args:
        path: the file.
        sentence: why the run could not begin.
    """
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", name="contract", tests="1", errors="1", failures="0", skipped="0")
    test = SubElement(suite, "testcase", classname="contract_tests", name="start")
    SubElement(test, "error", message=sentence)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)
