"""Runs engines on the same topics of a real broker, several times in turn, and writes a table, a report and its pictures.

No figure counts before the rows of all engines were found equal. Core-seconds are the engine's own CPU time, all threads, per
million input records; what a run on an empty topic takes is shown apart. Machines differ: the ratios count.

usage: run.py          choose with WORKLOADS="q1 q17" RECORDS=2000000 ROUNDS=3 ENGINES="turgo raw-copy streams", or PEERS=0
"""
import collections
import datetime
import os
import pathlib
import platform
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration-tests"))
from engines import BUILD, ENGINES, PROGRAMS, ROOT  # noqa: E402
from harness import Broker  # noqa: E402
import report  # noqa: E402

PARTITIONS = 8
# What is compared: every row, or the last of each key, because engines may leave out versions in between.
WORKLOADS = {
    "q1": ("W1 map", "rows"),
    "q2": ("W2 filter", "rows"),
    "q21": ("W2 functions: regular expression", "rows"),
    "q22": ("W2 functions: split", "rows"),
    "q17": ("W3 keyed aggregate", "last"),
    "q5_inner": ("W4 hopping window", "rows"),
    "q11": ("W5 session window", "last"),
    "q20": ("W6 join with a table", "rows"),
}
HEAVY = {"q5_inner": 4, "q11": 4}  # of these a JVM peer gets a part of the records only
Run = collections.namedtuple("Run", "workload engine records costs start digest")


def chosen(variable, default):
    return os.environ.get(variable, "").split() or list(default)


class Data:
    """The topics, written once per size."""

    def __init__(self, broker):
        self.broker = broker

    def bids(self, records):
        """The topic with so many bids."""
        prefix = f"nexmark-{records}-"
        names = [prefix + kind for kind in ("person", "auction", "bid")]
        events = -(-records * 50 // 46)
        if not self.exists(names[2]):
            self.broker.create(*names, partitions=PARTITIONS)
            if records > 0:
                subprocess.run([PROGRAMS / "nexmark", "load", self.broker.address, str(events), prefix], check=True)
        return names[2], sum(end for _, end in self.broker.ends(names[2]).values())

    def exists(self, topic):
        try:
            return len(self.broker.ends(topic)) > 0
        except RuntimeError:
            return False


class Bench:
    def __init__(self):
        self.broker = Broker()
        self.data = Data(self.broker)
        self.stamp = f"{datetime.datetime.now():%H%M%S}-{os.getpid()}"

    def digest(self, workload, sink):
        return subprocess.run([PROGRAMS / "bench_digest", self.broker.address, sink, WORKLOADS[workload][1]], check=True,
                              capture_output=True, text=True).stdout.strip()

    def sinks(self, workload, names, rounds):
        """A topic for each run of each engine; round 0 reads an empty source."""
        made = {(name, number): f"bench-{self.stamp}-{workload.replace('_', '-')}-{name}-{number}" for name in names
                for number in range(rounds + 1)}
        self.broker.create(*made.values(), partitions=PARTITIONS)
        return made

    def measure(self, workload, names, records, rounds):
        """Runs of all engines, interleaved; those of one round follow each other."""
        source, held = self.data.bids(records)
        empty, _ = self.data.bids(0)
        engines = {name: ENGINES[name] for name in names if ENGINES[name].handles(workload)}
        sinks = self.sinks(workload, engines, rounds)
        starts = {name: engine.run(self.broker, workload, empty, sinks[name, 0], 0).cpu for name, engine in engines.items()}
        costs, digests = collections.defaultdict(list), {}
        for number in range(1, rounds + 1):
            for name, engine in engines.items():
                cost = engine.run(self.broker, workload, source, sinks[name, number], held)
                costs[name].append(cost)
                print(f"  {workload:10}{engine.name:32}{(cost.cpu - starts[name]) / held * 1e6:8.3f} core-s/M", flush=True)
                if engine.compares():
                    digests[name, number] = self.digest(workload, sinks[name, number])
        self.broker.tool("delete", *sinks.values())
        if len(set(digests.values())) > 1:
            raise SystemExit(f"{workload}: outputs differ: " + ", ".join(f"{engines[n].name}, round {i}: {d}" for (n, i), d in digests.items()))
        return [Run(workload, engines[name].name, held, costs[name], starts[name], digests.get((name, 1))) for name in engines]


def main():
    records, rounds = int(os.environ.get("RECORDS", 2_000_000)), int(os.environ.get("ROUNDS", 3))
    names = chosen("ENGINES", ENGINES)
    if os.environ.get("PEERS") == "0":
        names = [name for name in names if not name.startswith("streams")]
    bench = Bench()
    runs = []
    for workload in chosen("WORKLOADS", WORKLOADS):
        peers = [name for name in names if name.startswith("streams")]
        ours = [name for name in names if name not in peers]
        part = records // HEAVY.get(workload, 1) if peers else records
        runs += bench.measure(workload, ours + peers, part, rounds)
    folder = BUILD / "report"
    folder.mkdir(parents=True, exist_ok=True)
    about = {"machine": f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}", "system": platform.platform(),
             "turgo": subprocess.run([PROGRAMS / "turgo", "version"], capture_output=True, text=True).stdout.replace("\n", ", ").strip(", "),
             "records": f"{records} bids in {PARTITIONS} partitions", "rounds": str(rounds)}
    report.write(folder, runs, {name: title for name, (title, _) in WORKLOADS.items()}, about)
    print((folder / "report.md").read_text())
    print(f"written to {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
