"""The engines of the benchmarks: how each runs a workload to its end, and what that cost."""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PROGRAMS = pathlib.Path(os.environ.get("TURGO_BENCH", ROOT / "build/release"))
BUILD = ROOT / "build/bench"
TIMEOUT_S = 3600

# cpu: core-seconds of the engine's process, start-up included; steady: without it (a JVM: nor its compiler, second half)
Cost = collections.namedtuple("Cost", "seconds cpu steady rss_mb")


def run(command, environment=None):
    """The process's output and its own seconds, CPU seconds and greatest resident size in MB."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        began = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=errors, env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{out.read()[-1000:]}\n{errors.read()[-3000:]}")
        return out.read(), time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Raw:
    """librdkafka without any work on the records: the ceiling. Copies, whatever the workload."""

    def __init__(self, how):
        self.how = how
        self.name = {"consume": "raw consume", "copy": "raw copy", "transactions": "raw copy, transactions"}[how]

    def handles(self, workload):
        return True

    def run(self, broker, workload, source, sink, records):
        _, seconds, cpu, rss = run([PROGRAMS / "raw_copy", self.how, broker.address, source, *([sink] if self.how != "consume" else [])])
        return Cost(seconds, cpu, cpu, rss)

    def compares(self):
        return False


class Turgo:
    """The program with its defaults, or with these settings."""

    def __init__(self, name, **settings):
        self.name = name
        self.settings = {key.replace("_", "."): value for key, value in settings.items()}

    def handles(self, workload):
        return True

    def compares(self):
        return True

    def run(self, broker, workload, source, sink, records):
        with tempfile.TemporaryDirectory() as folder:
            job = pathlib.Path(folder) / "job.sql"
            text = (HERE / f"nexmark/queries/{workload}.sql").read_text()
            text = text.replace("'nexmark-", f"'{source.removesuffix('bid')}").replace(f"KAFKA_TOPIC = '{workload.replace('_', '-')}'", f"KAFKA_TOPIC = '{sink}'")
            job.write_text(text)
            settings = {"bootstrap.servers": broker.address, "application.id": sink, "state.dir": folder, "auto.offset.reset": "earliest",
                        **self.settings}
            given = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
            _, seconds, cpu, rss = run([PROGRAMS / "turgo", "run", job, *given, "--until-caught-up"])
            return Cost(seconds, cpu, cpu, rss)


class KafkaStreams:
    """Peers/kafka-streams: the same workloads in Java."""

    FOLDER = HERE / "peers/kafka-streams"
    WORKLOADS = ("q1", "q2", "q5_inner", "q11", "q17", "q21", "q22")

    def __init__(self, name, guarantee, **settings):
        self.name = name
        self.guarantee = guarantee
        self.settings = settings

    def handles(self, workload):
        return workload in self.WORKLOADS

    def compares(self):
        return True

    def classes(self):
        libraries, classes = BUILD / "kafka-streams/lib", BUILD / "kafka-streams/classes"
        source = self.FOLDER / "StreamsBench.java"
        if not libraries.exists():
            subprocess.run(["mvn", "-q", "-B", "-f", self.FOLDER / "pom.xml", "dependency:copy-dependencies",
                            f"-DoutputDirectory={libraries}", "-DincludeScope=runtime"], check=True)
        compiled = classes / "StreamsBench.class"
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            classes.mkdir(parents=True, exist_ok=True)
            subprocess.run(["javac", "-parameters", "-cp", f"{libraries}/*", "-d", classes, source], check=True)
        return f"{classes}:{libraries}/*"

    def run(self, broker, workload, source, sink, records):
        settings = dict(self.settings)
        if workload == "q5_inner":  # without these it loses final windows when it catches up
            settings |= {"statestore.cache.max.bytes": "0", "__emit.interval.ms.kstreams.windowed.aggregation__": "0"}
        folder = tempfile.mkdtemp()
        command = ["java", "-Xmx1g", "-cp", self.classes(), "StreamsBench", workload, broker.address, sink, source, sink, records,
                   self.guarantee, folder, *(f"{name}={value}" for name, value in settings.items())]
        out, seconds, cpu, rss = run(command)
        shutil.rmtree(folder, ignore_errors=True)
        measured = json.loads(re.findall(r"^\{.*\}$", out, re.M)[-1])
        return Cost(measured["seconds"], cpu, measured["steady"], rss)


ENGINES = {
    "raw-consume": Raw("consume"),
    "raw-copy": Raw("copy"),
    "raw-transactions": Raw("transactions"),
    "turgo": Turgo("Turgo, exactly once"),
    "turgo-alo": Turgo("Turgo, at least once", processing_guarantee="at_least_once"),
    "turgo-each": Turgo("Turgo, each change", cache_max_bytes_buffering="0"),
    "streams": KafkaStreams("Kafka Streams, at least once", "at_least_once"),
    "streams-eos": KafkaStreams("Kafka Streams, exactly once", "exactly_once_v2"),
}
