"""Runs the cases of the main program and says what the runner of all tests adds up: "N passed, N failed, N skipped"."""
import unittest


def run():
    """The exit code."""
    program = unittest.main(exit=False, verbosity=1)
    result = program.result
    failed = len({str(case).split(" [")[0].split(" (")[0] for case, _ in result.failures + result.errors})
    skipped = len(result.skipped)
    for case, why in result.skipped:
        print(f"skipped\t{case}\t{why}")
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 0 if result.wasSuccessful() else 1
