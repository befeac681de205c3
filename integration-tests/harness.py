"""What the tests against a real broker share: the broker, the program as a process, records, and an independent oracle.

The oracle recomputes every output from the input log with Apache Kafka's Java client (tool/KafkaTool.java): it shares no code and
no client library with the program.
"""
import atexit
import collections
import copy
import fcntl
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
KAFKA = HERE / "kafka"
LIBRARIES = ROOT / "build/kafka/lib"
TOOL = ROOT / "build/kafka/tool"

# A program must not outlive its test, however that ends: it would go on in the shared broker's groups.
DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"]

Record = collections.namedtuple("Record", "topic partition offset timestamp key value")


def program(variant="dev"):
    """The program of a build directory; TURGO_PROGRAM overrides the usual one."""
    if variant == "dev" and "TURGO_PROGRAM" in os.environ:
        return pathlib.Path(os.environ["TURGO_PROGRAM"])
    return ROOT / "build" / variant / "turgo"


def state_dump():
    """The tool that reads a RocksDB database; built beside the program."""
    return pathlib.Path(os.environ.get("TURGO_STATE_DUMP", program().parent / "state_dump"))


class ToolServer:
    """KafkaTool in one JVM for many commands: starting it takes longer than most of them."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        bufsize=1 << 16)
        atexit.register(self.process.kill)

    def ask(self, command, arguments, text):
        """The lines it answers; they end with one that says what went wrong, if anything did."""
        self.process.stdin.write("\t".join([str((text or "").count("\n")), command, *arguments]) + "\n" + (text or ""))
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith("= "):
                return lines, line[2:].strip()
            lines.append(line.rstrip("\n").split("\t"))
        raise RuntimeError(f"KafkaTool {command} ended, exit {self.process.wait()}")


class Broker:
    """The broker of this checkout; started if it does not run. With a folder: one of our own, which may be killed."""

    OWN_PORTS = -8_000  # from those of the checkouts: no other's, and below those that the system gives to clients

    def __init__(self, folder=None):
        self.folder = pathlib.Path(folder or os.environ.get("KAFKA_DIR", ROOT / "build/kafka"))
        self.environment = dict(os.environ)
        self.servers = []  # those that nobody asks just now
        if folder:
            shared = self.kafka("address").rsplit(":", 1)[1]
            self.environment |= {"KAFKA_DIR": str(folder), "KAFKA_PORT": str(int(shared) + self.OWN_PORTS)}
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "lib").symlink_to(LIBRARIES)
        self.start()
        self.address = self.kafka("address")
        self.jar = self.build_tool()

    def build_tool(self):
        """KafkaTool as a jar with an archive of its loaded classes, which halves the cost of a start: named after the source."""
        source = HERE / "tool/KafkaTool.java"
        TOOL.mkdir(parents=True, exist_ok=True)
        jar = TOOL.resolve() / f"{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}.jar"
        archive = jar.with_suffix(".jsa")
        with open(TOOL / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if archive.exists():
                return jar
            with tempfile.TemporaryDirectory() as classes:
                subprocess.run(["javac", "-cp", f"{LIBRARIES}/*", "-d", classes, source], check=True)
                subprocess.run(["jar", "cf", jar, "-C", classes, "."], check=True)
            subprocess.run([*self.java(jar), f"-XX:ArchiveClassesAtExit={archive}", "KafkaTool", "train", self.address], check=True,
                           stdin=subprocess.DEVNULL, capture_output=True)
        return jar

    @staticmethod
    def java(jar):
        """No word of the JVM's own on the standard output, where the tool writes."""
        return ["java", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-XX:+UseSerialGC", "-Xlog:disable", "-cp",
                f"{jar}:{LIBRARIES.resolve()}/*"]

    def kafka(self, command):
        return subprocess.run([KAFKA, command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              env=self.environment).stdout.strip()

    def start(self):
        self.kafka("start")

    def stop(self):
        self.kafka("stop")

    def kill(self):
        os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)

    def forgot_transactions(self):
        """A broker alone that comes back with a transaction half ended may not know the leaders of its own partitions yet, take
        them for deleted and leave out the rest: what was committed there is open for ever, or aborted with the next one. No
        client can mend that, so what was measured counts for nothing."""
        return "likely deleted already and hence can be skipped" in (self.folder / "broker.log").read_text(errors="replace")

    @property
    def port(self):
        return int(self.address.rsplit(":", 1)[1])

    def tool_command(self, command, *arguments):
        return [*self.java(self.jar), f"-XX:SharedArchiveFile={self.jar.with_suffix('.jsa')}", "-Xshare:auto", "KafkaTool", command,
                self.address, *arguments]

    def tool(self, command, *arguments, text=None):
        """By any thread."""
        server = self.servers.pop() if self.servers else ToolServer(self.tool_command("serve"))
        lines, wrong = server.ask(command, arguments, text)
        self.servers.append(server)
        if wrong:
            raise RuntimeError(f"KafkaTool {command}: {wrong[:2000]}")
        return lines

    def create(self, *topics, partitions=1):
        """Topics that keep everything; created before a job does it, a table's changes are not compacted away."""
        self.tool("create", text="".join(f"{topic}\t{partitions}\tretention.ms=-1\n" for topic in topics))

    def produce(self, records):
        """Records: (topic, partition or -1, timestamp, key bytes or None, value bytes or None)."""
        self.tool("produce", text="".join(line_of(record) for record in records))

    def open_producer(self):
        """A process that writes the lines it gets, see line_of, until its input is closed. It ends with the test at the latest."""
        process = subprocess.Popen(self.tool_command("produce"), stdin=subprocess.PIPE, text=True, bufsize=1 << 16)
        atexit.register(process.kill)
        return process

    def read(self, *topics, level="committed"):
        return [Record(t, int(p), int(o), int(ts), unhex(k), unhex(v)) for t, p, o, ts, k, v in self.tool("read", level, *topics)]

    def committed_offsets(self, group):
        return {(topic, int(partition)): int(offset) for topic, partition, offset, *_ in self.tool("group", group)}

    def evict(self, *groups):
        """Members that are dead or stopped are gone now, not when their sessions end."""
        self.tool("evict", *groups)

    def ends(self, *topics):
        return {(topic, int(partition)): (int(stable), int(end)) for topic, partition, stable, end in self.tool("ends", *topics)}


