"""State that comes back: from the disk, from changelogs, after everything that can happen to either.

usage: restore_test.py offsets          counts and offsets go on over restarts, also without the local state
       restore_test.py damage           flipped bytes, lost files, a changelog that was deleted, cut off, made again
       restore_test.py kills KILLS      kill -9 in the middle of restores: the next one goes on where the last one was
       restore_test.py budget MB        state of MB megabytes with a memory budget of a tenth of that, at least 16 MB: VmHWM
       restore_test.py full             a disk that runs full and gets room again (needs the right to mount a tmpfs)
       restore_test.py limit            files that may not grow (RLIMIT_FSIZE): the query stops alone; without the limit it goes on
       restore_test.py windows          closed windows leave the state: examples/bounded-windows with ten keys and all minutes of a day
       restore_test.py speed KEYS       many keys: from the disk at once, from the changelog as fast as it can be read; prints figures
"""
import collections
import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from harness import DIES_WITH_US, ROOT, Broker, Failed, Job, expect, program, run_mode, stop, wait_for

COUNTS = """
CREATE STREAM src (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC = '{app}-src', VALUE_FORMAT = 'JSON', PARTITIONS = {partitions});
CREATE TABLE counts WITH (KAFKA_TOPIC = '{app}-counts') AS SELECT k, COUNT(*) AS n, SUM(v) AS s FROM src GROUP BY k EMIT CHANGES;
"""
GROUP = "CTAS_COUNTS"
STORE = "CTAS_COUNTS-Aggregate-Aggregate-Materialize"


class Counting:
    """A running COUNT and SUM by key, its input, and what it must be."""

    def __init__(self, broker, name, partitions=1, **settings):
        self.broker = broker
        self.job = Job(broker, name, "", settings={"cache.max.bytes.buffering": "0", **settings})
        self.app = self.job.application
        self.job.path.write_text(COUNTS.format(app=self.app, partitions=partitions))
        self.source, self.counts = f"{self.app}-src", f"{self.app}-counts"
        self.changelog = f"{self.app}-{STORE}-changelog"
        broker.create(self.source, self.counts, partitions=partitions)
        self.totals = collections.defaultdict(lambda: [0, 0])
        self.sent = 0

    def feed(self, keys):
        records = []
        for key in keys:
            total = self.totals[key]
            total[0] += 1
            total[1] += self.sent
            records.append((self.source, -1, 1_600_000_000_000 + self.sent, key.encode(), b'{"v":%d}' % self.sent))
            self.sent += 1
        self.broker.produce(records)

    def values(self):
        """Of the table's topic: per key, the counts in their order."""
        rows = collections.defaultdict(list)
        for record in self.broker.read(self.counts):
            rows[record.key.decode()].append(json.loads(record.value)["N"])
        return rows

    def check(self):
        last = {}
        for record in self.broker.read(self.counts):
            value = json.loads(record.value)
            last[record.key.decode()] = [value["N"], value["S"]]
        wrong = {key: (self.totals[key], last.get(key)) for key in self.totals if last.get(key) != self.totals[key]}
        expect(not wrong, f"{len(wrong)} of {len(self.totals)} keys are wrong: {dict(list(wrong.items())[:3])}", self.job.tail())

    def log(self, since=0):
        return self.job.log.read_text(errors="replace")[since:] if self.job.log.exists() else ""

    def run(self, timeout=240):
        """Catches up; (what it logged, its summary, seconds)."""
        before = len(self.log())
        started = time.monotonic()
        summary = self.job.catch_up(timeout=timeout)
        return self.log(before), summary, time.monotonic() - started

    def state(self):
        return self.job.database().parent

    def forget(self):
        """The local state is gone, and with it the process's identity: it comes back as another member of its group."""
        shutil.rmtree(self.state())
        self.make_way()

    def make_way(self):
        """For another member than the one that ran last: not when that one's session ends, but now."""
        self.broker.evict(f"{self.app}-{GROUP}")


def restored(log):
    return sum(int(n) for n in re.findall(r'msg="state restored".* records=(\d+)', log))


def rebuilt(log):
    return re.findall(r'msg="local state cannot be trusted[^"]*".* reason="([^"]*)"', log)


