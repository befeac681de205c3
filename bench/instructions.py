"""Instructions per input record of each workload, counted by callgrind: the same on a quiet machine and on a busy one.

A workload runs in bench_path on the in-memory cluster, with few records and with twice as many; the difference, divided by the
records, is what a record costs: decoding, expressions, state, encoding, commit, and the in-memory cluster instead of the client
library. bench/instructions.txt holds what they cost when it was last written; a rise by more than 3 % fails.

usage: instructions.py [--rewrite | --stages] [QUERY...]     TURGO_BENCH: the folder of bench_path (build/release)
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PROGRAMS = pathlib.Path(os.environ.get("TURGO_BENCH", ROOT / "build/release"))
RECORDED = HERE / "instructions.txt"
TOLERANCE = 0.03
FEW = 5_000  # events
BIDS = 46 / 50  # of the events
RATE = 500  # events per second of event time: windows close, sessions end


def count(query, events, folder):
    """Instructions between the start of the queries and their end; by file and function, too."""
    profile = folder / f"{query}.{events}"
    job = HERE / f"nexmark/queries/{query}.sql"
    command = ["valgrind", "--tool=callgrind", "--toggle-collect=run_queries", f"--callgrind-out-file={profile}",
               PROGRAMS / "bench_path", job, str(events), str(RATE)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{query}: {done.stderr[-2000:]}")
    return int(re.search(r"Collected : (\d+)", done.stderr)[1]), profile


def per_record(query, folder):
    few, _ = count(query, FEW, folder)
    many, profile = count(query, 2 * FEW, folder)
    return (many - few) / (FEW * BIDS), profile


def stages(profile, top=12):
    """Instructions per record by folder of the source file, and the dearest functions."""
    lines = subprocess.run(["callgrind_annotate", "--threshold=100", "--show-percs=no", profile], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    folders, functions = collections.Counter(), collections.Counter()
    for line in lines:
        found = re.match(r"\s*([\d,]+)\s+(\S+):(\S+)", line)
        if not found:
            continue
        instructions, file, function = int(found[1].replace(",", "")), found[2], re.sub(r"\.lto_priv.*", "", found[3])
        own = re.search(r"(?:^|/)((?:base|data|expr|serde|state|kafka|plan|topology|bench)/\S*)$", file)
        folder = str(pathlib.PurePath(own[1]).parent) if own else "libraries"
        folders[folder] += instructions
        functions[f"{folder}: {function}"] += instructions
    records = 2 * FEW * BIDS
    for name, total in folders.most_common() + [("", 0)] + functions.most_common(top):
        print(f"{total / records:10.0f}  {name}" if name else "")


def recorded():
    lines = RECORDED.read_text().splitlines() if RECORDED.exists() else []
    return {name: float(cost) for name, cost in (line.split() for line in lines if line and not line.startswith("#"))}


def judge(query, cost, before):
    """The line to print, and whether it fails."""
    if before is None:
        return f"{query:10}{cost:8.0f}  no figure recorded: --rewrite", True
    change = cost / before - 1
    if change > TOLERANCE:
        return f"{query:10}{cost:8.0f}  {change:+.1%} over {before:.0f}: make it cheaper, or record why with --rewrite", True
    return f"{query:10}{cost:8.0f}  {change:+.1%}" + ("  record the gain with --rewrite" if change < -TOLERANCE else ""), False


def main():
    options = [argument for argument in sys.argv[1:] if argument.startswith("--")]
    before = recorded()
    queries = [argument for argument in sys.argv[1:] if not argument.startswith("--")] or sorted(before)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for query in queries:
            cost, profile = per_record(query, pathlib.Path(folder))
            line, fails = judge(query, cost, before.get(query))
            print(line, flush=True)
            failed = failed or fails
            before[query] = cost
            if "--stages" in options:
                stages(profile)
    if "--rewrite" in options:
        text = "".join(f"{query:10}{cost:8.0f}\n" for query, cost in sorted(before.items()))
        RECORDED.write_text("# Instructions per bid: bench/instructions.py writes and checks them.\n" + text)
        return 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
