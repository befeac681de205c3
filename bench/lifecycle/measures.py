"""The life of a job, measured from outside: start, restart after a kill, idleness, restore, latency.

Each measure takes the Bench of run.py and returns {"kind": its name, "engines": {name: figures}}.
"""
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import time

from engines import PROGRAMS, Live, Turgo, cpu_of, rss_mb

BIDS = 1000
IDLE_QUERIES = 100
SETTLE_S, IDLE_S = 6, 10
RATES = (1000, 50_000)
WARM_S, LATENCY_S = 10, 15
OUTPUT_S = 120
LINGER = {"producer_linger_ms": "5"}  # ours; of Kafka Streams 100 else
# A process without its state is a new member: the group takes the old one for gone after this.
QUICK = {"consumer_session_timeout_ms": "6000"}
LIVE = ("turgo", "turgo-alo", "streams-eos", "streams")


class First:
    """Watches a topic from its end on, in a process of its own."""

    def __init__(self, bench, topic):
        self.process = subprocess.Popen([PROGRAMS / "bench_probe", "first", bench.broker.address, topic], stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"cannot watch {topic}")

    def seconds_since(self, began, live):
        """Until the first committed record was there."""
        deadline = time.monotonic() + OUTPUT_S
        while self.process.poll() is None and time.monotonic() < deadline:
            live.check()
            time.sleep(0.005)
        if self.process.poll() is None:
            self.process.kill()
            raise RuntimeError(f"no output in {OUTPUT_S} s:\n{live.log.read_text(errors='replace')[-2000:]}")
        return float(self.process.stdout.read()) - began


def chosen(bench, names):
    return [(name, bench.engine(name)) for name in names if name in bench.names]


def of_each(bench, kind, names, figures_of):
    """What `figures_of(engine)` gives for each of the chosen engines; a peer that fails is left out, and said to be."""
    found = {}
    for name, engine in chosen(bench, names):
        try:
            found[name] = {"engine": engine.name, **figures_of(engine)}
            say(kind, engine, found[name])
        except RuntimeError as failure:
            if is_ours(engine):
                raise
            print(f"  LEFT OUT {kind} {engine.name}: {failure}", flush=True)
    return {"kind": kind, "engines": found}


def is_ours(engine):
    return isinstance(engine, Turgo)


def quantiles(values):
    ordered = sorted(values)
    return {"p50": statistics.median(ordered), "min": ordered[0], "max": ordered[-1], "runs": len(ordered)}


def say(what, engine, figures):
    shown = " ".join(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}" for name, value in figures.items()
                     if name != "buckets")
    print(f"  {what:16}{engine.name:32}{shown}", flush=True)


def start(bench):
    """From the start of the process to the first row that a consumer of committed records sees; a map over 1,000 bids, topics there,
    group new."""
    source, _ = bench.data.bids(BIDS)

    def figures(engine):
        seconds = []
        sink = bench.session.topic("start")
        for _ in range(bench.life_rounds if is_ours(engine) else bench.peer_rounds):
            with bench.session.task("q1", source, 1 << 60, sink) as task:
                first = First(bench, sink)
                with Live(engine.command(task), task.folder) as live:
                    seconds.append(first.seconds_since(live.began, live))
        return quantiles(seconds)

    return of_each(bench, "start", LIVE, figures)