def cpu(summary):
    return float(re.search(r"CPU ([\d.]+) s", summary)[1])


# ---- offsets ----

def offsets(_):
    broker = Broker()
    counting = Counting(broker, "offsets")
    key = ["a"]
    steps = [(7, False, range(1, 8), 0), (3, False, range(8, 11), 0), (1, True, [11], 2)]  # one record per key and transaction
    for count, without_state, expected, changelog_records in steps:
        if without_state:
            counting.forget()
        before = len(counting.values()["a"])
        counting.feed(key * count)
        log, _, _ = counting.run()
        values = counting.values()["a"][before:]
        expect(values == list(expected), f"counts {values}, expected {list(expected)}", log)
        offset = broker.committed_offsets(f"{counting.app}-{GROUP}")[counting.source, 0]
        expect(offset == counting.sent, f"the group stands at {offset} of {counting.sent}")
        expect(restored(log) == changelog_records, f"{restored(log)} changelog records read, expected {changelog_records}", log)
    print("counts 1..7, 8..10, 11 without the local state; offsets 7, 10, 11")
    counting.job.clean()


# ---- damage ----

def flip(path):
    data = bytearray(path.read_bytes())
    for at in range(50, len(data), 997):
        data[at] ^= 0x20
    path.write_bytes(data)


def one(folder, pattern):
    return sorted(folder.glob(pattern))[0]


DAMAGES = {
    "a flipped table": lambda db: flip(one(db, "*.sst")),
    "a table gone": lambda db: one(db, "*.sst").unlink(),
    "a table cut short": lambda db: one(db, "*.sst").write_bytes(one(db, "*.sst").read_bytes()[:100]),
    "a flipped MANIFEST": lambda db: flip(one(db, "MANIFEST*")),
    "an empty CURRENT": lambda db: (db / "CURRENT").write_bytes(b""),
    "CURRENT gone": lambda db: (db / "CURRENT").unlink(),
}


def damaged_files(counting, keys):
    for number, (name, damage) in enumerate(DAMAGES.items(), 1):
        damage(counting.job.database())
        counting.feed(keys)
        try:
            log, _, _ = counting.run()
        except Failed:  # found while it ran: the query stops, the next start sets the database aside
            expect("Corruption" in counting.log(), f"{name}: ended for another reason", counting.job.tail())
            log, _, _ = counting.run()
        aside = sorted(path.name for path in counting.state().glob("db.damaged-*"))
        expect(len(aside) == number, f"{name}: set aside are {aside}", log)
        expect("set aside" in log and f"db.damaged-{number}" in log, f"{name}: nobody was told", log)
        expect(restored(log) >= len(set(keys)), f"{name}: {restored(log)} records restored", log)
        counting.check()
        print(f"  {name}: set aside as {aside[-1]}, {restored(log)} records restored", flush=True)


def changed_logs(broker, counting, keys):
    # Cut off behind our back, when another process has gone on: all it holds is read again.
    other = counting.job.twin()
    mine, counting.job = counting.job, other
    counting.feed(keys)
    counting.make_way()
    counting.run()
    counting.job = mine
    counting.make_way()
    first = broker.read(counting.changelog)[-len(set(keys))].offset  # the last record of each key
    broker.tool("truncate", counting.changelog, "0", str(first))
    counting.feed(keys)
    log, _, _ = counting.run()
    expect(any("truncated" in reason for reason in rebuilt(log)), "a changelog that was cut off is trusted", log)
    expect((counting.state() / "db.aside-1/REASON").exists(), "nothing was kept aside", log)
    counting.check()
    print(f"  changelog cut off: {rebuilt(log)[0]}", flush=True)
    # Deleted, and made again by the next start: what it says counts, what was there is kept.
    broker.tool("delete", counting.changelog)
    counting.feed(keys)
    log, _, _ = counting.run()
    expect(any("made again" in reason for reason in rebuilt(log)), "a changelog that was made again is trusted", log)
    expect((counting.state() / "db.aside-2/REASON").exists(), "nothing was kept aside", log)
    expect(set(n[-1] for n in counting.values().values()) == {1}, "the counts do not begin again", log)
    print(f"  changelog deleted: {rebuilt(log)[0]}", flush=True)


