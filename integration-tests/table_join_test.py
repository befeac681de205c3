"""Joins with tables while the program is killed again and again: against what the input logs imply.

usage: table_join_test.py kills KILLS   a stream enriched by a table, and two tables joined by a foreign key, under kill -9

Of the enriched stream each record is known, in its order: max.task.idle.ms lets the task take both topics in the order of time. Of
the foreign-key join the final table is known, and each change before must be of an order and an item as they once were.
"""
import collections
import json
import os
import random
import signal
import sys
import time

from harness import Broker, Failed, Job, compare_state, differences, line_of, read_database, run_mode, stop

SQL = """
CREATE TABLE users (id BIGINT PRIMARY KEY, name VARCHAR) WITH (KAFKA_TOPIC = '{app}-users', VALUE_FORMAT = 'JSON', PARTITIONS = 4);
CREATE STREAM clicks (user_id BIGINT KEY, n BIGINT) WITH (KAFKA_TOPIC = '{app}-clicks', VALUE_FORMAT = 'JSON', PARTITIONS = 4);
CREATE STREAM enriched WITH (KAFKA_TOPIC = '{app}-enriched') AS
    SELECT c.user_id AS user_id, c.n AS n, u.name AS name FROM clicks c LEFT JOIN users u ON c.user_id = u.id EMIT CHANGES;
CREATE TABLE items (id BIGINT PRIMARY KEY, label VARCHAR) WITH (KAFKA_TOPIC = '{app}-items', VALUE_FORMAT = 'JSON', PARTITIONS = 3);
CREATE TABLE orders (id BIGINT PRIMARY KEY, item BIGINT, n BIGINT)
    WITH (KAFKA_TOPIC = '{app}-orders', VALUE_FORMAT = 'JSON', PARTITIONS = 4);
CREATE TABLE details WITH (KAFKA_TOPIC = '{app}-details') AS
    SELECT o.id AS id, o.n AS n, o.item AS item, i.label AS label FROM orders o JOIN items i ON o.item = i.id EMIT CHANGES;
"""
USERS, ITEMS, ORDERS = 40, 12, 60
FIRST_MS = 1_600_000_000_000


class Joins:
    def __init__(self, broker):
        self.broker, self.name = broker, f"table-join-{os.getpid()}-{int(time.time())}"
        self.job = Job(broker, "table-join", SQL.format(app=self.name), settings={"cache.max.bytes.buffering": "0",
                                                                                   "max.task.idle.ms": "5000"})
        self.users, self.clicks, self.enriched, self.items, self.orders, self.details = (
            f"{self.name}-{topic}" for topic in ("users", "clicks", "enriched", "items", "orders", "details"))
        broker.create(self.users, self.clicks, self.enriched, self.orders, self.details, partitions=4)
        broker.create(self.items, partitions=3)
        self.number = 0
        self.producer = broker.open_producer()

    def feed(self, count):
        """Changes and clicks whose content follows from their number."""
        for number in range(self.number, self.number + count):
            dice = random.Random(number)

            def put(topic, key, value, at=FIRST_MS + number * 10):
                body = None if value is None else json.dumps(value).encode()
                self.producer.stdin.write(line_of((topic, -1, at, key.to_bytes(8, "big"), body)))

            put(self.clicks, dice.randrange(USERS), {"n": number})
            put(self.users, dice.randrange(USERS), None if dice.random() < 0.1 else {"name": f"u{number}"})
            put(self.orders, dice.randrange(ORDERS), None if dice.random() < 0.1 else {"item": dice.randrange(ITEMS), "n": number})
            if number % 3 == 0:
                put(self.items, dice.randrange(ITEMS), None if dice.random() < 0.2 else {"label": f"i{number}"})
        self.number += count
        self.producer.stdin.flush()

    def close(self):
        self.producer.stdin.close()
        if self.producer.wait(150) != 0:
            raise Failed("the producer of the test failed")

    def check_enriched(self):
        history, expected, actual = collections.defaultdict(list), collections.defaultdict(list), collections.defaultdict(list)
        for record in self.broker.read(self.users):
            history[record.key].append((record.timestamp, json.loads(record.value)["name"] if record.value else None))
        for record in self.broker.read(self.clicks):
            name = next((name for at, name in reversed(history[record.key]) if at <= record.timestamp), None)
            expected[record.partition].append((record.key, {"N": json.loads(record.value)["n"], "NAME": name}))
        for record in self.broker.read(self.enriched):
            actual[record.partition].append((record.key, json.loads(record.value)))
        return [wrong for partition in range(4)
                for wrong in differences(f"{self.enriched}-{partition}", expected[partition], actual[partition])]

    def check_details(self):
        labels, versions = collections.defaultdict(set), collections.defaultdict(set)
        items, orders, result, wrong = {}, {}, {}, []
        for record in self.broker.read(self.items):
            items[int.from_bytes(record.key, "big")] = label = json.loads(record.value)["label"] if record.value else None
            labels[int.from_bytes(record.key, "big")].add(label)
        for record in self.broker.read(self.orders):
            orders[record.key] = order = json.loads(record.value) if record.value else None
            if order:
                versions[record.key].add((order["n"], order["item"]))
        for record in self.broker.read(self.details):
            result[record.key] = row = json.loads(record.value) if record.value else None
            if row and ((row["N"], row["ITEM"]) not in versions[record.key] or row["LABEL"] not in labels[row["ITEM"]]):
                wrong.append(f"{record.topic}-{record.partition} at {record.offset}: {row} was never there")
        implied = {key: {"N": order["n"], "ITEM": order["item"], "LABEL": items[order["item"]]}
                   for key, order in orders.items() if order and items.get(order["item"])}
        final = {key: row for key, row in result.items() if row is not None}
        different = [key for key in sorted(set(implied) | set(final)) if implied.get(key) != final.get(key)]
        return wrong + [f"{self.details}: {int.from_bytes(key, 'big')}: expected {implied.get(key)}, found {final.get(key)}"
                        for key in different]

    def check_state(self):
        names, offsets, rows = read_database(self.job.database())
        logs = collections.defaultdict(list)
        for record in self.broker.read(*(f"{name}-changelog" for name in set(names.values()))):
            logs[record.topic, record.partition].append(record)
        return [wrong for (store, partition), offset in offsets.items()
                for wrong in compare_state(f"{names[store]}-{partition}", logs[f"{names[store]}-changelog", partition], offset,
                                           rows[store, partition])]


def kills(count):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}", flush=True)
    dice = random.Random(seed)
    joins = Joins(Broker())
    for _ in range(count):
        process = joins.job.start()
        end = time.monotonic() + dice.uniform(0.5, 2.5)
        while time.monotonic() < end:
            joins.feed(20)
            time.sleep(0.02)
            if process.poll() is not None:
                raise Failed(f"the program ended by itself, exit {process.returncode}:\n{joins.job.tail()}")
        stop(process, signal.SIGKILL)
    joins.close()
    summary = joins.job.catch_up(timeout=240)
    wrong = joins.check_enriched() + joins.check_details() + joins.check_state()
    print(f"{count} kills, {joins.number} clicks, {len(wrong)} violations", flush=True)
    if wrong:
        print("\n".join(wrong[:10]), joins.job.tail(), summary, sep="\n")
        raise Failed(f"files: {joins.job.folder}")
    joins.job.clean()


if __name__ == "__main__":
    sys.exit(run_mode({"kills": kills}, "kills", {"kills": 30}))
