"""Scenarios that need more of a broker than an example: several queries over one topic, and one log that is read in several ways.

usage: scenario_test.py queries            two queries over one topic: one is paused, goes on, one that fails harms nobody
       scenario_test.py replay RECORDS     a windowed count read as it comes, by triggers, at once, and again after a crash without
                                           its disk: the same final table, the same records dropped as late; of 100000 generated
                                           records the figures are known
"""
import collections
import json
import os
import re
import shutil
import signal
import sys

from harness import ROOT, Broker, Job, expect, line_of, run_mode, stop, wait_for

# ---- several queries ----

QUERIES = """
CREATE STREAM invoices (InvoiceNumber VARCHAR, CustomerCardNo VARCHAR, TotalAmount DOUBLE, NumberOfItems INT,
                        InvoiceLineItems ARRAY<STRUCT<ItemCode VARCHAR, ItemQty INT>>)
    WITH (KAFKA_TOPIC = '{app}-invoices', VALUE_FORMAT = 'JSON', PARTITIONS = 1);
CREATE STREAM items WITH (KAFKA_TOPIC = '{app}-items') AS
    SELECT InvoiceNumber, EXPLODE(InvoiceLineItems)->ItemCode AS ItemCode FROM invoices EMIT CHANGES;
CREATE STREAM notifications WITH (KAFKA_TOPIC = '{app}-notifications') AS
    SELECT InvoiceNumber, CustomerCardNo, TotalAmount * 0.2E0 AS Points FROM invoices PARTITION BY InvoiceNumber EMIT CHANGES;
"""
FAILING = """
CREATE STREAM ratios WITH (KAFKA_TOPIC = '{app}-ratios', ON_ERROR = 'fail') AS
    SELECT InvoiceNumber, 10 / (NumberOfItems - 1) AS Ratio FROM invoices EMIT CHANGES;
"""


def queries(_):
    broker = Broker()
    job = Job(broker, "queries", "")
    app = job.application
    topics = [f"{app}-{name}" for name in ("invoices", "items", "notifications")]
    broker.create(*topics)
    sql = QUERIES.format(app=app)
    invoices = [json.loads(line) for line in (ROOT / "examples/invoice-flatten/input.jsonl").read_text().splitlines() if line[0] != "#"][:3]

    def run(number, statements, items, notifications):
        job.path.write_text(sql + statements)
        invoice = invoices[number]
        broker.produce([(topics[0], 0, invoice["timestamp"], None, json.dumps(invoice["value"]).encode())])
        job.catch_up()
        counts = [len(broker.read(topic)) for topic in topics[1:]]
        expect(counts == [items, notifications], f"invoice {number + 1}: {counts} items and notifications, expected {items, notifications}")

    run(0, "", 4, 1)
    run(1, "PAUSE CSAS_ITEMS;", 4, 2)
    offsets = [broker.committed_offsets(f"{app}-{query}").get((topics[0], 0)) for query in ("CSAS_ITEMS", "CSAS_NOTIFICATIONS")]
    expect(offsets == [1, 2], f"with one query paused the offsets are {offsets}, expected 1 and 2")
    run(2, "", 9, 3)
    offsets = [broker.committed_offsets(f"{app}-{query}").get((topics[0], 0)) for query in ("CSAS_ITEMS", "CSAS_NOTIFICATIONS")]
    expect(offsets == [3, 3], f"the offsets are {offsets}, expected 3 and 3")

    # One that fails at the third invoice stops alone: the others take a fourth.
    job.path.write_text(sql + FAILING.format(app=app))
    job.may_fail = True
    process = job.start()
    wait_for(lambda: "query failed" in job.log.read_text(), "the query to fail")
    broker.produce([(topics[0], 0, 1, None, json.dumps(invoices[0]["value"]).encode())])
    wait_for(lambda: [len(broker.read(topic)) for topic in topics[1:]] == [13, 4], "the other queries to go on")
    failure = next(line for line in job.log.read_text().splitlines() if "query failed" in line)
    expect("CSAS_RATIOS" in failure and "offset 2" in failure.replace("offset=", "offset "), f"it does not say what failed where: {failure}")
    code = stop(process)
    expect(code == 5, f"exit {code}, expected 5: a query has failed")
    left = broker.committed_offsets(f"{app}-CSAS_RATIOS").get((topics[0], 0))
    expect(left == 2 and len(broker.read(f"{app}-ratios")) == 2, f"the query that failed stands at {left}, expected 2")
    print("items 4, 4, 9 and notifications 1, 2, 3 around a pause; a query that failed stopped alone, at its record")
    job.clean()


# ---- one log, read in several ways ----