def add_bids(bench, source, count=BIDS):
    subprocess.run([PROGRAMS / "nexmark", "load", bench.broker.address, str(-(-count * 50 // 46)), source.removesuffix("bid")], check=True)


def restart(bench):
    """From the start of the process that follows a killed one (-9, with results on the way) to its first row; state is kept."""
    dice = random.Random(1)

    def figures(engine):
        source = bench.session.nexmark()
        with bench.session.task("q17", source, 1 << 60) as task:
            seconds = []
            first = First(bench, task.sink)
            live = Live(engine.command(task), task.folder)
            try:
                add_bids(bench, source)
                first.seconds_since(live.began, live)
                for _ in range(bench.life_rounds if is_ours(engine) else 1):
                    add_bids(bench, source)
                    time.sleep(dice.random() / 10)
                    live.stop(signal.SIGKILL)
                    add_bids(bench, source)
                    first = First(bench, task.sink)
                    live = Live(engine.command(task), task.folder)
                    seconds.append(first.seconds_since(live.began, live))
            finally:
                live.stop()
        return quantiles(seconds)

    return of_each(bench, "restart", LIVE, figures)


def watch_idle(command, folder, settle=SETTLE_S):
    """Resident MB, and percent of a core, of a process that has nothing to do."""
    with Live(command, folder) as live:
        time.sleep(settle)
        before = cpu_of(live.pid)
        time.sleep(IDLE_S)
        live.check()
        return {"rss_mb": rss_mb(live.pid), "core_percent": (cpu_of(live.pid) - before) / IDLE_S * 100}


def many_filters(source, sink):
    """A file of very many queries over one topic."""
    columns = "k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT"
    lines = [f"CREATE STREAM bid ({columns}) WITH (KAFKA_TOPIC = '{source}', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');"]
    lines += [f"CREATE STREAM f{i} WITH (KAFKA_TOPIC = '{sink}') AS SELECT * FROM bid WHERE auction % {IDLE_QUERIES} = {i} EMIT CHANGES;"
              for i in range(IDLE_QUERIES)]
    return "\n".join(lines)


def idle(bench):
    """A process with one map that has caught up, and (ours) one with 100 filters over a topic of 8 partitions."""
    source, _ = bench.data.bids(BIDS)
    found = {}
    for name, engine in chosen(bench, ("turgo", "turgo-alo", "streams-eos")):
        with bench.session.task("q1", source, 1 << 60) as task:
            found[name] = {"engine": engine.name, "queries": 1, **watch_idle(engine.command(task), task.folder)}
            say("idle", engine, found[name])
        if is_ours(engine):
            with bench.session.task("q1", source, 1 << 60) as task:
                command = engine.command(task, many_filters(source, task.sink))
                found[f"{name}-100"] = {"engine": engine.name, "queries": IDLE_QUERIES, **watch_idle(command, task.folder, 3 * SETTLE_S)}
                say("idle", engine, found[f"{name}-100"])
    return {"kind": "idle", "engines": found}


def restored(bench, engine, keys):
    """Core-seconds that a start without local state takes above one with it."""
    source, held = bench.data.keyed(keys)
    with bench.session.task("keys", source, held) as task:
        counted = engine.run(task, **QUICK)
        again = task._replace(records=0)
        bench.data.probe("keys", source, BIDS)  # with nothing to do a process may end before it restores
        base = engine.run(again, **QUICK)
        bench.data.probe("keys", source, BIDS)
        shutil.rmtree(task.folder)
        os.mkdir(task.folder)
        whole = engine.run(again, **QUICK)
        return {"keys": held, "cpu": whole.cpu - base.cpu, "rss_mb": whole.rss_mb, "counted_cpu": counted.cpu}


def restore(keys, names):
    return lambda bench: of_each(bench, "restore", names, lambda engine: restored(bench, engine, keys // bench.scale))


def latency_of(bench, engine, rate):
    source, sink = bench.session.topic("latency-in"), bench.session.topic("latency-out")
    with bench.session.task("q1", source, 1 << 60, sink) as task:
        more = {} if is_ours(engine) else LINGER
        with Live(engine.command(task, **more), task.folder) as live:
            probe = subprocess.run([PROGRAMS / "bench_probe", "latency", bench.broker.address, source, sink, str(rate), str(WARM_S),
                                    str(LATENCY_S)], capture_output=True, text=True)
            live.check()
            if probe.returncode != 0:
                raise RuntimeError(f"{engine.name} at {rate} records/s: {probe.stderr}")
            figures = json.loads(probe.stdout)
            return {"rate": rate, **figures, "core_percent": cpu_of(live.pid) / (WARM_S + LATENCY_S) * 100}


def latency(rate):
    return lambda bench: of_each(bench, "latency", LIVE, lambda engine: latency_of(bench, engine, rate))


MEASURES = {
    "start": start,
    "restart": restart,
    "idle": idle,
    "restore_1m": restore(1_000_000, ("turgo", "streams")),
    "restore_10m": restore(10_000_000, ("turgo",)),
    "latency_1000": latency(1000),
    "latency_50000": latency(50_000),
}
