"""turgo infer and turgo convert on a real broker: what they print, that a conversion that is started again writes each record
once, and that records that do not fit are kept with their reasons.

usage: convert_test.py
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from harness import DIES_WITH_US, Broker, expect, program, run_test


def turgo(*arguments, exit_code=0):
    """stdout and stderr of the program; an AddressSanitizer build says more on stderr only if it fails."""
    done = subprocess.run([*DIES_WITH_US, program(), *arguments], capture_output=True, text=True, timeout=120)
    expect(done.returncode == exit_code, f"exit {done.returncode}, expected {exit_code}", done.stdout, done.stderr)
    return done.stdout, done.stderr


def order(number):
    return {"id": number, "item": {"name": f"item {number % 7}", "price": number / 4}, "tags": ["a"] * (number % 3),
            "createdAt": 1595688900348 + number}


def records(topic, numbers):
    return [(topic, number % 2, 1_600_000_000_000 + number, f"k{number}".encode(), json.dumps(order(number)).encode())
            for number in numbers]


def values(broker, topic):
    return sorted((record.key, json.loads(record.value)["id"]) for record in broker.read(topic))


def convert_twice(broker):
    name = f"convert-{os.getpid()}-{int(time.time())}"
    source, target = f"{name}-json", f"{name}-copy"
    state = tempfile.mkdtemp(prefix="turgo-convert-")
    where = ["--set", f"bootstrap.servers={broker.address}", "--set", f"state.dir={state}"]
    broker.create(source, partitions=2)
    broker.produce([*records(source, range(100)), (source, 0, 1, b"bad", b'{"id":')])

    sql, _ = turgo("infer", source, "--seconds", "100", *where)
    for text in ("2 partitions: all 101 committed records were looked at", "1 of 101 are no JSON, the first at partition 0, offset 50",
                 "ROWKEY VARCHAR KEY", "id BIGINT", "item STRUCT<name VARCHAR, price DOUBLE>", "tags ARRAY<VARCHAR>",
                 "TIMESTAMP = 'createdAt'"):
        expect(text in sql, f"no '{text}' in:", sql)

    command = ["convert", "--from", source, "--to", target, "--format", "json", "--key", "id", "--until-caught-up", *where]
    sql, _ = turgo(*command, "--dry-run")
    expect("PARTITION BY `id`" in sql, "the SQL is:", sql)

    _, report = turgo(*command)
    for text in ("101 records read, 100 written, 1 did not fit", f"1 record did not fit, kept in topic {target}-errors:",
                 "(first: partition 0, offset 50)"):
        expect(text in report, f"no '{text}' in:", report)
    expected = sorted((struct.pack(">q", number), number) for number in range(100))
    expect(values(broker, target) == expected, "not each record once, under its key")

    broker.produce(records(source, range(100, 130)))
    _, report = turgo(*command)
    for text in ("30 records read, 30 written, 0 did not fit", "every record fitted"):
        expect(text in report, f"no '{text}' in:", report)
    expected = sorted((struct.pack(">q", number), number) for number in range(130))
    expect(values(broker, target) == expected, "a second run did not go on where the first one stood")
    shutil.rmtree(state, ignore_errors=True)


def errors(broker):
    where = ["--set", f"bootstrap.servers={broker.address}"]
    _, said = turgo("infer", "convert-of-nothing", *where, exit_code=3)
    expect("there is no topic convert-of-nothing" in said, said)
    _, said = turgo("convert", "--from", "a", "--to", "a", "--format", "json", *where, exit_code=2)
    expect("--from and --to are the same topic" in said, said)
    _, said = turgo("convert", "--from", "a", "--to", "b", "--format", "avrow", *where, exit_code=2)
    expect("there is no format 'avrow'" in said, said)


def main():
    broker = Broker()
    convert_twice(broker)
    errors(broker)
    print("inferred, converted in two runs, misfits reported")


if __name__ == "__main__":
    sys.exit(run_test(main))
