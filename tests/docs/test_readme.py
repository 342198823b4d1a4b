#!/usr/bin/env python3
"""The README tells the truth: its C++ is the example that is built and run, its patch is one that runs, its links exist."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["SINTER_PROGRAM"]


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


class Readme(unittest.TestCase):
    def block(self, language):
        return re.search(r"```" + language + r"\n(.*?)```", read("README.md"), re.S).group(1)

    def test_its_example_is_the_one_that_is_built_and_it_runs(self):
        example = read("examples", "cpp", "filter.cpp")
        self.assertTrue(example.endswith(self.block("cpp")))
        ran = subprocess.run([os.path.join(os.path.dirname(PROGRAM), "example_filter")], capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0)
        self.assertRegex(ran.stdout, r"^compiled in \d+ µs, last sample -?0\.\d+\n$")

    def test_the_library_page_has_the_example_that_is_built(self):
        example = read("examples", "cpp", "live.cpp")
        shown = re.search(r"```cpp\n(.*?)```", read("docs", "library.md"), re.S).group(1)
        self.assertTrue(example.endswith(shown))

    def test_its_patch_is_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            patch = os.path.join(folder, "patch.json")
            with open(patch, "w", encoding="utf-8") as file:
                file.write(self.block("json"))
            checked = subprocess.run([PROGRAM, "validate", patch], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stderr)
            self.assertEqual(checked.stderr, "")

    def test_what_it_links_to_exists(self):
        for target in re.findall(r"\]\(([^)#]+)\)", read("README.md")):
            if not target.startswith("http"):
                self.assertTrue(os.path.exists(os.path.join(ROOT, target)), target)


if __name__ == "__main__":
    ran = unittest.TextTestRunner(stream=sys.stdout).run(unittest.defaultTestLoader.loadTestsFromTestCase(Readme))
    bad = len(ran.failures) + len(ran.errors)
    print(f"{ran.testsRun - bad - len(ran.skipped)} passed, {bad} failed, {len(ran.skipped)} skipped")
    sys.exit(bool(bad))
