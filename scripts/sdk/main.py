"""Runs every test of this folder against a server of its own: `main.py PROGRAMME [FOLDER…]`.

PROGRAMME is `divisi-vendors`; each FOLDER holds requests that Divisi encodes (see `test_requests.py`).
The last line counts, and any failure ends it with 1.
"""

import logging
import pathlib
import sys
import unittest

import server


class Counted(unittest.TextTestResult):
    """Counts a test with several failed rows once."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.failed = set()

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.failed.add(test.id())

    def addError(self, test, error):
        super().addError(test, error)
        self.failed.add(test.id())

    def addSubTest(self, test, row, error):
        super().addSubTest(test, row, error)
        if error is not None:
            self.failed.add(test.id())


def main():
    programme, *folders = sys.argv[1:]
    logging.disable(logging.WARNING)
    running = server.start(programme)
    try:
        import test_requests

        test_requests.FOLDERS = folders
        requests = len(list(test_requests.files()))
        tests = unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent))
        result = unittest.TextTestRunner(resultclass=Counted, verbosity=2, stream=sys.stdout).run(tests)
    finally:
        running.stop()
    failed = len(result.failed)
    skipped = len(result.skipped)
    print(f"{requests} encoded requests were held against the vendors' types")
    if not requests:
        print(f"there is no encoded request in {folders}")
        failed += 1
    print(f"sdk: {result.testsRun - len(result.failed) - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not result.testsRun or not result.wasSuccessful() else 0


if __name__ == "__main__":
    sys.exit(main())
