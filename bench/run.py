"""Runs engines on the same topics of a real broker, in turn, measures the life cycle of jobs, and writes tables and pictures.

No figure counts before the rows of all engines were found equal. Core-seconds are the engine's own CPU time, all threads, per
million input records; what a run on an empty topic takes is shown apart. Machines differ: the ratios count.

usage: run.py            choose with WORKLOADS="q1 q17 lifecycle" RECORDS=2000000 ROUNDS=3 ENGINES="turgo raw-copy streams", or PEERS=0
       run.py publish    the report of the results that are there, into bench/results/

What a workload gave is kept at once in build/bench/results, and the report is written anew from all that is there: stop it
whenever you like; RESUME=1 goes on with what is missing.
"""
import collections
import contextlib
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration-tests")]
from data import PARTITIONS, Data, Session  # noqa: E402
from engines import BUILD, PROGRAMS, ROOT, cpu_of  # noqa: E402
from harness import Broker  # noqa: E402
from lifecycle.measures import MEASURES  # noqa: E402
from peers import ENGINES, PEERS  # noqa: E402
import report  # noqa: E402

RESULTS = BUILD / "results"
# What is compared: every row, or the last of each key, because engines may leave out versions in between. `part`: of the records
# each engine of a run with slow peers gets so many fold less.
Workload = collections.namedtuple("Workload", "title compares source part", defaults=("bids", 1))
WORKLOADS = {
    "q1": Workload("W1 map", "rows"),
    "q2": Workload("W2 filter", "rows"),
    "q17": Workload("W3 keyed aggregate", "last"),
    "q5_inner": Workload("W4 hopping window", "rows", part=4),
    "q11": Workload("W5 session window", "last", part=4),
    "words": Workload("W7 word count", "last", "lines", 4),
    "q21": Workload("W2 functions: regular expression", "rows", part=2),
    "q22": Workload("W2 functions: split", "rows", part=2),
    "q20": Workload("W6 join with a table", "rows"),
}


def chosen(variable, default):
    return os.environ.get(variable, "").split() or list(default)


def number(variable, default):
    return int(os.environ.get(variable) or default)


