"""Core-seconds per million records of 256 bytes, of the program and of a raw librdkafka loop, on the same topic in the same run.

CPU time of the process, --until-caught-up on a real broker, 8 partitions; what a run on an empty topic takes is subtracted. No
absolute number means much on another machine: the ratios do.

usage: speed.py [MILLIONS [ROUNDS]]        TURGO_PROGRAM (else build/release/turgo), TURGO_RAW_COPY
"""
import os
import pathlib
import re
import statistics
import subprocess
import sys

from harness import ROOT, Broker, Job

PARTITIONS = 8
PROGRAM = pathlib.Path(os.environ.get("TURGO_PROGRAM", ROOT / "build/release/turgo"))
RAW_COPY = pathlib.Path(os.environ.get("TURGO_RAW_COPY", PROGRAM.parent / "raw_copy"))

BIDS = """CREATE STREAM bids (auction BIGINT KEY, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = '{topic}', VALUE_FORMAT = 'JSON');
"""
JOBS = {
    "map": "CREATE STREAM copied WITH (KAFKA_TOPIC = '{app}-copied') AS SELECT * FROM bids EMIT CHANGES;",
    "filter": "CREATE STREAM few WITH (KAFKA_TOPIC = '{app}-few') AS SELECT auction, price FROM bids WHERE price < 1000000 EMIT CHANGES;",
    "count": "CREATE TABLE counts WITH (KAFKA_TOPIC = '{app}-counts') AS SELECT auction, COUNT(*) AS n FROM bids GROUP BY auction EMIT CHANGES;",
}


def raw(broker, *arguments):
    """CPU seconds."""
    out = subprocess.run([RAW_COPY, arguments[0], broker.address, *arguments[1:]], check=True, capture_output=True, text=True).stdout
    return float(out.split()[2])


def turgo(broker, name, topic, **settings):
    """CPU seconds."""
    job = Job(broker, f"speed-{name}", "", executable=PROGRAM, settings=settings)
    job.path.write_text(BIDS.format(topic=topic) + JOBS[name].format(app=job.application))
    summary = job.catch_up(timeout=600)
    job.clean()
    return float(re.search(r"CPU ([\d.]+) s", summary)[1])


def main():
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    broker = Broker()
    full, empty, target = (f"speed-{os.getpid()}-{name}" for name in ("bids", "empty", "target"))
    broker.create(full, empty, target, partitions=PARTITIONS)
    raw(broker, "load", full, str(int(millions * 1e6)))
    runs = {
        "raw consume": lambda topic: raw(broker, "consume", topic),
        "raw copy": lambda topic: raw(broker, "copy", topic, target),
        "raw copy, transactions": lambda topic: raw(broker, "transactions", topic, target),
        "map": lambda topic: turgo(broker, "map", topic),
        "map, at least once": lambda topic: turgo(broker, "map", topic, **{"processing.guarantee": "at_least_once"}),
        "filter": lambda topic: turgo(broker, "filter", topic),
        "count": lambda topic: turgo(broker, "count", topic),
        "count, each change": lambda topic: turgo(broker, "count", topic, **{"cache.max.bytes.buffering": "0"}),
    }
    costs = {name: [] for name in runs}
    bases = {name: run(empty) for name, run in runs.items()}
    for _ in range(rounds):
        for name, run in runs.items():
            costs[name].append((run(full) - bases[name]) / millions)
            print(f"  {name:24}{costs[name][-1]:8.3f}", flush=True)
    least = {name: min(values) for name, values in costs.items()}
    print(f"core-seconds per million records, least (median) of {rounds}; over raw copy; over raw copy in transactions; over raw consume, difference")
    for name, values in costs.items():
        print(f"{name:24}{least[name]:8.3f} ({statistics.median(values):.3f}){least[name] / least['raw copy']:8.2f}"
              f"{least[name] / least['raw copy, transactions']:8.2f}{least[name] - least['raw consume']:+8.3f}")
    broker.tool("delete", full, empty, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
