#!/usr/bin/env python3
"""docs/nodes.md and its pictures are what the nodes of this build do."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCS = os.path.join(ROOT, "docs")
MADE_BY = os.path.join(os.path.dirname(os.environ["SINTER_PROGRAM"]), "sinter_docs")
TOLERANCE = 0.3  # pixels: the logarithm and cosine of another C library may round otherwise


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def parts(text):
    """What is no number, and the numbers."""
    number = r"-?\d+\.\d"
    return re.split(number, text), [float(found) for found in re.findall(number, text)]


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        os.mkdir(os.path.join(cls.folder.name, "nodes"))
        subprocess.run([MADE_BY, cls.folder.name], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_reference_is_made_from_the_table(self):
        self.assertEqual(read(self.folder.name, "nodes.md"), read(DOCS, "nodes.md"), "run `make docs`")

    def test_every_picture_is_what_the_node_does(self):
        made, kept = (sorted(os.listdir(os.path.join(folder, "nodes"))) for folder in (self.folder.name, DOCS))
        self.assertEqual(made, kept, "run `make docs`")
        for name in made:
            with self.subTest(name):
                words, numbers = parts(read(self.folder.name, "nodes", name))
                kept_words, kept_numbers = parts(read(DOCS, "nodes", name))
                self.assertEqual(words, kept_words, "run `make docs`")
                worst = max((abs(a - b) for a, b in zip(numbers, kept_numbers)), default=0)
                self.assertLessEqual(worst, TOLERANCE, "run `make docs`")

    def test_the_reference_shows_every_picture(self):
        shown = re.findall(r"\]\(nodes/(\w+\.svg)\)", read(DOCS, "nodes.md"))
        self.assertEqual(sorted(shown), sorted(os.listdir(os.path.join(DOCS, "nodes"))))


if __name__ == "__main__":
    ran = unittest.TextTestRunner(stream=sys.stdout).run(unittest.defaultTestLoader.loadTestsFromTestCase(Pictures))
    bad = len(ran.failures) + len(ran.errors)
    print(f"{ran.testsRun - bad - len(ran.skipped)} passed, {bad} failed, {len(ran.skipped)} skipped")
    sys.exit(bool(bad))
