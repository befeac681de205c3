"""Bad input of every kind: job files, brokers, topics, records, state directories. Each gives an error or a report that names the
thing, the place and the way out, and costs no good record.

usage: bad_input_test.py [CASE ...]
"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import time

from harness import DIES_WITH_US, Broker, Failed, Job, end_runs, expect, print_logs, program, stop, wait_for


def run(arguments, timeout=150):
    done = subprocess.run([program(), *map(str, arguments)], capture_output=True, timeout=timeout)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def refused(job, exit_code, *texts, arguments=("--until-caught-up",), timeout=150):
    """The program ends with this exit code and says all of these texts on stderr, and nothing on stdout."""
    code, out, err = run(job.command(*arguments)[1:], timeout)
    expect(code == exit_code, f"exit {code}, expected {exit_code}", out, err)
    for text in texts:
        expect(text in err, f"no '{text}' in:", err)
    expect(out == "", "this on stdout:", out)
    return err


SMALL = """CREATE STREAM a (b VARCHAR) WITH (KAFKA_TOPIC = '{app}-in', VALUE_FORMAT = 'JSON', PARTITIONS = 1);
CREATE STREAM c WITH (KAFKA_TOPIC = '{app}-out') AS SELECT b FROM a EMIT CHANGES;
"""


def small_job(broker, name, sql=SMALL, **options):
    job = Job(broker, name, "", **options)
    job.path.write_text(sql.replace("{app}", job.application))
    return job


# ---- job files ----

def job_files(broker):
    job = small_job(broker, "bad-job")
    place = f"--> {job.path}:"
    job.path.write_bytes(b"CREATE STREAM a (b VARCHAR)\n  WITH (KAFKA_TOPIC = '\xff\xfe');")
    refused(job, 3, "not UTF-8", f"{place}2:24", "help: SQL must be plain text in UTF-8")
    job.path.write_text("CREATE STRAEM a (b VARCHAR) WITH (KAFKA_TOPIC = 'x');")
    refused(job, 3, "STRAEM", f"{place}1:8", "did you mean STREAM?")
    job.path.write_text(SMALL.replace("SELECT b", "SELECT b - 1"))
    refused(job, 3, f"{place}2:", "^")
    job.path.write_text(SMALL.replace("SELECT b", "SELECT bb"))
    refused(job, 3, f"{place}2:", "BB", "help: ")
    job.path.unlink()
    refused(job, 3, f"cannot open {job.path}: No such file or directory")
    job.path.mkdir()
    refused(job, 3, f"{job.path}: Is a directory")
    job.path.rmdir()
    job.clean()


# ---- brokers and topics ----

def no_broker(broker):
    job = small_job(broker, "no-broker", servers="127.0.0.1:1", settings={"turgo.connect.timeout.ms": "4500"})
    started = time.monotonic()
    log = refused(job, 4, "no Kafka broker yet, trying again", "no Kafka broker answered at 127.0.0.1:1 within 4500 ms",
                  "help: start the broker, or set bootstrap.servers")
    took = time.monotonic() - started
    expect(took < 10, f"it took {took:.1f} s", log)
    # It waits for a broker that comes later, and a signal ends the waiting.
    job.settings["turgo.connect.timeout.ms"] = "60000"
    process = job.start()
    wait_for(lambda: "trying again" in job.log.read_text(), "a line about the broker")
    started = time.monotonic()
    code = stop(process, signal.SIGTERM)
    expect(code in (0, 130) and time.monotonic() - started < 10, f"exit {code} of a program that waits for its broker", job.tail())
    job.clean()


def no_topic(broker):
    job = small_job(broker, "no-topic", SMALL.replace(", PARTITIONS = 1", ""))
    refused(job, 3, f"'{job.application}-in'", f"--> {job.path}:1:1", "help: create the topic first, or add PARTITIONS=")
    broker.create(f"{job.application}-in", partitions=2)
    job.path.write_text(job.path.read_text().replace("'JSON'", "'JSON', PARTITIONS = 3"))
    refused(job, 3, f"{job.application}-in", "2 partitions", "PARTITIONS=3", f"--> {job.path}:1:1")
    job.clean()


def settings(broker):
    job = small_job(broker, "bad-setting", settings={"commit.intervall.ms": "100"})
    refused(job, 3, "unknown setting 'commit.intervall.ms'", "did you mean commit.interval.ms?")
    del job.settings["commit.intervall.ms"]
    job.settings["commit.interval.ms"] = "soon"
    refused(job, 3, "commit.interval.ms must be a number", "'soon'")
    job.clean()


# ---- topics that do not fit each other, queries that do not fit their state ----

JOINED = """CREATE STREAM a (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC = '{app}-in', VALUE_FORMAT = 'JSON');
CREATE TABLE b (k VARCHAR PRIMARY KEY, w INT) WITH (KAFKA_TOPIC = '{app}-side', VALUE_FORMAT = 'JSON');
CREATE STREAM c WITH (KAFKA_TOPIC = '{app}-out') AS SELECT a.k, v, w FROM a JOIN b ON a.k = b.k EMIT CHANGES;
"""
GROUPED = """CREATE STREAM a (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC = '{app}-in', VALUE_FORMAT = 'JSON');
CREATE TABLE c WITH (KAFKA_TOPIC = '{app}-out') AS SELECT GROUP_KEY, COUNT(*) AS n FROM a WINDOW GROUP BY GROUP_KEY EMIT CHANGES;
"""
MINUTE = "WINDOW TUMBLING (SIZE 1 MINUTE)"


def mismatches(broker):
    job = small_job(broker, "mismatch", JOINED, settings={"cache.max.bytes.buffering": "0"})
    app = job.application
    broker.create(f"{app}-in", f"{app}-out", partitions=2)  # not by the job: its topic would be compacted
    broker.create(f"{app}-side", f"{app}-CTAS_C-Aggregate-GroupBy-repartition", partitions=3)
    refused(job, 3, f"{app}-in has 2 partitions", "read together with it has 3", f"--> {job.path}:3:1", "the same number of partitions")

    def group(key, window=MINUTE):
        job.path.write_text(GROUPED.format(app=app).replace("GROUP_KEY", key).replace("WINDOW", window, 1))
        broker.produce([(f"{app}-in", 0, 1000, b"k", b'{"V":1}')])

    group("v")
    refused(job, 3, f"{app}-CTAS_C-Aggregate-GroupBy-repartition has 3 partitions", "come from 2", f"--> {job.path}:2:1", "help: ")
    group("k")
    job.catch_up()
    for key, window in (("k", "WINDOW TUMBLING (SIZE 2 MINUTES)"), ("k", ""), ("k", "WINDOW SESSION (1 MINUTE)")):
        group(key, window)
        code, _, err = run(job.command("--until-caught-up")[1:])
        expect(code == 5 and "another layout" in err and "QUERY_ID" in err, f"{key} {window}: exit {code}", err)
    group("k")
    job.catch_up()  # what was refused has harmed nothing
    counts = [json.loads(record.value)["N"] for record in broker.read(f"{app}-out")]
    expect(counts == [1, 2, 3, 4, 5, 6], f"counts {counts}, expected 1 to 6", job.tail())
    job.clean()


# ---- state directories ----

def state_directories(broker):
    way_out = "help: set state.dir"
    job = small_job(broker, "bad-state")
    directory = pathlib.Path(job.settings["state.dir"])
    directory.write_text("a file")
    refused(job, 3, str(directory), "Not a directory", way_out)
    directory.unlink()
    job.settings["state.dir"] = "/proc/turgo-state"  # not writable, for root neither
    refused(job, 3, "/proc/turgo-state", way_out)
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0:
        directory.mkdir()
        job.settings["state.dir"] = str(directory)
        mount = 'mount -t tmpfs -o ro tmpfs $0 && exec "$@"'
        done = subprocess.run(["unshare", "-m", "sh", "-c", mount, str(directory), *job.command("--until-caught-up")], capture_output=True,
                              timeout=60, text=True)
        expect(done.returncode == 3 and "Read-only file system" in done.stderr and way_out in done.stderr and str(directory) in done.stderr,
               f"a read-only file system: exit {done.returncode}", done.stderr)
        directory.rmdir()
    job.settings["state.dir"] = str(directory / "without/parents")
    refused(job, 3, str(directory / "without/parents"), "No such file or directory", way_out)
    job.settings["state.dir"] = str(directory)

    process = job.start()
    wait_for(lambda: "partitions assigned" in job.log.read_text() or process.poll() is not None, "the job to run")
    refused(job, 3, f"{directory / job.application} is in use by process {process.pid}", "help: stop that process, or give this one another")
    expect(stop(process) == 0, "the first process was disturbed:", job.tail())

    other = job.application + "-other"
    (directory / job.application).rename(directory / other)
    job.settings["application.id"] = other
    refused(job, 3, f'belongs to application "{job.application}", not "{other}"', str(directory / other), "help: each application needs its own state.dir")
    job.settings["application.id"] = job.application
    (directory / other).rename(directory / job.application)
    job.catch_up()  # nothing of this has harmed it
    job.clean()


# ---- records ----

RECORDS = """
CREATE STREAM src (k VARCHAR KEY, id BIGINT, name VARCHAR, flag BOOLEAN, items ARRAY<INT>, inner_ STRUCT<x INT>)
    WITH (KAFKA_TOPIC = '{app}-src', VALUE_FORMAT = 'JSON');
