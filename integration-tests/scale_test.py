"""A count by a value column while processes join and leave: 1, 2, 3 and again 1 of them share the partitions.

usage: scale_test.py [RECORDS]        default 100000, of 1000 keys
"""
import collections
import json
import os
import re
import signal
import sys
import time

from harness import Broker, Failed, Job, expect, line_of, run_test, stop, wait_for

KEYS, PARTITIONS = 1000, 4
KEYS_PER_PARTITION = [259, 238, 280, 223]  # of k0 to k999, as Kafka's own partitioner places them
FIRST_MS = 1_600_000_000_000
QUERY = "CTAS_COUNTS"
# Static members are missed after 3 s.
SETTINGS = {"cache.max.bytes.buffering": "0", "consumer.session.timeout.ms": "3000", "consumer.heartbeat.interval.ms": "500",
            "transaction.timeout.ms": "4000", "repartition.purge.interval.ms": "1000"}
SQL = """
CREATE STREAM events (id VARCHAR KEY, k VARCHAR, seq BIGINT)
    WITH (KAFKA_TOPIC = '{name}-events', VALUE_FORMAT = 'JSON', PARTITIONS = {partitions});
CREATE TABLE counts WITH (KAFKA_TOPIC = '{name}-counts') AS
    SELECT k, COUNT(*) AS n, LATEST_BY_OFFSET(seq) AS seq FROM events GROUP BY k EMIT CHANGES;
"""


class Feed:
    """Writes records in parts: number i has key i mod 1000 and comes into partition i mod 4, so a key comes from one partition."""

    def __init__(self, broker, topic):
        self.topic, self.written = topic, 0
        self.process = broker.open_producer()

    def write(self, count):
        for number in range(self.written, self.written + count):
            value = json.dumps({"k": f"k{number % KEYS}", "seq": number}).encode()
            self.process.stdin.write(line_of((self.topic, number % PARTITIONS, FIRST_MS + number, f"id{number}".encode(), value)))
        self.process.stdin.flush()
        self.written += count

    def close(self):
        self.process.stdin.close()
        if self.process.wait(150) != 0:
            raise Failed("the producer of the test failed")


def shares(job):
    """Partitions that the job's process was given, in the order of its rebalances."""
    return list(map(int, re.findall(r"partitions assigned.* partitions=(\d+)", job.log.read_text()))) if job.log.exists() else []


def wait_for_shares(jobs, expected):
    """Until each process has its share of the source's and the repartition topic's partitions. Equal partitions of both go to one
    process, and who gets two of four is decided by the processes' random names: so the shares are compared without their order."""
    last = lambda: sorted(share for job in jobs for share in shares(job)[-1:])
    wait_for(lambda: last() == expected, f"{len(jobs)} processes to have {expected} partitions")


def check(broker, name, job, written):
    counts, order, homes = {}, {}, collections.defaultdict(set)
    wrong = []
    for record in broker.read(f"{name}-counts"):
        key, value = record.key.decode(), json.loads(record.value)
        if value["N"] != counts.get(key, 0) + 1 or value["SEQ"] <= order.get(key, -1):
            wrong.append(f"{key} at {record.partition}/{record.offset}: {value} after count {counts.get(key)}, sequence {order.get(key)}")
        counts[key], order[key] = value["N"], value["SEQ"]
        homes[record.partition].add(key)
    if counts != {f"k{k}": written // KEYS for k in range(KEYS)}:
        wrong.append(f"counts: {collections.Counter(counts.values())}, expected {written // KEYS} for each of {KEYS} keys")
    placed = [len(homes[partition]) for partition in range(PARTITIONS)]
    if placed != KEYS_PER_PARTITION:
        wrong.append(f"keys per partition: {placed}, expected {KEYS_PER_PARTITION}")
    committed = broker.committed_offsets(f"{job.application}-{QUERY}")
    repartition = f"{job.application}-{QUERY}-Aggregate-GroupBy-repartition"
    ends = broker.ends(f"{name}-events", repartition)
    lag = {place: end - committed.get(place, 0) for place, (_, end) in ends.items()}
    if any(lag.values()):
        wrong.append(f"lag per partition: {lag}")
    left = len(broker.read(repartition))
    if left == written:
        wrong.append(f"none of the {left} records of the repartition topic was purged")
    print(f"lag per partition {lag}, {left} records left in the repartition topic", flush=True)
    return wrong


def main():
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    broker = Broker()
    name = f"scale-{os.getpid()}-{int(time.time())}"
    job = Job(broker, "scale", SQL.format(name=name, partitions=PARTITIONS), settings=SETTINGS)
    broker.create(f"{name}-events", f"{name}-counts", partitions=PARTITIONS)
    feed = Feed(broker, f"{name}-events")
    jobs, processes = [job], [job.start()]
    wait_for_shares(jobs, [8])
    feed.write(records // 4)
    for expected in ([4, 4], [2, 2, 4]):
        jobs.append(job.twin())
        processes.append(jobs[-1].start())
        wait_for_shares(jobs, expected)
        feed.write(records // 4)
    stop(processes[1], signal.SIGTERM)
    stop(processes[2], signal.SIGKILL)
    feed.write(records - feed.written)
    feed.close()
    wait_for_shares([job], [8])
    stop(processes[0], signal.SIGTERM)
    job.catch_up(timeout=240)
    wrong = check(broker, name, job, feed.written)
    print(f"{feed.written} records, 1 -> 2 -> 3 -> 1 processes, {len(wrong)} violations")
    expect(not wrong, "\n".join(wrong[:10]), f"files: {job.folder}")
    job.clean()


if __name__ == "__main__":
    sys.exit(run_test(main))
