"""The topics that the benchmarks read, written once per size, and the folders and topics of a run."""
import contextlib
import datetime
import os
import shutil
import subprocess
import tempfile

from engines import PROGRAMS, Task

PARTITIONS = 8
WORDS_PER_LINE = 4


class Data:
    def __init__(self, broker):
        self.broker = broker

    def topic(self, name, write):
        """The topic and how many records it has; `write(topic)` fills a new one."""
        if not self.exists(name):
            self.broker.create(name, partitions=PARTITIONS)
            write(name)
        return name, sum(end for _, end in self.broker.ends(name).values())

    def probe(self, *arguments):
        subprocess.run([PROGRAMS / "bench_probe", arguments[0], self.broker.address, *map(str, arguments[1:])], check=True)

    def bids(self, records):
        """So many bids, with the persons and auctions of the same time beside them."""
        prefix = f"nexmark-{records}-"

        def write(_):
            self.broker.create(*(f"{prefix}{kind}" for kind in ("person", "auction")), partitions=PARTITIONS)
            if records > 0:
                subprocess.run([PROGRAMS / "nexmark", "load", self.broker.address, str(-(-records * 50 // 46)), prefix], check=True)

        return self.topic(f"{prefix}bid", write)

    def lines(self, records):
        """Lines of words."""
        return self.topic(f"bench-lines-{records}", lambda name: records and self.probe("words", name, records, WORDS_PER_LINE))

    def keyed(self, records):
        """A record of each key."""
        return self.topic(f"bench-keyed-{records}", lambda name: records and self.probe("keys", name, records))

    def exists(self, topic):
        try:
            return len(self.broker.ends(topic)) > 0
        except RuntimeError:
            return False


class Session:
    """Names and folders of one run of the benchmarks; its topics go when it ends."""

    def __init__(self, broker):
        self.broker = broker
        self.stamp = f"bench-{datetime.datetime.now():%H%M%S}-{os.getpid()}"
        self.count = 0

    @contextlib.contextmanager
    def task(self, workload, source, records, sink=None):
        """A task with a sink of its own, if none is given, and a folder that goes with it."""
        self.count += 1
        name = f"{self.stamp}-{workload.replace('_', '-')}-{self.count}"
        if sink is None:
            self.broker.create(name, partitions=PARTITIONS)
        folder = tempfile.mkdtemp(prefix="turgo-bench-")
        try:
            yield Task(self.broker, workload, source, sink or name, name, folder, records)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def topic(self, what):
        self.count += 1
        name = f"{self.stamp}-{what}-{self.count}"
        self.broker.create(name, partitions=PARTITIONS)
        return name

    def nexmark(self):
        """The topic of bids of an empty set of Nexmark's topics."""
        self.count += 1
        names = [f"{self.stamp}-{self.count}-{kind}" for kind in ("person", "auction", "bid")]
        self.broker.create(*names, partitions=PARTITIONS)
        return names[2]

    def clean(self):
        """Deletes what the runs so far wrote, engines' own topics included."""
        made = [line.split()[0] for line in self.broker.kafka("topics").splitlines() if line.startswith(self.stamp)]
        if made:
            self.broker.tool("delete", *made)
