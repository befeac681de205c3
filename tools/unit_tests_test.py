#!/usr/bin/env python3
"""Shows that tools/unit_tests finds every way in which a test can fail: a program that behaves as GoogleTest's do, with one of each."""
import pathlib
import subprocess
import sys
import tempfile

RUNNER = pathlib.Path(__file__).resolve().parent / "unit_tests"

PROGRAM = """#!/usr/bin/env python3
import os, sys, time
tests = ["Suite.Passes", "Suite.Fails", "Suite.Crashes", "Suite.Skips", "Suite.Hangs", "Suite.Leaks", "All/Values.Pass/0", "All/Values.Pass/1"]
if "--gtest_list_tests" in sys.argv:
    print("Running main() from gtest_main.cc")
    for test in tests + ["Suite.DISABLED_Never"]:
        suite, name = test.split(".")
        print(suite + ".")
        print("  " + name + ("  # GetParam() = 8-byte object <00-00>" if "/" in name else ""))
    sys.exit(0)
chosen = sys.argv[-1].split("=")[1].split(":")
code = 0
for test in filter(chosen.__contains__, tests):
    print(f"[ RUN      ] {test}\\nsome output without an end[ RUN      ] Other.Test", end="", flush=True)
    if test.endswith("Crashes"):
        os.abort()
    if test.endswith("Hangs"):
        time.sleep(60)
    code |= test.endswith(("Fails", "Leaks"))
    how = "  FAILED  " if test.endswith("Fails") else "  SKIPPED " if test.endswith("Skips") else "       OK "
    print(f"[{how}] {test} (0 ms)", flush=True)
sys.exit(code)
"""
EXPECTED = {"Suite.Fails": "Failed", "Suite.Crashes": "Failed", "Suite.Hangs": "Timeout", "Suite.Leaks": "Failed"}


def main():
    with tempfile.TemporaryDirectory() as build:
        program = pathlib.Path(build, "tg_fake_tests")
        program.write_text(PROGRAM)
        program.chmod(0o755)
        run = subprocess.run([RUNNER, build, "--seconds", "2"], capture_output=True, text=True)
        clean = subprocess.run([RUNNER, build, "--match", "Pass|Skips", "--except", "/1"], capture_output=True, text=True)
    failed = {line.split(" - ")[1].split()[0]: line.split("(")[1][:-1] for line in run.stdout.splitlines() if line.startswith("\t")}
    wrong = []
    if failed != EXPECTED or run.returncode != 1 or "50% tests passed, 4 tests failed out of 8" not in run.stdout:
        wrong.append(f"failed are {failed}, expected {EXPECTED}")
    if "Suite.Skips ***Skipped" not in run.stdout or "some output without an end" not in run.stdout:
        wrong.append("no skipped test, or no output of those that failed")
    if clean.returncode != 0 or "100% tests passed, 0 tests failed out of 3" not in clean.stdout:
        wrong.append(f"tests that pass: exit {clean.returncode}\n{clean.stdout}")
    print(*wrong, "" if not wrong else run.stdout + run.stderr, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
