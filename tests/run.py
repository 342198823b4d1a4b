#!/usr/bin/env python3
"""Runs every test program of every build and adds up what ran where.

Programs are build*/bin/test_* (doctest) and tests/*/test_*.py (they end with "N passed, N failed, N skipped"). The last line
printed is "N passed, N failed, N skipped", counted in test cases; before it, what ran on each executor and what did not.
"""
import argparse
import collections
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Folder, how it is called, scale of random tests, executors that must have run something, whether it has the program.
Build = collections.namedtuple("Build", "folder label scale executors program")
BUILDS = [
    Build("build", "release", 1.0, ["reference", "interpreter", "sse", "avx2", "avx512"], True),
    Build("build-no-jit", "without JIT", 0.05, ["reference", "interpreter"], True),
    Build("build-asan", "asan + ubsan", 0.01, ["reference", "interpreter", "sse", "avx2", "avx512"], False),
    Build("build-tsan", "tsan", 0.1, [], False),
]
CPU_FLAGS = {"avx2": {"avx2", "fma"}, "avx512": {"avx512f", "avx512dq", "avx512bw", "avx512vl"}}
TIMEOUT_SECONDS = 3600
SHOWN_LINES = 200  # of a program that failed, from its end


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


def without_aslr(command):
    """ThreadSanitizer of GCC 12 finds no place for its shadow where a kernel spreads addresses wide."""
    probe, _, _ = run_program(command + ["--count"], os.environ)
    return ["setarch", "-R"] + command if "unexpected memory mapping" in probe and shutil.which("setarch") else command


def summary_of(text):
    """(passed, failed, skipped) of a program's output, or None where it says nothing."""
    found = re.findall(r"test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped", text)
    if found:
        return tuple(int(n) for n in found[-1][1:])
    found = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", text, re.M)
    return tuple(int(n) for n in found[-1]) if found else None


class Totals:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.ran = collections.defaultdict(collections.Counter)  # label → executor → checks
        self.reasons = []

    def skip(self, what, why):
        if (what, why) not in self.reasons:
            self.reasons.append((what, why))
            self.skipped += 1


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def run_program(command, environment):
    """(output, exit code, seconds)"""
    began = time.monotonic()
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT_SECONDS)
        output, code = plain(done.stdout.decode(errors="replace")), done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = plain((late.stdout or b"").decode(errors="replace")) + "\ntimed out", "timeout"
    return output, code, time.monotonic() - began


def add_up(command, label, output, code, seconds, totals):
    passed, failed, skipped = summary_of(output) or (0, 0, 0)
    if code != 0 and failed == 0:
        failed = 1  # it crashed, or a sanitizer ended it
    if passed + failed + skipped == 0:
        failed, output = 1, output + "\nit ran no test"
    totals.passed += passed
    totals.failed += failed
    totals.skipped += skipped
    word = "ok" if failed == 0 else "FAILED"
    print(f"  {label:<14} {os.path.basename(command[-1]):<22} {passed:>5} cases {seconds:>7.1f} s  {word}", flush=True)
    if failed:
        print("\n".join(output.splitlines()[-SHOWN_LINES:]))
        print(f"  exit code {code}: {' '.join(command)}", flush=True)
    for line in re.findall(r"^skipped\t(.+)\t(.+)$", output, re.M):
        totals.reasons.append(line)  # scripts say it themselves and count it


def read_report(path, label, totals):
    if not os.path.exists(path):
        return
    with open(path) as report:
        for line in report:
            kind, *fields = line.rstrip("\n").split("\t")
            if kind == "ran":
                totals.ran[label][fields[0]] += int(fields[1])
            elif kind == "skipped":
                totals.skip(*fields)


def check_executors(build, totals):
    """An executor that this machine can run and that ran nothing is a failure; one that it cannot run is said."""
    flags = cpu_flags()
    for executor in build.executors:
        if totals.ran[build.label][executor]:
            continue
        if CPU_FLAGS.get(executor, set()) <= flags:
            print(f"  {build.label}: nothing ran on '{executor}', which this machine has")
            totals.failed += 1
        else:
            totals.skip(executor, "this processor does not have it")


def run_build(build, scale, folder, totals, only):
    binaries = sorted(glob.glob(os.path.join(ROOT, build.folder, "bin", "test_*")))
    scripts = sorted(glob.glob(os.path.join(ROOT, "tests", "*", "test_*.py")))
    if not binaries:
        print(f"  {build.label}: {build.folder} has no test programs; build it first")
        totals.failed += 1
        return
    report = os.path.join(folder, os.path.basename(build.folder))
    environment = dict(os.environ, SINTER_TEST_SCALE=str(build.scale * scale), SINTER_TEST_REPORT=report, NO_COLOR="1",
                       SINTER_PROGRAM=os.path.join(ROOT, build.folder, "bin", "sinter"))
    commands = [[b] for b in binaries]
    if build.label == "tsan":
        commands = [without_aslr(command) for command in commands]
    if build.program:
        commands += [[sys.executable, s] for s in scripts]
    commands = [command for command in commands if only in command[-1]]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for command, result in zip(commands, pool.map(lambda c: run_program(c, environment), commands)):
            add_up(command, build.label, *result, totals)
    read_report(report, build.label, totals)
    if not only:
        check_executors(build, totals)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--scale", type=float, default=1.0, help="multiplies the number of random cases")
    options.add_argument("--build", action="append", help="folder of one build; without it all of them")
    options.add_argument("--only", default="", help="runs programs whose path contains this")
    arguments = options.parse_args()
    totals = Totals()
    with tempfile.TemporaryDirectory() as folder:
        for build in BUILDS:
            if not arguments.build or build.folder in arguments.build:
                run_build(build, arguments.scale, folder, totals, arguments.only)
    print("\nChecks per executor")
    for label, executors in totals.ran.items():
        print(f"  {label:<14} " + ", ".join(f"{name} {count:,}" for name, count in sorted(executors.items())))
    for what, why in totals.reasons:
        print(f"  skipped: {what}: {why}")
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
