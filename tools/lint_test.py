#!/usr/bin/env python3
"""Shows for each check of tools/lint that it can fail: a small checkout with one fault per case, and one clean."""
import pathlib
import subprocess
import sys
import tempfile

LINT = pathlib.Path(__file__).resolve().parent / "lint"
FORMAT = LINT.parent.parent / ".clang-format"

CLEAN = {
    "base/README.md": "# base\n\n| `error.h`, `error.c` | errors |\n| `log.h` | the log |\n",
    "base/error.h": "#pragma once\n\nint tg_error(void);\n",
    "base/error.c": '#include "base/error.h"\n\nint tg_error(void)\n{\n    return 1; /* rand() */\n}\n',
    "base/log.h": "#pragma once\n",
    "state/README.md": "# state\n\n[base](../base/README.md) `store.c`\n",
    "state/store.c": '#include "base/error.h"\n#include <rocksdb/c.h>\n',
}


def long_function(lines):
    return "int tg_long(void);\nint tg_long(void)\n{\n" + "    tg_error();\n" * lines + "}\n"


# (check, files that are added or replaced, part of the expected finding)
FAULTS = [
    ("layers", {"base/error.c": '#include "state/store.h"\n'}, "base/ may not include state/store.h"),
    ("layers", {"base/error.c": '#include "error.h"\n'}, "names no folder of ours"),
    ("layers", {"state/store.c": '#include "base/error_internal.h"\n'}, "is private to base/"),
    ("layers", {"base/error.c": "#include <rocksdb/c.h>\n"}, "<rocksdb/c.h> is private to state"),
    ("layers", {"state/tests/a_test.cpp": "#include <librdkafka/rdkafka.h>\n"}, "is private to kafka"),
    ("headers", {"base/error.h": "#pragma once\n\nsize_t tg_error(void);\n"}, "compile alone with gcc"),
    ("headers", {"base/error.h": "#pragma once\n\nint tg_error(int class);\n"}, "compile alone with g++"),
    ("headers", {"base/tests/fixture.h": "#pragma once\n\nunknown thing;\n"}, "compile alone with g++"),
    ("readmes", {"base/map.c": "\n"}, "base/map.c:1: readmes: is not named in base/README.md"),
    ("readmes", {"data/README.md": "| `gone.c` | it |\n"}, "names gone.c, which does not exist"),
    ("readmes", {"sql/lexer.c": "\n"}, "sql:1: readmes: has no README.md"),
    ("banned", {"base/error.c": "int x = atoi(s);\n"}, "atoi is banned"),
    ("banned", {"base/error.c": "/* TO" "DO */\n"}, "finish it"),
    ("banned", {"base/README.md": "not " "implemented\n"}, "refuse it with an error"),
    ("banned", {"base/README.md": "see /wo" "rk/shared\n"}, "a path of one machine"),
    ("banned", {"base/README.md": "registry.npm" "js.org\n"}, "a registry's host"),
    ("logging", {"state/store.c": "void f(void) { tg_log_write(TG_LOG_WARN, 0, 0); }\n"}, "in a library folder"),
    ("sizes", {"base/error.c": "\n" * 801}, "801 lines, at most 800"),
    ("sizes", {"base/error.c": long_function(71)}, "function of 71 lines"),
    ("format", {"base/error.c": "int  x;\n"}, "is not formatted"),
    ("links", {"base/README.md": "[it](gone.md)\n"}, "links to gone.md"),
    ("scripts", {"base/run": "#!/bin/sh\n"}, "is not executable"),
    ("scripts", {"base/run": "#!/bin/sh\nif\n"}, "does not parse"),
]


def run_lint(files, checks):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**CLEAN, **files, ".clang-format": FORMAT.read_text()}.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        subprocess.run(["git", "init", "-q", root], check=True)
        run = subprocess.run([LINT, "--root", root, *checks], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr


def main():
    failed = 0
    code, output = run_lint({}, [])
    if code != 0:
        failed += 1
        print(f"the clean checkout has findings:\n{output}")
    code, output = run_lint({"base/error.c": long_function(70)}, ["sizes"])
    if code != 0:
        failed += 1
        print(f"a function of 70 lines is refused:\n{output}")
    for check, files, expected in FAULTS:
        code, output = run_lint(files, [check])
        if code != 1 or expected not in output:
            failed += 1
            print(f"{check} with {list(files)}: expected exit 1 and '{expected}', got {code}:\n{output}")
    listed = subprocess.run([LINT, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for check in set(listed) - {check for check, _, _ in FAULTS}:
        failed += 1
        print(f"no case here shows that {check} can fail")
    print(f"{len(FAULTS) + 2 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