CREATE STREAM good WITH (KAFKA_TOPIC = '{app}-good') AS SELECT k, id, name FROM src EMIT CHANGES;
CREATE TABLE counts WITH (KAFKA_TOPIC = '{app}-counts') AS SELECT k, COUNT(*) AS n FROM src GROUP BY k EMIT CHANGES;
CREATE STREAM timed (id BIGINT, ts BIGINT) WITH (KAFKA_TOPIC = '{app}-timed', VALUE_FORMAT = 'JSON', TIMESTAMP = 'ts');
CREATE STREAM in_time WITH (KAFKA_TOPIC = '{app}-in-time') AS SELECT id FROM timed EMIT CHANGES;
"""
DEEP = 100_000
NOW_MS = int(time.time() * 1000)
FUTURE_MS = 4_102_444_800_000  # the year 2100

# What is in the value, and what the report must say of it.
UNREADABLE = [
    (b'{"id": 1, "name":', ""),
    (b"not json", ""),
    (b"", ""),
    (b'{"id": 1} {"id": 2}', ""),
    (b'{"id": "abc"}', "id"),
    (b'{"id": 99999999999999999999}', "id"),
    (b'{"id": {"x": 1}}', "id"),
    (b'{"id": 1, "items": {"x": 1}}', "items"),
    (b'{"id": 1, "inner_": [1]}', "inner"),
    (b"[1, 2]", ""),
    (b"\xff\xfe", ""),
    (b'{"id": 1, "name": "\xff\xfe"}', "UTF-8"),
    (b'{"id": 1, "name": "\xed\xa0\x80"}', "UTF-8"),
    (b'{"id": 1, "name": "a\nb"}', ""),
    (b'{"id": 1, "items": ' + b"[" * DEEP + b"]" * DEEP + b"}", ""),
    (b'{"id": 1, "unknown": ' + b"[" * DEEP + b"]" * DEEP + b"}", ""),
    (b'{"id": 1, "unknown": ' + b'{"a":' * DEEP, ""),
]
READABLE = [
    (b"{}", (None, None)),
    (b'{"id": 2, "unknown": [[[{"x": [1, {}]}]]]}', (2, None)),
    (b'{"id": 3, "unknown": "' + b"x" * 1_000_000 + b'"}', (3, None)),
    (b'{"id": 4, "name": "' + b"y" * 900_000 + b'"}', (4, "y" * 900_000)),
    (b'{"id": 5, "items": [' + b"1," * 300_000 + b"1]}", (5, None)),
    ('{"id": 6, "name": "\u00e4\\u00e4\U0001f600\\ud83d\\ude00"}'.encode(), (6, "\u00e4\u00e4\U0001f600\U0001f600")),
]


def reports(job, query):
    """{(topic, partition, offset): reason} of the records that a query skipped."""
    pattern = re.compile(r'msg="record skipped" query=(\S+) .*?topic=(\S+) partition=(\d+) offset=(\d+) reason="((?:[^"\\]|\\.)*)"')
    found = {}
    for line in job.log.read_text(errors="replace").splitlines():
        match = pattern.search(line)
        if match and match[1] == query:
            found[match[2], int(match[3]), int(match[4])] = match[5]
    return found


def summary(text):
    """{query: (in, out, skipped)}"""
    rows = [line.split() for line in text.splitlines()[1:-1] if not line.startswith("counters of ")]
    return {row[0]: tuple(map(int, row[1:4])) for row in rows}


def records(broker):
    job = small_job(broker, "bad-record", RECORDS)
    app = job.application
    broker.create(*(f"{app}-{topic}" for topic in ("src", "good", "counts", "timed", "in-time")))
    sent, bad, good, counted = [], {}, [], 0

    def add(key, value, timestamp, fate):
        nonlocal counted
        if isinstance(fate, str):
            bad[f"{app}-src", 0, len(sent)] = fate
        else:
            good.append((key, fate))
            counted += key is not None
        sent.append((f"{app}-src", 0, timestamp, key, value))

    for number, (value, about) in enumerate(UNREADABLE):
        add(b"k", json.dumps({"id": 1000 + number, "name": "between"}).encode(), NOW_MS, (1000 + number, "between"))
        add(b"k", value, NOW_MS, about)
    for value, fate in READABLE:
        add(b"k", value, NOW_MS, fate)
    add(None, b'{"id": 7}', NOW_MS, (7, None))  # a stream may have records without key; a group may not
    add(b"k", b'{"id": 8}', FUTURE_MS, "ahead of the clock")
    add(b"k", b'{"id": 9}', 0, (9, None))
    add(b"k", b'{"id": 10}', NOW_MS, (10, None))
    timed = [(b'{"id": 1, "ts": 1000}', ""), (b'{"id": 2, "ts": -5}', "TIMESTAMP"), (b'{"id": 3}', "TIMESTAMP"),
             (b'{"id": 4, "ts": %d}' % FUTURE_MS, "ahead of the clock"), (b'{"id": 5, "ts": 2000}', "")]
    sent += [(f"{app}-timed", 0, NOW_MS, None, value) for value, _ in timed]
    broker.produce(sent)
    text = job.catch_up()
    numbers = summary(text)

    rows = [(r.key, (lambda v: (v["ID"], v["NAME"]))(json.loads(r.value))) for r in broker.read(f"{app}-good")]
    expect(rows == good, f"{len(rows)} good records came out, expected {len(good)}",
           *[str(pair)[:200] for pair in zip(rows, good) if pair[0] != pair[1]][:3])
    total = len(sent) - len(timed)
    expect(numbers["CSAS_GOOD"] == (total, len(good), len(bad)), f"summary, expected {total, len(good), len(bad)}:", text)
    counts = [json.loads(r.value)["N"] for r in broker.read(f"{app}-counts")]
    expect(counts[-1:] == [counted], f"counted {counts[-1:]}, expected {counted}")
    expect(numbers["CTAS_COUNTS"][2] == len(bad) + 1, f"skipped, expected {len(bad) + 1}:", text)
    found = reports(job, "CSAS_GOOD")
    expect(set(found) == set(bad), "reported places:", sorted(set(bad) ^ set(found)), job.tail())
    for place, about in bad.items():
        expect(about.lower() in found[place].lower() and found[place], f"{place}: '{found[place]}' says nothing about {about}")
    expect((f"{app}-src", 0, total - 4) in reports(job, "CTAS_COUNTS"), "the record without key is not reported", job.tail())

    ids = [json.loads(r.value)["ID"] for r in broker.read(f"{app}-in-time")]
    expect(ids == [1, 5] and numbers["CSAS_IN_TIME"] == (5, 2, 3), f"ids {ids} of [1, 5]", text)
    found = reports(job, "CSAS_IN_TIME")
    for offset, (_, about) in enumerate(timed):
        expect(about in found.get((f"{app}-timed", 0, offset), ""), f"offset {offset}: {found}")
    job.clean()


# ---- policies ----

POLICIES = """
CREATE STREAM readings (id INT, v INT) WITH (KAFKA_TOPIC = '{app}-readings', VALUE_FORMAT = 'JSON');
CREATE STREAM skipped WITH (KAFKA_TOPIC = '{app}-skipped', ON_ERROR = 'skip') AS SELECT id, v FROM readings EMIT CHANGES;
CREATE STREAM nulled WITH (KAFKA_TOPIC = '{app}-nulled', ON_ERROR = 'null') AS SELECT id, v FROM readings EMIT CHANGES;
CREATE STREAM kept WITH (KAFKA_TOPIC = '{app}-kept', ON_ERROR = 'dead-letter') AS SELECT id, v FROM readings EMIT CHANGES;
CREATE STREAM failed WITH (KAFKA_TOPIC = '{app}-failed', ON_ERROR = 'fail') AS SELECT id, v FROM readings EMIT CHANGES;
"""
READINGS = [b'{"id":1,"v":10}', b'{"id":2,"v":', b'{"id":3,"v":"abc"}', b'{"id":5,"v":50,"x":1}', b"\xff\xfe"]


def values(broker, topic):
    return [r.value if r.value is None else json.loads(r.value) for r in broker.read(topic)]


def policies(broker):
    job = small_job(broker, "policies", POLICIES)
    app = job.application
    broker.create(f"{app}-readings")
    broker.produce([(f"{app}-readings", 0, NOW_MS + n, b"k%d" % n, value) for n, value in enumerate(READINGS)])
    code, out, err = run(job.command("--until-caught-up")[1:])
    expect(code == 5, f"exit {code}, expected 5", out, err)
    place = f"topic {app}-readings, partition 0, offset 1"
    expect(place in err and "query failed and stopped" in err, f"no '{place}' in:", err)
    good = [{"ID": 1, "V": 10}, {"ID": 5, "V": 50}]
    nulls = {"ID": None, "V": None}
    for topic, rows in (("skipped", good), ("kept", good), ("failed", good[:1]),
                        ("nulled", [good[0], nulls, {"ID": 3, "V": None}, good[1], nulls])):
        expect(values(broker, f"{app}-{topic}") == rows, f"{topic}: expected {rows}", values(broker, f"{app}-{topic}"))
    letters = [(r.key, r.value, r.timestamp) for r in broker.read(f"{app}-CSAS_KEPT-dead-letter")]
    expect(letters == [(b"k%d" % n, READINGS[n], NOW_MS + n) for n in (1, 2, 4)], "dead letters:", letters)
    for query, offset in (("CSAS_FAILED", 1), ("CSAS_SKIPPED", 5)):
        found = broker.committed_offsets(f"{app}-{query}")
        expect(found == {(f"{app}-readings", 0): offset}, f"{query} has committed {found}, expected {offset}")
    for counter in ("decode-skipped=3", "decode-nulls=3", "dead-letters=3"):
        expect(counter in out, f"no {counter} in:", out)
    job.clean()


def oversized(broker):
    """Large records come in; what is too large for its topic goes by the policy; its letter has the whole record."""
    job = small_job(broker, "oversized", """
