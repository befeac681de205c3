"""A promise in plain figures: ten thousand numbered records, kills, a broker that restarts, and sums that must be exact.

Records 0..9999 with key = number mod 10 go to 4 partitions at 2,000 a second. The program is killed 5 times at random moments, the
broker is restarted once. At the end each number must have come out once, the sum of each key must be right, the committed offsets
must be the partitions' counts, and no reader may ever have seen a value that was gone later.

usage: exactly_once_test.py [SEED]
"""
import collections
import json
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

from harness import Broker, Failed, Job, end_runs, expect, line_of, run_test, stop, wait_for, with_whole_broker

COUNT = 10_000
RATE = 2_000
KEYS = 10
KILLS = 5
PER_PARTITION = [2000, 1000, 2000, 5000]  # of the keys 0..9 by murmur2 on 4 partitions

SQL = """
CREATE STREAM numbers (k VARCHAR KEY, id BIGINT) WITH (KAFKA_TOPIC = 'numbers', VALUE_FORMAT = 'JSON');
CREATE STREAM copies WITH (KAFKA_TOPIC = 'copies') AS SELECT k, id FROM numbers EMIT CHANGES;
CREATE TABLE sums WITH (KAFKA_TOPIC = 'sums') AS SELECT k, SUM(id) AS total FROM numbers GROUP BY k EMIT CHANGES;
"""


class Producer(threading.Thread):
    """Writes the numbered records; `failure` is what went wrong."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self.broker, self.failure = broker, None

    def run(self):
        try:
            produce(self.broker)
        except Exception as failure:
            self.failure = failure


def produce(broker):
    """Through a broker's restart, too: the Java client repeats what was not acknowledged, once."""
    producer = broker.open_producer()
    started = time.monotonic()
    for number in range(COUNT):
        value = json.dumps({"id": number}).encode()
        producer.stdin.write(line_of(("numbers", -1, 1_600_000_000_000 + number, str(number % KEYS).encode(), value)))
        ahead = number / RATE - (time.monotonic() - started)
        if ahead > 0:
            producer.stdin.flush()
            time.sleep(ahead)
    producer.stdin.close()
    if producer.wait(120) != 0:
        raise Failed("the producer of the test failed")


class Watcher(threading.Thread):
    """Reads what is committed again and again: what it has seen once must stay."""

    def __init__(self, broker):
        super().__init__()
        self.broker, self.ended, self.seen, self.rounds, self.vanished = broker, False, {}, 0, []

    def run(self):
        while not self.ended:
            try:
                now = {(r.topic, r.partition, r.offset): (r.key, r.value) for r in self.broker.read("copies", "sums")}
            except RuntimeError:  # the broker is away
                continue
            self.vanished += [place for place, record in self.seen.items() if now.get(place) != record]
            self.seen = now
            self.rounds += 1


def trouble(broker, job, dice):
    """Kills and a restart of the broker while the records come; returns the process that runs at the end."""
    process = job.start()
    moments = sorted(dice.uniform(0.3, COUNT / RATE + 2) for _ in range(KILLS))
    restart = dice.randrange(KILLS)
    started = time.monotonic()
    for index, moment in enumerate(moments):
        time.sleep(max(0, moment - (time.monotonic() - started)))
        stop(process, signal.SIGKILL)
        if index == restart:
            broker.stop()
            broker.start()
        process = job.start()
    return process


def violations(broker, job, watcher):
    wrong = [f"{len(watcher.vanished)} records vanished under a read_committed reader"] * bool(watcher.vanished)
    counts = collections.Counter(json.loads(record.value)["ID"] for record in broker.read("copies"))
    lost, doubled = [n for n in range(COUNT) if counts[n] == 0], [n for n, times in counts.items() if times > 1]
    wrong += [f"{len(lost)} lost, first {lost[0]}"] if lost else []
    wrong += [f"{len(doubled)} doubled, first {min(doubled)}"] if doubled else []
    sums = {record.key.decode(): json.loads(record.value)["TOTAL"] for record in broker.read("sums")}
    expected = {str(k): 4_995_000 + 1_000 * k for k in range(KEYS)}
    wrong += [f"sums {sums}, expected {expected}"] if sums != expected else []
    for query in ("CSAS_COPIES", "CTAS_SUMS"):
        offsets = broker.committed_offsets(f"{job.application}-{query}")
        committed = [offsets.get(("numbers", partition)) for partition in range(4)]
        wrong += [f"{query}: committed {committed}, expected {PER_PARTITION}"] if committed != PER_PARTITION else []
    return wrong


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 30)
    print(f"seed {seed}", flush=True)
    with_whole_broker(lambda: prove(seed))


def prove(seed):
    """False: the broker has forgotten transactions, the violations are not ours."""
    folder = tempfile.mkdtemp(prefix="turgo-kafka-")
    broker = Broker(folder)
    watcher = Watcher(broker)
    try:
        broker.create("numbers", "copies", "sums", partitions=4)
        # As in the test of a killed broker: a transaction must not time out while the broker is away.
        job = Job(broker, "once", SQL, settings={"cache.max.bytes.buffering": "0", "transaction.timeout.ms": "120000"})
        watcher.start()
        producer = Producer(broker)
        producer.start()
        process = trouble(broker, job, random.Random(seed))
        producer.join()
        if producer.failure:
            raise producer.failure
        for query in ("CTAS_SUMS", "CSAS_COPIES"):
            group = f"{job.application}-{query}"
            wait_for(lambda group=group: sum(broker.committed_offsets(group).values()) == COUNT, f"{group} at the end")
        code = stop(process)
        watcher.ended = True
        watcher.join()
        wrong = violations(broker, job, watcher) + ([f"exit {code}"] if code else [])
        print(f"{KILLS} kills, a restart of the broker, {COUNT} records, {watcher.rounds} reads, {len(wrong)} violations")
        expect(not wrong, "violations:", *wrong, f"files: {job.folder}")
        job.clean()
    except Exception:
        if not broker.forgot_transactions():
            raise
        return False
    finally:
        end_runs()
        watcher.ended = True  # a thread that goes on would keep the process
        broker.stop()
    shutil.rmtree(folder)
    return True


if __name__ == "__main__":
    sys.exit(run_test(main))