REPLAY = """
CREATE STREAM payments (k VARCHAR KEY, amt BIGINT) WITH (KAFKA_TOPIC = '{topic}', VALUE_FORMAT = 'JSON');
CREATE TABLE totals WITH (KAFKA_TOPIC = '{app}-totals', PARTITIONS = {partitions}) AS
    SELECT k, COUNT(*) AS n, SUM(amt) AS total FROM payments
    WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD {grace} SECONDS) GROUP BY k EMIT CHANGES;
"""
MINUTE_MS = 60_000
# Of 100,000 records: partitions, grace in s -> late records, rows, sum of the amounts.
KNOWN = {(1, 60): (0, 16741, 50021516), (1, 10): (30465, 16507, 34657284), (4, 10): (27105, None, None)}


def payments(count):
    """(key, amount, time) of a generator that is easily written again elsewhere."""
    x = 42
    for n in range(count):
        x = (1103515245 * x + 12345) % (1 << 31)
        yield f"k{(x >> 16) % 100}".encode(), (x >> 8) % 1000, 1_699_999_980_000 + 100 * n - (x >> 4) % 60_000


def implied(log, grace_s):
    """The final table and the late records that follow from the partitions' logs: a window is closed once the stream time of its
    partition has reached its end and the grace period."""
    table, late, stream_time = collections.defaultdict(lambda: (0, 0)), 0, collections.Counter()
    for record in log:
        stream_time[record.partition] = max(stream_time[record.partition], record.timestamp)
        start = record.timestamp - record.timestamp % MINUTE_MS
        if start + MINUTE_MS + grace_s * 1000 <= stream_time[record.partition]:
            late += 1
            continue
        count, total = table[record.key, start]
        table[record.key, start] = count + 1, total + json.loads(record.value)["AMT"]
    return dict(table), late


class Reading:
    """A job that reads the log in its way."""

    def __init__(self, broker, name, topic, partitions, grace_s, **settings):
        self.broker, self.job = broker, Job(broker, f"replay-{name}", "", settings=settings)
        self.name, self.output = name, f"{self.job.application}-totals"
        self.job.path.write_text(REPLAY.format(app=self.job.application, topic=topic, partitions=partitions, grace=grace_s))
        broker.create(self.output, partitions=partitions)

    def table(self):
        rows = {}
        for record in self.broker.read(self.output):
            value = json.loads(record.value)
            rows[record.key[:-8], int.from_bytes(record.key[-8:], "big")] = value["N"], value["TOTAL"]
        return rows

    def crash_without_disk(self):
        """Killed with half of the table written, and started again on an empty disk."""
        process = self.job.start()
        wait_for(lambda: self.broker.read(self.output), "the first rows")
        stop(process, signal.SIGKILL)
        shutil.rmtree(self.job.settings["state.dir"])
        self.broker.evict(f"{self.job.application}-CTAS_TOTALS")  # it comes back as another member


def read_all(broker, records, partitions, grace_s):
    topic = f"payments-{os.getpid()}-{partitions}-{grace_s}"
    broker.create(topic, partitions=partitions)
    quick = {"transaction.timeout.ms": "4000"}
    each = {"cache.max.bytes.buffering": "0"}
    make = lambda name, **settings: Reading(broker, name, topic, partitions, grace_s, **quick, **settings)
    live = [make("live", **each), make("triggers", **{"commit.interval.ms": "1000"})]
    processes = [reading.job.start() for reading in live]
    for process in processes:
        wait_for(lambda: all(reading.job.assigned() for reading in live) or process.poll() is not None, "the jobs to run")
    rows = list(payments(records))
    for at in range(0, records, records // 4 or 1):  # as they come, in parts
        broker.produce([(topic, -1, time, key, b'{"AMT":%d}' % amount) for key, amount, time in rows[at:at + (records // 4 or 1)]])
    late_ones = [make("at-once", **each), make("crashed", **each)]
    late_ones[1].crash_without_disk()
    for process in processes:
        expect(stop(process) == 0, f"exit {process.returncode}")
    table, late = implied(broker.read(topic), grace_s)
    if records == 100_000:
        known = KNOWN[partitions, grace_s]
        found = late, len(table), sum(total for _, total in table.values())
        expect(all(figure in (None, has) for figure, has in zip(known, found)), f"the test's own figures are {found}, expected {known}")
    for reading in live + late_ones:
        summary = reading.job.catch_up(timeout=600)
        expect(reading.table() == table, f"read {reading.name} the table differs from that of the log", reading.job.folder)
        if reading.name == "at-once":
            counted = sum(map(int, re.findall(r"late-skipped=(\d+)", summary)))
            expect(counted == late, f"{counted} late records counted, expected {late}", summary)
        reading.job.clean()
    print(f"{records} records, {partitions} partitions, grace {grace_s} s: {len(table)} rows, {late} late, read in {len(live + late_ones)} ways",
          flush=True)
    broker.tool("delete", topic)


def replay(records):
    broker = Broker()
    for partitions, grace_s in KNOWN:
        read_all(broker, records, partitions, grace_s)


MODES = {"queries": queries, "replay": replay}


if __name__ == "__main__":
    sys.exit(run_mode(MODES, "queries", {"replay": 100_000}))
