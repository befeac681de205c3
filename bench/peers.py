"""The other engines: each in a folder of peers/, in versions of its own, fetched when first used."""
import json
import re
import subprocess
import sys

from engines import BUILD, HERE, Cost, Raw, Turgo, run


class Java:
    """A program of one Java file beside the pom.xml of what it needs."""

    keeps_rows = True

    def __init__(self, name, folder, main, guarantee, **settings):
        self.name = name
        self.folder = HERE / "peers" / folder
        self.main = main
        self.guarantee = guarantee
        self.settings = settings

    def handles(self, workload):
        return workload in self.WORKLOADS

    def classes(self):
        built = BUILD / self.folder.name
        libraries, classes = built / "lib", built / "classes"
        source = self.folder / f"{self.main}.java"
        if not libraries.exists():
            subprocess.run(["mvn", "-q", "-B", "-f", self.folder / "pom.xml", "dependency:copy-dependencies",
                            f"-DoutputDirectory={libraries}", "-DincludeScope=runtime"], check=True, stdout=sys.stderr)
        compiled = classes / f"{self.main}.class"
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            classes.mkdir(parents=True, exist_ok=True)
            subprocess.run(["javac", "-parameters", "-cp", f"{libraries}/*", "-d", classes, source], check=True)
        return f"{classes}:{libraries}/*"

    def run(self, task, **more):
        out, _, cpu, rss = run(self.command(task, **more))
        measured = json.loads(re.findall(r"^\{.*\}$", out, re.M)[-1])
        return Cost(measured["seconds"], cpu, measured["steady"], rss)


class KafkaStreams(Java):
    """One thread, RocksDB stores, default caches."""

    WORKLOADS = ("q1", "q2", "q5_inner", "q11", "q17", "q21", "q22", "words", "keys")

    def __init__(self, name, guarantee, **settings):
        super().__init__(name, "kafka-streams", "StreamsBench", guarantee, **settings)

    def command(self, task, **more):
        settings = {**self.settings, **{name.replace("_", "."): value for name, value in more.items()}}
        if task.workload == "q5_inner":  # without these it loses final windows when it catches up
            settings |= {"statestore.cache.max.bytes": "0", "__emit.interval.ms.kstreams.windowed.aggregation__": "0"}
        return ["java", "-Xmx1g", "-cp", self.classes(), self.main, task.workload, task.broker.address, task.application, task.source,
                task.sink, task.records, self.guarantee, task.folder, *(f"{name}={value}" for name, value in settings.items())]


class Flink(Java):
    """SQL in a mini cluster of one JVM, parallelism 1; its runs end at the ends of the topics, which closes all windows."""

    WORKLOADS = ("q1", "q2", "q17", "q21", "q22", "words")

    def __init__(self, name, guarantee, **settings):
        super().__init__(name, "flink", "FlinkBench", guarantee, **settings)

    def command(self, task, **more):
        return ["java", "-Xmx1g", "-cp", self.classes(), self.main, task.workload, task.broker.address, task.application, task.source,
                task.sink, task.records, self.guarantee, task.folder, *(f"{name}={value}" for name, value in {**self.settings, **more}.items())]


class Pathway:
    """Word count in Python and Rust; at least once is all it has without a licence. All lines in one batch, which is to its advantage."""

    FOLDER = HERE / "peers/pathway"
    KEEPS = "N"  # of its rows, which also have the word, a time and a difference
    keeps_rows = True
    name = "Pathway, at least once"

    def handles(self, workload):
        return workload == "words"

    def python(self):
        """The interpreter of an environment that has nothing but Pathway."""
        python = BUILD / "pathway/bin/python"
        done = BUILD / "pathway/done"
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", BUILD / "pathway"], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "-r", self.FOLDER / "requirements.txt"], check=True, stdout=sys.stderr)
            done.touch()
        return python

    def run(self, task, **_):
        out, _, cpu, rss = run([self.python(), self.FOLDER / "words.py", task.broker.address, task.source, task.sink])
        measured = json.loads(re.findall(r"^\{.*\}$", out, re.M)[-1])
        return Cost(measured["seconds"], cpu, cpu, rss)


ENGINES = {
    "raw-consume": Raw("consume"),
    "raw-copy": Raw("copy"),
    "raw-transactions": Raw("transactions"),
    "turgo": Turgo("Turgo, exactly once"),
    "turgo-alo": Turgo("Turgo, at least once", processing_guarantee="at_least_once"),
    "turgo-each": Turgo("Turgo, each change", cache_max_bytes_buffering="0"),
    "streams": KafkaStreams("Kafka Streams, at least once", "at_least_once"),
    "streams-eos": KafkaStreams("Kafka Streams, exactly once", "exactly_once_v2"),
    "flink": Flink("Flink SQL, at least once", "at_least_once"),
    "flink-eos": Flink("Flink SQL, exactly once", "exactly_once"),
    "pathway": Pathway(),
}
PEERS = tuple(name for name, engine in ENGINES.items() if not isinstance(engine, (Raw, Turgo)))