CREATE STREAM src (v VARCHAR) WITH (KAFKA_TOPIC = '{app}-src', VALUE_FORMAT = 'JSON');
CREATE STREAM lengths WITH (KAFKA_TOPIC = '{app}-lengths') AS SELECT LEN(v) AS n FROM src EMIT CHANGES;
CREATE STREAM kept WITH (KAFKA_TOPIC = '{app}-kept', DEAD_LETTER_TOPIC = '{app}-letters') AS SELECT v FROM src EMIT CHANGES;
CREATE STREAM failed WITH (KAFKA_TOPIC = '{app}-failed') AS SELECT v FROM src EMIT CHANGES;
""")
    app = job.application
    broker.tool("create", text=f"{app}-src\t1\tmax.message.bytes=20000000\n{app}-letters\t1\tmax.message.bytes=20000000\n")
    large = json.dumps({"v": "x" * 5_000_000}).encode()
    broker.produce([(f"{app}-src", 0, NOW_MS, None, value) for value in (b'{"v":"a"}', large, b'{"v":"b"}')])
    code, out, err = run(job.command("--until-caught-up")[1:])
    expect(code == 5 and f"topic {app}-src, partition 0, offset 1: step Sink: the output record has" in err, f"exit {code}", out, err)
    expect([v["N"] for v in values(broker, f"{app}-lengths")] == [1, 5_000_000, 1], "lengths:", values(broker, f"{app}-lengths"))
    expect([v["V"] for v in values(broker, f"{app}-kept")] == ["a", "b"], "kept")
    expect([v["V"] for v in values(broker, f"{app}-failed")] == ["a"], "failed")
    expect([r.value for r in broker.read(f"{app}-letters")] == [large], "the letter is not the record")
    job.clean()


def lost_records(broker):
    """Records that are deleted before they were read are counted; `none` stops."""
    job = small_job(broker, "lost")
    topic = f"{job.application}-in"
    broker.create(topic)

    def produce(*numbers):
        broker.produce([(topic, 0, NOW_MS, b"k", b'{"b":"%d"}' % n) for n in numbers])

    produce(0, 1)
    job.catch_up()
    produce(2, 3, 4)
    broker.tool("truncate", topic, "0", "5")
    produce(5)
    job.settings["auto.offset.reset"] = "none"
    code, out, err = run(job.command("--until-caught-up")[1:])
    expect(code == 5 and f"topic {topic}, partition 0, offset 2" in err and "auto.offset.reset" in err, f"exit {code}", out, err)
    job.settings["auto.offset.reset"] = "earliest"
    out = job.catch_up()
    expect("offsets-lost=3" in out, "no offsets-lost=3 in:", out)
    expect("records were deleted before they were read" in job.log.read_text(), "nothing in the log", job.tail())
    rows = [v["B"] for v in values(broker, f"{job.application}-out")]
    expect(rows == ["0", "1", "5"], f"{rows}")
    job.clean()


def hanging_transaction(broker):
    job = small_job(broker, "hanging", settings={"turgo.stalled.warn.ms": "1000"})
    topic = f"{job.application}-in"
    broker.create(topic)
    broker.tool("hang", topic, "0")
    broker.produce([(topic, 0, NOW_MS, None, b'{"b":"behind"}')])
    process = job.spawn([*DIES_WITH_US, *job.command("--until-caught-up")])
    wait_for(lambda: "an open transaction holds the partition's readers back" in job.log.read_text(), "a warning")
    broker.tool("release", topic)
    wait_for(lambda: process.poll() is not None, "the end of what is there")
    text = job.log.read_text()
    expect(process.returncode == 0 and f"topic={topic} partition=0" in text, f"exit {process.returncode}", job.tail())
    expect("stalls=" in text, "not counted", job.tail())
    expect(values(broker, f"{job.application}-out") == [{"B": "behind"}], "out:", values(broker, f"{job.application}-out"))
    job.clean()


CASES = {case.__name__: case for case in (job_files, settings, no_broker, no_topic, mismatches, state_directories, records, policies, oversized,
                                       lost_records, hanging_transaction)}


def main():
    broker = Broker()
    failed = 0
    for name in sys.argv[1:] or CASES:
        started = time.monotonic()
        try:
            CASES[name](broker)
            print(f"ok     {name} {time.monotonic() - started:.1f} s", flush=True)
        except (Failed, RuntimeError, subprocess.SubprocessError) as failure:
            failed += 1
            print(f"FAILED {name}: {failure}", flush=True)
        finally:
            end_runs()
    if failed:
        print_logs()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