def damage(_):
    broker = Broker()
    counting = Counting(broker, "damage")
    keys = [f"key{i}" for i in range(2000)]
    counting.feed(keys)
    counting.run()
    damaged_files(counting, keys)
    changed_logs(broker, counting, keys)
    counting.job.clean()


# ---- kills ----

def kills(count):
    broker = Broker()
    counting = Counting(broker, "kills", partitions=2)
    keys = [f"key{i}" for i in range(20_000)]
    counting.feed(keys)
    counting.run()
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    print(f"seed {seed}")
    counting.forget()
    died = 0
    for _ in range(count):
        before = len(counting.log())
        process = counting.job.start({"TURGO_FAILPOINT": f"restore:{dice.randrange(1, 12)}"})
        wait_for(lambda: process.poll() is not None or restored(counting.log(before)), "the end of a restore")
        died += process.poll() == -signal.SIGKILL
        stop(process, signal.SIGKILL)
        expect(not list(counting.state().glob("db.damaged*")), "a kill has damaged the state", counting.job.tail())
    counting.feed(keys)
    log, _, _ = counting.run()
    expect(died > 0, "no kill was in a restore")
    expect(not rebuilt(log), "state was rebuilt", log)
    counting.check()
    print(f"{died} of {count} kills in the middle of a restore; the next one read {restored(log)} records")
    counting.job.clean()


# ---- speed ----

def changelog_cpu(broker, topic):
    raw = program().parent / "raw_copy"
    if not raw.exists():
        return None
    out = subprocess.run([raw, "consume", broker.address, topic], check=True, capture_output=True, text=True).stdout.split()
    return float(out[1]), float(out[2])


def restore_seconds(log):
    """From the assignment to the last store's being restored, by the program's own clock."""
    stamp = lambda text: time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float(text[19:-1])
    begins = re.findall(r'ts=(\S+) .*msg="partitions assigned"', log)
    ends = re.findall(r'ts=(\S+) .*msg="state restored"', log)
    return stamp(ends[-1]) - stamp(begins[0]) if ends else 0.0


def speed(keys):
    broker = Broker()
    counting = Counting(broker, "speed", partitions=4, **{"cache.max.bytes.buffering": "10000000"})
    names = [f"customer-{i:08d}" for i in range(keys)]
    random.Random(1).shuffle(names)
    for at in range(0, keys, 200_000):
        counting.feed(names[at:at + 200_000])
    _, summary, seconds = counting.run(timeout=900)
    print(f"{keys} keys counted in {seconds:.1f} s, CPU {cpu(summary):.2f} s", flush=True)

    counting.feed(names[:100])
    log, summary, seconds = counting.run()
    expect(restored(log) == 0, f"{restored(log)} records restored although the state is there", log)
    print(f"start on local state: {seconds:.2f} s with 100 records, CPU {cpu(summary):.2f} s", flush=True)
    base = cpu(summary)

    counting.forget()
    counting.feed(names[100:200])
    log, summary, seconds = counting.run(timeout=900)
    count = restored(log)
    expect(count >= keys, f"{count} records restored of {keys}", log)
    took = max(restore_seconds(log), 1e-3)
    print(f"start without it: {seconds:.2f} s; {count} changelog records restored in {took:.2f} s ({count / took:,.0f}/s), "
          f"CPU {cpu(summary) - base:.2f} s above the start on local state", flush=True)
    plain = changelog_cpu(broker, counting.changelog)
    if plain:
        print(f"plain consume of the changelog: {plain[0]:.2f} s, CPU {plain[1]:.2f} s", flush=True)
    counting.check()
    counting.job.clean()
    broker.tool("delete", counting.source, counting.counts, counting.changelog)


# ---- a budget of memory ----

LATEST = """
CREATE STREAM src (k VARCHAR KEY, v VARCHAR) WITH (KAFKA_TOPIC = '{app}-src', VALUE_FORMAT = 'JSON', PARTITIONS = 2);
CREATE TABLE counts WITH (KAFKA_TOPIC = '{app}-counts') AS
    SELECT k, COUNT(*) AS n, LATEST_BY_OFFSET(v) AS last FROM src GROUP BY k EMIT CHANGES;
"""
VALUE_BYTES = 2000
FILE_BYTES = 300_000  # less than a table of 16 MB of memory has
BESIDE_MB = 72  # of the program itself and what the allocator cannot reuse: stated in docs/memory.md