def unhex(text):
    return None if text == "-" else bytes.fromhex(text)


def line_of(record):
    topic, partition, timestamp, key, value = record
    return "\t".join([topic, str(partition), str(timestamp), "-" if key is None else key.hex(), "-" if value is None else value.hex()]) + "\n"


class Failed(AssertionError):
    """What the test is about is not so."""


def expect(condition, message, *details):
    if not condition:
        raise Failed("\n".join([message, *map(str, details)]))


class Job:
    """A job file with its settings and state directory; runs the program on it."""

    runs = []  # (job, process) of all that were started, in order
    asked_to_end = set()  # those of the processes that a test has stopped
    may_fail = False  # True: the test wants a query to fail

    def __init__(self, broker, name, sql, settings=None, executable=None, servers=None, config=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"turgo-{name}-"))
        self.application = f"{name}-{os.getpid()}-{self.folder.name[-6:]}"
        self.path = self.folder / "job.sql"
        self.path.write_text(sql)
        self.executable = executable or program()
        self.settings = {
            "bootstrap.servers": servers or broker.address,
            "application.id": self.application,
            "state.dir": str(self.folder / "state"),
            "auto.offset.reset": "earliest",
            **(settings or {}),
        }
        self.config = config
        self.log = self.folder / "log"

    def twin(self):
        """Another member of the same application: the same job, a state directory and a log of its own."""
        other = copy.copy(self)
        other.folder = self.folder / f"twin-{len(list(self.folder.glob('twin-*')))}"
        other.folder.mkdir()
        other.settings = {**self.settings, "state.dir": str(other.folder / "state")}
        other.log = other.folder / "log"
        return other

    def database(self):
        return pathlib.Path(self.settings["state.dir"]) / self.application / "db"

    def command(self, *arguments):
        settings = [part for name, value in self.settings.items() for part in ("--set", f"{name}={value}")]
        config = ["--config", str(self.config)] if self.config else []
        return [str(self.executable), "run", str(self.path), *config, *settings, *arguments]

    def start(self, environment=None):
        return self.spawn([*DIES_WITH_US, *self.command()], environment)

    def spawn(self, command, environment=None):
        with open(self.log, "ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(environment or {})})
            process.log_begins = log.tell()
        Job.runs.append((self, process))
        return process

    def catch_up(self, timeout=240):
        with open(self.log, "ab") as log:
            done = subprocess.run([*DIES_WITH_US, *self.command("--until-caught-up")], stdout=subprocess.PIPE, stderr=log, text=True,
                                  timeout=timeout)
        if done.returncode != 0:
            raise Failed(f"turgo ended with exit {done.returncode}:\n{done.stdout}\n{self.tail()}")
        return done.stdout

    def assigned(self):
        """How often each worker of each query got partitions: {(query, worker): times}."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return collections.Counter(re.findall(r'"partitions assigned" query=(\S+) worker=(\d+)', text))

    def query_failure(self, since=0):
        """The log's first line about a query that failed, after so many bytes of it; None: there is none."""
        with open(self.log, "rb") as log:
            log.seek(since)
            return next((line.decode(errors="replace").strip() for line in log if b'msg="query failed' in line), None)

    def tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def stop(process, how=signal.SIGTERM, timeout=120):
    Job.asked_to_end.add(process)
    if process.poll() is None:
        process.send_signal(how)
    return process.wait(timeout)


def end_runs():
    """Ends all programs that still run, frozen ones, too."""
    for _, process in Job.runs:
        Job.asked_to_end.add(process)
        if process.poll() is None:
            process.kill()
            process.wait()


def fail_with_runs():
    """Fails if a program has ended with an error by itself, or one of its queries has failed, where none may: what a test waits
    for would never come. (Fail points end a program by SIGKILL.)"""
    for job, process in Job.runs:
        if process in Job.asked_to_end or job.may_fail:
            continue
        if process.poll() not in (None, 0, -signal.SIGKILL):
            raise Failed(f"the program ended by itself, exit {process.returncode}:\n{job.tail()}")
        if process.poll() is None and (line := job.query_failure(process.log_begins)):
            raise Failed(f"a query failed: {line}\n{job.tail()}")


def print_logs(lines=20):
    """The ends of the logs of all jobs that were started."""
    for job in dict.fromkeys(job for job, _ in Job.runs):
        if job.log.exists():
            print(f"---- the end of {job.log}:", job.tail(lines), sep="\n", flush=True)


def run_test(test):
    """Runs a test and returns its exit code. What fails is printed with the ends of the jobs' logs, and no program outlives it."""
    started = time.monotonic()
    try:
        test()
        return 0
    except Failed as failure:
        print(f"FAILED: {failure}")
    except Exception:  # a broker or a tool that does not answer: where it was matters
        traceback.print_exc(file=sys.stdout)
    finally:
        end_runs()
        print(f"{time.monotonic() - started:.0f} s", flush=True)
    print_logs()
    return 1


def with_whole_broker(prove):
    """Repeats a test that restarts its broker: `prove` returns False where the broker has forgotten transactions."""
    started = time.monotonic()
    while time.monotonic() - started < 500:
        if prove():
            return
        print("the broker left out the ends of some transactions: once more", flush=True)
    raise Failed("no broker came back with its transactions whole")


def run_mode(modes, default, counts):
    """The main() of a test of several modes: `<script> MODE [COUNT]`; counts: what a mode without COUNT gets, if not 0."""
    mode = sys.argv[1] if len(sys.argv) > 1 else default
    count = int(sys.argv[2]) if len(sys.argv) > 2 else counts.get(mode, 0)
    return run_test(lambda: modes[mode](count))


def wait_for(condition, what, seconds=150, meanwhile=lambda: time.sleep(0.02)):
    """Until the condition holds; `meanwhile` is done again and again. Fails at once if a program of the test has failed."""
    deadline, next_look = time.monotonic() + seconds, 0.0
    while not condition():
        now = time.monotonic()
        if now >= next_look:
            fail_with_runs()
            next_look = now + 0.5
        if now > deadline:
            raise Failed(f"waited {seconds} s in vain for: {what}")
        meanwhile()


class Chaos:
    """The job of the fault tests, its input, and what must come out of it."""

    KEYS = 50
    CLASSES = 23
    PARTITIONS = 4
    WINDOW_MS = 60_000
    FIRST_MS = 1_600_000_000_000
    STEP_MS = 137

    SQL = """
CREATE STREAM events (k VARCHAR KEY, id BIGINT, amt BIGINT, class VARCHAR)
    WITH (KAFKA_TOPIC = '{app}-events', VALUE_FORMAT = 'JSON', PARTITIONS = {partitions});
CREATE STREAM copied WITH (KAFKA_TOPIC = '{app}-copied') AS SELECT k, id, amt FROM events EMIT CHANGES;
CREATE TABLE totals WITH (KAFKA_TOPIC = '{app}-totals') AS
    SELECT k, COUNT(*) AS n, SUM(amt) AS s, MIN(amt) AS lo, MAX(amt) AS hi FROM events GROUP BY k EMIT CHANGES;
CREATE TABLE per_minute WITH (KAFKA_TOPIC = '{app}-minutes') AS
    SELECT k, COUNT(*) AS n, SUM(id) AS s FROM events WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 1 DAY) GROUP BY k EMIT CHANGES;
CREATE TABLE classes WITH (KAFKA_TOPIC = '{app}-classes') AS
    SELECT class, COUNT(*) AS n, SUM(id) AS s FROM events GROUP BY class EMIT CHANGES;
"""
    QUERIES = ("CSAS_COPIED", "CTAS_TOTALS", "CTAS_PER_MINUTE", "CTAS_CLASSES")

    def __init__(self, broker, name, **job_options):
        self.broker = broker
        self.name = f"{name}-{os.getpid()}-{int(time.time())}"
        sql = self.SQL.format(app=self.name, partitions=self.PARTITIONS)
        settings = {"cache.max.bytes.buffering": "0", **job_options.pop("settings", {})}
        self.job = Job(broker, name, sql, settings=settings, **job_options)
        self.events, self.copied, self.totals, self.minutes, self.classes = (
            f"{self.name}-{t}" for t in ("events", "copied", "totals", "minutes", "classes"))
        broker.create(self.events, self.copied, self.totals, self.minutes, self.classes, partitions=self.PARTITIONS)
        self.produced = 0
        self.producer = None

    def open_producer(self):
        self.producer = self.broker.open_producer()

    def event(self, number, timestamp):
        """Everything in it follows from its number."""
        value = json.dumps({"id": number, "amt": number * 31 % 1000, "class": f"c{number % self.CLASSES}"}).encode()
        return line_of((self.events, -1, timestamp, f"k{number * 7919 % self.KEYS}".encode(), value))

    def feed(self, count):
        """Writes the next `count` events."""
        self.write(self.event(number, self.FIRST_MS + number * self.STEP_MS) for number in range(self.produced, self.produced + count))
        self.produced += count

    def feed_late(self, count):
        """The same with times of the past: each meets a window, and its state, that may be long out of memory."""
        dice = random.Random(self.produced)
        past = self.produced
        self.write(self.event(number, self.FIRST_MS + dice.randrange(past) * self.STEP_MS) for number in range(past, past + count))
        self.produced += count

    def write(self, lines):
        self.producer.stdin.write("".join(lines))
        self.producer.stdin.flush()

    def close_producer(self):
        self.producer.stdin.close()
        if self.producer.wait(150) != 0:
            raise Failed("the producer of the test failed")

    def evict(self):
        """Nobody waits for the sessions of processes that are gone."""
        self.broker.evict(*(f"{self.job.application}-{query}" for query in self.QUERIES))

    def expected(self):
        """Per topic and partition, the values that the input log implies, in order."""
        result = {topic: collections.defaultdict(list) for topic in (self.copied, self.totals, self.minutes)}
        totals, minutes = {}, {}
        for record in self.broker.read(self.events):
            key, value = record.key, json.loads(record.value)
            identity, amount = value["id"], value["amt"]
            result[self.copied][record.partition].append((key, {"ID": identity, "AMT": amount}))
            n, s, low, high = totals.get(key, (0, 0, amount, amount))
            totals[key] = n, s, low, high = n + 1, s + amount, min(low, amount), max(high, amount)
            result[self.totals][record.partition].append((key, {"N": n, "S": s, "LO": low, "HI": high}))
            start = record.timestamp - record.timestamp % self.WINDOW_MS
            n, s = minutes.get((key, start), (0, 0))
            minutes[key, start] = n, s = n + 1, s + identity
            result[self.minutes][record.partition].append((key + start.to_bytes(8, "big"), {"N": n, "S": s}))
        return result, totals

    def check(self):
        """Returns a list of what is wrong: empty if nothing was lost, doubled or torn and state equals the changelog."""
        expected, totals = self.expected()
        actual = {topic: collections.defaultdict(list) for topic in expected}
        for record in self.broker.read(*expected):
            actual[record.topic][record.partition].append((record.key, json.loads(record.value)))
        wrong = []
        for topic, partitions in expected.items():
            for partition in range(self.PARTITIONS):
                wrong += differences(f"{topic}-{partition}", partitions[partition], actual[topic][partition])
        return wrong + self.check_changelog(totals) + self.check_classes()

    def check_classes(self):
        """The sums over a value column, which went through a repartition topic: how rows of different source partitions met there
        is free, but each counts once, and those of one source partition in their order."""
        place = {json.loads(r.value)["id"]: (r.partition, r.offset, json.loads(r.value)["class"]) for r in self.broker.read(self.events)}
        wrong, seen, homes = [], set(), {}
        last, reached = collections.defaultdict(lambda: (0, 0)), {}
        for record in self.broker.read(self.classes):
            key, value = record.key.decode(), json.loads(record.value)
            identity = value["S"] - last[key][1]
            partition, offset, implied = place.get(identity, (None, None, None))
            if value["N"] != last[key][0] + 1 or implied != key or identity in seen:
                wrong.append(f"{record.topic}-{record.partition} at {record.offset}: {value} of {key} after {last[key]}")
            elif offset <= reached.get((key, partition), -1):
                wrong.append(f"{record.topic}-{record.partition} at {record.offset}: event {identity} comes too late")
            elif homes.setdefault(key, record.partition) != record.partition:
                wrong.append(f"{key} is in partitions {homes[key]} and {record.partition}")
            last[key], reached[key, partition] = (value["N"], value["S"]), offset
            seen.add(identity)
        return wrong + ([f"{len(place) - len(seen)} events are in no sum of a class"] if len(seen) != len(place) else [])

    STORES = tuple(f"{query}-Aggregate-Aggregate-Materialize" for query in QUERIES[1:])

    def check_changelog(self, totals):
        """The last state of each key in the changelog has the count that the input implies (COUNT is the first state part)."""
        state = {record.key: record.value for record in self.broker.read(f"{self.job.application}-{self.STORES[0]}-changelog")}
        counts = {key: int.from_bytes(value[:8], "little") for key, value in state.items() if value is not None}
        implied = {key: total[0] for key, total in totals.items()}
        return [] if counts == implied else [f"changelog counts differ from the input's: {first_difference(implied, counts)}"]

    def check_state(self, *jobs, complete=False):
        """RocksDB holds what the changelog holds below the offset stored in RocksDB, at any time, however the process ended;
        complete: of each partition one of the jobs, whichever owned it last, has that offset at the changelog's end."""
        changelogs = {f"{self.job.application}-{store}": f"{self.job.application}-{store}-changelog" for store in self.STORES}
        records = collections.defaultdict(list)
        for record in self.broker.read(*changelogs.values()):
            records[record.topic, record.partition].append(record)
        wrong, reached = [], {}
        for job in jobs or [self.job]:
            names, offsets, rows = read_database(job.database())
            for (store, partition), offset in offsets.items():
                place = changelogs[names[store]], partition
                wrong += compare_state(f"{names[store]}-{partition}", records[place], offset, rows[store, partition])
                reached[place] = max(offset, reached.get(place, 0))
        if complete:
            wrong += [f"{topic}-{partition}: states stand at {reached.get((topic, partition))}, the changelog at {log[-1].offset}"
                      for (topic, partition), log in records.items() if log and reached.get((topic, partition), 0) <= log[-1].offset]
        return wrong

    def check_offsets(self):
        """Committed offsets of all queries are the ends of the input."""
        ends = {partition: stable for (_, partition), (stable, _) in self.broker.ends(self.events).items()}
        wrong = []
        for query in self.QUERIES:
            offsets = {p: o for (t, p), o in self.broker.committed_offsets(f"{self.job.application}-{query}").items() if t == self.events}
            if any(offsets.get(p, 0) != end for p, end in ends.items()):
                wrong.append(f"{query}: committed {offsets}, ends {ends}")
        return wrong


def first_difference(expected, actual):
    for key in sorted(set(expected) | set(actual)):
        if expected.get(key) != actual.get(key):
            return f"{key}: expected {expected.get(key)}, found {actual.get(key)}"
    return "none"


def differences(place, expected, actual):
    if expected == actual:
        return []
    count = lambda rows: collections.Counter((key, json.dumps(value, sort_keys=True)) for key, value in rows)
    lost, doubled = count(expected) - count(actual), count(actual) - count(expected)
    for index, (a, b) in enumerate(zip(expected, actual)):
        if a != b:
            break
    else:
        index = min(len(expected), len(actual))
    return [f"{place}: {sum(lost.values())} lost, {sum(doubled.values())} doubled or wrong of {len(expected)}; first at {index}: "
            f"expected {expected[index:index + 1]}, found {actual[index:index + 1]}"]


def read_database(folder):
    """Names of stores, changelog offsets and rows of a RocksDB database: rows as {changelog key: (row time, value)}."""
    done = subprocess.run([state_dump(), folder], check=True, capture_output=True, text=True)
    names, offsets, rows = {}, {}, collections.defaultdict(dict)
    for kind, *field in (line.split("\t") for line in done.stdout.splitlines()):
        if kind == "store":
            names[int(field[1])] = field[0]
        elif kind == "meta":
            offsets[int(field[0]), int(field[1])] = int(field[2])
        else:
            key = bytes.fromhex(field[2])
            if "PER_MINUTE" in names[int(field[0])]:  # windowed: start with its sign flipped, then the key
                key = key[8:] + bytes([key[0] ^ 0x80]) + key[1:8] + bytes(4)
            rows[int(field[0]), int(field[1])][key] = int(field[3]), bytes.fromhex(field[4])
    return names, offsets, rows


def compare_state(place, log, offset, rows):
    below, later = {}, set()
    for record in log:
        if record.offset < offset:
            below[record.key] = record.timestamp, record.value
        else:
            later.add(record.key)
    expected = {key: value for key, value in below.items() if value[1] is not None}
    # What compaction has removed, because a later record replaced it, is not there to compare with.
    known = {key: value for key, value in rows.items() if key in below or key not in later}
    return [] if known == expected else [f"{place} at {offset}: state differs from its changelog: {first_difference(expected, known)}"]
