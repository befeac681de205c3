"""A stream-stream LEFT join while its process is killed again and again: an oracle joins the two input logs anew, and each result
that they imply must be there exactly once, rows without a match too.

usage: stream_join_test.py kills KILLS
"""
import collections
import json
import os
import random
import signal
import sys
import time

from harness import Broker, Failed, Job, expect, line_of, run_mode, stop


class Joined:
    """Rows of both sides are some seconds out of order, far less than the window: whatever the order in which they are taken, the
    results are the same. (A row that comes behind the end of its window is sent without a match at once, and with those that it
    meets later, as in Kafka Streams: an input must not run ahead so far, hence the idle time.) About half of the left rows have a
    match, some have several."""

    PARTITIONS = 4
    FIRST_MS = 1_600_000_000_000
    STEP_MS = 200
    WITHIN_MS = 300_000
    JITTER_MS = 20_000
    SQL = """
CREATE STREAM l (k VARCHAR KEY, id BIGINT) WITH (KAFKA_TOPIC = '{app}-l', VALUE_FORMAT = 'JSON', PARTITIONS = {partitions});
CREATE STREAM r (k VARCHAR KEY, id BIGINT) WITH (KAFKA_TOPIC = '{app}-r', VALUE_FORMAT = 'JSON', PARTITIONS = {partitions});
CREATE STREAM joined WITH (KAFKA_TOPIC = '{app}-joined') AS
    SELECT l.k, l.id AS lid, r.id AS rid FROM l LEFT JOIN r WITHIN 5 MINUTES GRACE PERIOD 1 MINUTE ON l.k = r.k EMIT CHANGES;
"""

    def __init__(self, broker):
        self.broker = broker
        self.name = f"streamjoin-{os.getpid()}-{int(time.time())}"
        self.job = Job(broker, "streamjoin", self.SQL.format(app=self.name, partitions=self.PARTITIONS),
                       settings={"max.task.idle.ms": "500"})
        self.left, self.right, self.output = (f"{self.name}-{topic}" for topic in ("l", "r", "joined"))
        broker.create(self.left, self.right, self.output, partitions=self.PARTITIONS)
        self.producer = broker.open_producer()
        self.produced = 0

    def event(self, number):
        """Everything in it follows from its number: pairs of a left and a right row, of one key or of two."""
        dice = random.Random(number)
        pair = number // 2
        key = f"k{pair % 37}" if pair % 10 == 0 else f"k{pair}" if number % 2 == 0 or pair % 2 == 0 else f"other{pair}"
        time_ms = self.FIRST_MS + pair * 2 * self.STEP_MS - (pair * 7919 % self.JITTER_MS) + dice.randrange(-6_000, 6_000)
        topic = self.left if number % 2 == 0 else self.right
        return line_of((topic, -1, time_ms, key.encode(), json.dumps({"id": number}).encode()))

    def feed(self, count):
        self.write(self.event(number) for number in range(self.produced, self.produced + count))
        self.produced += count

    def write(self, lines):
        self.producer.stdin.write("".join(lines))
        self.producer.stdin.flush()

    def close_windows(self):
        """A row far ahead in each partition: all windows before it are closed."""
        ahead = self.FIRST_MS + self.produced * self.STEP_MS + 86_400_000
        self.write(line_of((self.left, partition, ahead, b"last", b'{"id": -1}')) for partition in range(self.PARTITIONS))
        self.producer.stdin.close()
        expect(self.producer.wait(150) == 0, "the producer of the test failed")

    def expected(self):
        rights = collections.defaultdict(list)
        lefts = []
        for record in self.broker.read(self.left, self.right):
            row = record.key, record.timestamp, json.loads(record.value)["id"]
            if record.topic == self.right:
                rights[row[0]].append(row)
            elif row[2] >= 0:
                lefts.append(row)
        results = collections.Counter()
        for key, time_ms, identity in lefts:
            matches = [(max(time_ms, t), i) for _, t, i in rights[key] if abs(t - time_ms) <= self.WITHIN_MS]
            for when, other in matches or [(time_ms, None)]:
                results[key.decode(), identity, other, when] += 1
        return results

    def check(self):
        expected, actual = self.expected(), collections.Counter()
        for record in self.broker.read(self.output):
            value = json.loads(record.value)
            actual[record.key.decode(), value["LID"], value["RID"], record.timestamp] += 1
        wrong = [f"missing {n} x {row}" for row, n in (expected - actual).items()]
        wrong += [f"too many {n} x {row}" for row, n in (actual - expected).items()]
        offsets = self.broker.committed_offsets(f"{self.job.application}-CSAS_JOINED")
        for place, (stable, _) in self.broker.ends(self.left, self.right).items():
            if offsets.get(place, 0) != stable:
                wrong.append(f"{place}: committed {offsets.get(place)}, the end is {stable}")
        return expected, wrong


def kills(count):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    dice = random.Random(seed)
    joined = Joined(Broker())
    for _ in range(count):
        process = joined.job.start()
        end = time.monotonic() + dice.uniform(0.3, 2.5)
        while time.monotonic() < end:
            joined.feed(40)
            time.sleep(0.02)
            if process.poll() is not None:
                raise Failed(f"the program ended by itself, exit {process.returncode}:\n{joined.job.tail()}")
        stop(process, signal.SIGKILL)
    joined.close_windows()
    joined.job.catch_up(timeout=240)
    expected, wrong = joined.check()
    alone = sum(n for row, n in expected.items() if row[2] is None)
    print(f"{count} kills, {joined.produced} rows, {sum(expected.values())} results, {alone} without a match, {len(wrong)} violations")
    if wrong:
        print("\n".join(wrong[:10]), joined.job.tail(), sep="\n")
        raise Failed(f"files: {joined.job.folder}")
    expect(alone > 0 and sum(expected.values()) > 2 * alone * 0.4, "the rows prove too little")
    joined.job.clean()


if __name__ == "__main__":
    sys.exit(run_mode({"kills": kills}, "kills", {"kills": 10}))