def watch(job, timeout=900):
    """Catches up; the most memory that was resident, in MB."""
    process = job.spawn([*DIES_WITH_US, *job.command("--until-caught-up")])
    most, deadline = 0, time.monotonic() + timeout
    while process.poll() is None:
        expect(time.monotonic() < deadline, f"not caught up after {timeout} s", job.tail())
        found = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())
        most = max(most, int(found[1])) if found else most
        time.sleep(0.05)
    expect(process.returncode == 0, f"exit {process.returncode}", job.tail())
    return most / 1024


def sanitized():
    return b"libasan" in subprocess.run(["ldd", program()], capture_output=True).stdout


def feed_values(counting, keys, seed):
    dice = random.Random(seed)
    for at in range(0, len(keys), 20_000):
        records = []
        for key in keys[at:at + 20_000]:
            value = dice.randbytes(VALUE_BYTES // 2).hex()
            records.append((counting.source, -1, 1_600_000_000_000, key.encode(), json.dumps({"v": value}).encode()))
            counting.totals[key][0] += 1
        counting.broker.produce(records)


def budget(megabytes):
    broker = Broker()
    limit = max(megabytes // 10, 16)
    counting = Counting(broker, "budget", partitions=2, **{"memory.max.bytes": str(limit << 20), "cache.max.bytes.buffering": "1000000000"})
    counting.job.path.write_text(LATEST.format(app=counting.app))
    keys = [f"key{i:07d}" for i in range(megabytes * 1_000_000 // VALUE_BYTES)]
    random.Random(1).shuffle(keys)
    feed_values(counting, keys, 1)
    figures = {"made": watch(counting.job)}
    feed_values(counting, keys[::5], 2)
    figures["changed"] = watch(counting.job)
    counting.forget()
    feed_values(counting, keys[:1000], 3)
    figures["restored"] = watch(counting.job)
    on_disk = sum(path.stat().st_size for path in counting.job.database().glob("*.sst")) / 1e6
    print(f"state of {megabytes} MB ({on_disk:.0f} MB on disk), budget {limit} MB; VmHWM in MB: "
          + ", ".join(f"{name} {value:.0f}" for name, value in figures.items()), flush=True)
    last = {record.key.decode(): json.loads(record.value)["N"] for record in broker.read(counting.counts)}
    wrong = [key for key in keys if last.get(key) != counting.totals[key][0]]
    expect(not wrong, f"{len(wrong)} of {len(keys)} keys are wrong, first {wrong[:1]}")
    if not sanitized():  # a sanitizer's own memory would be measured
        expect(max(figures.values()) < limit + BESIDE_MB, f"more than the budget and {BESIDE_MB} MB", figures)
    counting.job.clean()
    broker.tool("delete", counting.source, counting.counts, counting.changelog)


# ---- a full disk ----

COPY = """
CREATE STREAM copied WITH (KAFKA_TOPIC = '{app}-copied') AS SELECT k, LEN(v) AS n FROM src EMIT CHANGES;
"""


class Wanting(Counting):
    """A query with 32 MB of state, and one without any, where the state does not find room for that."""

    KEYS = [f"key{i:07d}" for i in range(16_000)]

    def __init__(self, name, command):
        super().__init__(Broker(), name, partitions=2, **{"memory.max.bytes": str(16 << 20)})
        self.job.path.write_text(LATEST.format(app=self.app) + COPY.format(app=self.app))
        self.folder = pathlib.Path(self.job.settings["state.dir"])
        self.folder.mkdir()
        self.process = self.job.spawn([*DIES_WITH_US, *command(self.folder), *self.job.command()])
        feed_values(self, self.KEYS, 1)

    def wait_for_want(self, message):
        wait_for(lambda: message in self.log() or self.process.poll() is not None, f"a state that finds no room: {message}")
        expect(self.process.poll() is None, "the process has ended", self.job.tail())
        wait_for(lambda: len(self.broker.read(f"{self.app}-copied")) == len(self.KEYS), "the other query to go on")

    def twice(self):
        """How many keys have come out with a count of two."""
        return sum(json.loads(r.value)["N"] == 2 for r in self.broker.read(self.counts))


def full(_):
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        print("skipped: a tmpfs cannot be mounted here")
        return
    mount = "mount -t tmpfs -o size=80m tmpfs $0 && head -c 60000000 /dev/zero > $0/ballast && exec \"$@\""  # 20 MB of room
    counting = Wanting("full", lambda folder: ["unshare", "-m", "sh", "-c", mount, str(folder)])
    counting.wait_for_want("state cannot be written")
    pathlib.Path(f"/proc/{counting.process.pid}/root{counting.folder}/ballast").unlink()
    wait_for(lambda: len(counting.broker.read(counting.counts)) >= len(counting.KEYS), "the query to go on with room")
    feed_values(counting, counting.KEYS[:100], 2)
    wait_for(lambda: counting.twice() == 100, "correct counts")
    expect(stop(counting.process) == 0, f"exit {counting.process.returncode}", counting.job.tail())
    expect("query failed" not in counting.log(), "a query has failed", counting.job.tail())
    print("the query waited for room, the other one went on; nothing was lost")
    counting.job.clean()


def limit(_):
    Job.may_fail = True  # one is to fail
    counting = Wanting("limit", lambda folder: ["prlimit", f"--fsize={FILE_BYTES}"])
    counting.wait_for_want("query failed")
    expect("File too large" in counting.log() and "ulimit -f" in counting.log(), "the cause and the way out are not named", counting.job.tail())
    code = stop(counting.process)
    expect(code == 5, f"exit {code}, expected 5: a query has failed", counting.job.tail())
    feed_values(counting, counting.KEYS[:100], 2)
    counting.job.catch_up(timeout=240)
    last = {record.key.decode(): json.loads(record.value)["N"] for record in counting.broker.read(counting.counts)}
    expect(last == {key: count for key, (count, _) in counting.totals.items()}, "counts differ", counting.job.tail())
    print("the query stopped with its cause, the other one went on; started again without the limit nothing was lost")
    counting.job.clean()


# ---- windows that close ----


def windows(_):
    broker = Broker()
    job = Job(broker, "windows", "")
    app = job.application
    sql = (ROOT / "examples/bounded-windows/job.sql").read_text()
    job.path.write_text(sql.replace("'readings'", f"'{app}-src'").replace("'sums'", f"'{app}-sums'"))
    broker.create(f"{app}-src", f"{app}-sums")
    day, minute = 1_704_067_200_000, 60_000
    for first in range(0, 24 * 60, 360):  # in four runs: what is open survives between them
        broker.produce([(f"{app}-src", 0, day + at * minute, b"k%d" % key, b'{"v":%d}' % at) for at in range(first, first + 360) for key in range(10)])
        job.catch_up()
    rows = [(record.key, json.loads(record.value)["S"]) for record in broker.read(f"{app}-sums") if record.value is not None]
    implied = {(b"k%d" % key + (day + start * minute).to_bytes(8, "big"), sum(range(start, start + 15)))
               for key in range(10) for start in range(0, 24 * 60 - 45, 15)}
    expect(len(rows) == 930 and set(rows) == implied, f"{len(rows)} final rows, expected 930", rows[:3], job.tail())
    state = {record.key: record.value for record in broker.read(f"{app}-CTAS_SUMS-Aggregate-Aggregate-Materialize-changelog")}
    left = sum(value is not None for value in state.values())
    expect(left <= 40, f"{left} windows are left in the changelog, of at most 40 open ones")
    offset = broker.committed_offsets(f"{app}-CTAS_SUMS")[f"{app}-src", 0]
    expect(offset == 14_400, f"the group stands at {offset}")
    print(f"14400 records, {len(rows)} final rows, {left} windows in the state")
    job.clean()


MODES = {"budget": budget, "full": full, "limit": limit, "windows": windows, "offsets": offsets, "damage": damage, "kills": kills, "speed": speed}


if __name__ == "__main__":
    sys.exit(run_mode(MODES, "offsets", {"kills": 10, "speed": 1_000_000, "budget": 320}))