class Bench:
    def __init__(self, names):
        self.broker = Broker()
        self.data = Data(self.broker)
        self.session = Session(self.broker)
        self.names = names
        self.records, self.rounds = number("RECORDS", 2_000_000), number("ROUNDS", 3)
        self.peer_rounds = number("PEER_ROUNDS", 1)
        self.life_rounds = number("LIFE_ROUNDS", 15)
        self.scale = number("SCALE", 1)  # the state to restore is so many times smaller
        self.broker_pid = int((self.broker.folder / "pid").read_text())

    @staticmethod
    def engine(name):
        return ENGINES[name]

    def digest(self, workload, engine, sink):
        """Rows that count, a sum over them, records, bytes."""
        only = [engine.KEEPS] if hasattr(engine, "KEEPS") else []
        return subprocess.run([PROGRAMS / "bench_digest", self.broker.address, sink, WORKLOADS[workload].compares, *only], check=True,
                              capture_output=True, text=True).stdout.split()

    def one(self, workload, engine, source, records):
        """What a run cost, and what it wrote."""
        with self.session.task(workload, source, records) as task:
            before = cpu_of(self.broker_pid)
            cost = engine.run(task)
            broker = cpu_of(self.broker_pid) - before
            return {**cost._asdict(), "broker": broker}, self.digest(workload, engine, task.sink) if engine.keeps_rows else None

    def measure(self, workload):
        """Runs of all engines, interleaved; those of one round follow each other. A peer that fails or writes other rows is left out."""
        about = WORKLOADS[workload]
        engines = {name: ENGINES[name] for name in self.names if ENGINES[name].handles(workload)}
        part = about.part if any(name in PEERS for name in engines) else 1
        source, held = getattr(self.data, about.source)(self.records // part)
        empty, _ = getattr(self.data, about.source)(0)
        found, wrong = {}, {}
        for turn in range(max(self.rounds, self.peer_rounds) + 1):  # number 0 reads the empty topic
            for name, engine in engines.items():
                if name in wrong or turn > (self.peer_rounds if name in PEERS else self.rounds):
                    continue
                try:
                    cost, digest = self.one(workload, engine, source if turn else empty, held if turn else 0)
                except RuntimeError as failure:
                    if name not in PEERS:
                        raise
                    wrong[name] = f"{engine.name}: {failure}"
                    continue
                if turn == 0:
                    found[name] = {"engine": engine.name, "start": cost["cpu"], "costs": [], "digests": []}
                    continue
                print(f"  {workload:10}{engine.name:32}{(cost['cpu'] - found[name]['start']) / held * 1e6:8.3f} core-s/M", flush=True)
                found[name]["costs"].append(cost)
                found[name]["digests"] += [digest] if digest else []
        wrong |= differing(workload, found)
        for name, why in wrong.items():
            print(f"  LEFT OUT {workload} {why}", flush=True)
            found.pop(name, None)
        return {"kind": "workload", "title": about.title, "records": held, "engines": found, "left_out": list(wrong.values())}


def differing(workload, found):
    """Peers whose rows are not ours; that ours differ from each other, or from all peers, ends it."""
    sums = {name: {tuple(digest[:2]) for digest in run["digests"]} for name, run in found.items() if run["digests"]}
    ours = set().union(*(each for name, each in sums.items() if name not in PEERS))
    if not ours:
        ours = set(next(iter(sums.values()), ()))
    wrong = {name: f"{found[name]['engine']} wrote other rows: {sorted(each)}, not {sorted(ours)}" for name, each in sums.items() if each != ours}
    peers = [name for name in sums if name in PEERS]
    if len(ours) > 1 or (peers and all(name in wrong for name in peers)):
        raise RuntimeError(f"{workload}: outputs differ: " + ", ".join(f"{found[name]['engine']}: {sorted(each)}" for name, each in sums.items()))
    return wrong


def wanted():
    names = chosen("WORKLOADS", (*WORKLOADS, *MEASURES))
    return [each for name in names for each in (MEASURES if name == "lifecycle" else [name])]


def about(bench):
    commit = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%h"], capture_output=True, text=True).stdout.strip()
    model = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    version = subprocess.run([PROGRAMS / "turgo", "version"], capture_output=True, text=True).stdout
    return {"machine": f"{os.cpu_count()} cores, {model[0] if model else platform.machine()}", "system": platform.platform(),
            "turgo": version.replace("\n", ", ").strip(", "), "commit": commit, "records": f"{bench.records} in {PARTITIONS} partitions",
            "rounds": f"{bench.rounds}, of other engines {bench.peer_rounds}", "at": f"{datetime.datetime.now():%Y-%m-%d %H:%M}"}


def main():
    if sys.argv[1:] == ["publish"]:
        report.write(HERE / "results", RESULTS, [*WORKLOADS, *MEASURES], "README.md")
        return 0
    names = chosen("ENGINES", ENGINES)
    if os.environ.get("PEERS") == "0":
        names = [name for name in names if name not in PEERS]
    bench, todo, failed = Bench(names), wanted(), []
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in todo:
        if name not in WORKLOADS and name not in MEASURES:
            raise SystemExit(f"no workload '{name}': {' '.join([*WORKLOADS, 'lifecycle', *MEASURES])}")
        if os.environ.get("RESUME") != "1":
            (RESULTS / f"{name}.json").unlink(missing_ok=True)
    for name in todo:
        file = RESULTS / f"{name}.json"
        if file.exists():
            continue
        print(f"{datetime.datetime.now():%H:%M:%S} {name}", flush=True)
        try:
            result = bench.measure(name) if name in WORKLOADS else MEASURES[name](bench)
        except (RuntimeError, SystemExit, subprocess.CalledProcessError) as failure:
            print(f"FAILED {name}: {failure}", flush=True)
            failed.append(name)
            continue
        finally:
            with contextlib.suppress(RuntimeError, subprocess.CalledProcessError):
                bench.session.clean()
        file.write_text(json.dumps({**result, "about": about(bench)}))
        report.write(BUILD / "report", RESULTS, [*WORKLOADS, *MEASURES])
    print(f"report: {(BUILD / 'report/report.md').relative_to(ROOT)}" + (f"; FAILED: {' '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
