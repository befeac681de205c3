"""Every example with an expected.jsonl, on the broker: the scenarios S2 S4 S5 S13 S15 S18 among them, read with read_committed.

The broker is shared and the examples' topic names are fixed, so each run puts a prefix before them. The topics that are compared
are made before the jobs can make them compacted: the times of the records are old, so a broker compacts at once. The scenarios of
joins (S29 to S32) are killed on their way, wherever they are then, and go on.
Formats: examples/README.md.

usage: examples_test.py [EXAMPLE ...]
"""
import json
import random
import re
import signal
import sys
import time

from harness import ROOT, Broker, Job, program, stop

TOPIC = re.compile(r"((?:KAFKA|DEAD_LETTER|LATE_RECORDS)_TOPIC\s*=\s*')([^']+)'", re.IGNORECASE)

KILLED = ("login-names", "rates-from-a-file", "impressions-and-clicks", "clicks-or-none")


def lines_of(path):
    lines = path.read_text().splitlines()
    return [json.loads(line) for line in lines if line and not line.startswith("#")]


def bytes_of(value):
    """A JSON text is the record's bytes, anything else is written as compact JSON, null is no bytes."""
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def canonical(value):
    """How values are compared: as JSON if they are JSON (1 and 1.0 differ), else as text."""
    if value is None:
        return "null"
    text = value.decode(errors="backslashreplace")
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return "text " + text


def expected_line(record):
    window = f" window {record['window'][0]}" if "window" in record else ""
    if "session" in record:
        window = f" session {record['session'][0]} to {record['session'][1]}"
    return f"key {bytes_of(record.get('key'))}{window} = {canonical(bytes_of(record.get('value')))}"


def actual_line(record, kind):
    key, window = record.key, ""
    if kind == "window" and key is not None and len(key) >= 8:
        key, window = key[:-8], f" window {int.from_bytes(key[-8:], 'big')}"
    if kind == "session" and key is not None and len(key) >= 16:
        key, window = key[:-16], f" session {int.from_bytes(key[-8:], 'big')} to {int.from_bytes(key[-16:-8], 'big')}"
    return f"key {key}{window} = {canonical(record.value)}"


class Example:
    """One folder of examples/ and its run."""

    def __init__(self, broker, folder):
        self.name = folder.name
        self.folder = folder
        sql = (folder / "job.sql").read_text()
        self.job = Job(broker, self.name, "", config=folder / "settings.properties" if (folder / "settings.properties").exists() else None)
        self.job.path.write_text(TOPIC.sub(lambda match: f"{match[1]}{self.topic(match[2])}'", sql))
        self.expected = {}
        for record in lines_of(folder / "expected.jsonl"):
            self.expected.setdefault(record["topic"], []).append(record)

    def partitions(self, name):
        """What the job's statement says of the topic, else one."""
        said = re.search(rf"'{re.escape(self.topic(name))}'[^)]*PARTITIONS\s*=\s*(\d+)", self.job.path.read_text())
        return int(said[1]) if said else 1

    def topic(self, name):
        return f"{self.job.application}-{name}"

    def input(self):
        return [(self.topic(line["topic"]), -1, line.get("timestamp", 0), bytes_of(line.get("key")), bytes_of(line.get("value")))
                for line in lines_of(self.folder / "input.jsonl")]

    def check(self, records):
        wrong = []
        for name, expected in self.expected.items():
            kind = next((kind for kind in ("window", "session") if any(kind in record for record in expected)), None)
            actual = [actual_line(record, kind) for record in sorted(records, key=lambda r: (r.partition, r.offset))
                      if record.topic == self.topic(name)]
            wanted = [expected_line(record) for record in expected]
            if actual != wanted:
                wrong.append(f"{self.name}, topic {name}:\n  expected " + "\n           ".join(wanted)
                             + "\n  found    " + "\n           ".join(actual))
        return wrong


def kill_on_the_way(examples):
    processes = [example.job.start() for example in examples]
    for process in processes:
        time.sleep(random.uniform(0.1, 0.6))
        stop(process, signal.SIGKILL)


def main():
    broker = Broker()
    folders = [ROOT / "examples" / name for name in sys.argv[1:]] or sorted(ROOT.glob("examples/*"))
    examples = [Example(broker, folder) for folder in folders if (folder / "expected.jsonl").exists()]
    for count in sorted({example.partitions(name) for example in examples for name in example.expected}):
        broker.create(*(example.topic(name) for example in examples for name in example.expected
                        if example.partitions(name) == count), partitions=count)
    for example in examples:
        example.job.catch_up()  # nothing is there yet: it makes its other topics and ends
    # Record by record, in the order of the files: their partitions' order is what the jobs see.
    broker.produce([record for example in examples for record in example.input()])
    kill_on_the_way([example for example in examples if example.name in KILLED])
    summaries = [example.job.catch_up() for example in examples]
    records = broker.read(*(example.topic(name) for example in examples for name in example.expected))
    failed = 0
    for example, summary in zip(examples, summaries):
        wrong = example.check(records)
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok':7}{example.name}")
        if wrong:
            print(*wrong, summary, example.job.tail(), sep="\n")
        else:
            example.job.clean()
    print(f"{len(examples)} examples, {failed} failed, program {program()}")
    return 1 if failed or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
