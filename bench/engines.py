"""The engines of the benchmarks: how each runs a workload to its end, or on and on, and what that costs. The others' are in peers.py."""
import collections
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PROGRAMS = pathlib.Path(os.environ.get("TURGO_BENCH", ROOT / "build/release"))
BUILD = ROOT / "build/bench"
DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"]
TICKS = os.sysconf("SC_CLK_TCK")

# cpu: core-seconds of the engine's process, start-up included; steady: a JVM's without its compiler's, from its second half
Cost = collections.namedtuple("Cost", "seconds cpu steady rss_mb")

# One run: the broker, the workload's name, topics read and written, a name for its group, a folder for its state, its records.
Task = collections.namedtuple("Task", "broker workload source sink application folder records")


def cpu_of(pid):
    """Core-seconds that a process has taken so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def run(command, timeout=1800):
    """The process's output and its own seconds, CPU seconds and greatest resident size in MB."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        began = time.monotonic()
        process = subprocess.Popen([*DIES_WITH_US, *map(str, command)], stdout=out, stderr=errors)
        # only wait4 tells what the process took, and it has no deadline
        alarm = signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(timeout)
        _, status, usage = os.wait4(process.pid, 0)
        signal.alarm(0), signal.signal(signal.SIGALRM, alarm)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{out.read()[-1000:]}\n{errors.read()[-3000:]}")
        return out.read(), time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Live:
    """An engine that runs until it is stopped; what it says goes into a file of its folder."""

    def __init__(self, command, folder):
        self.log = pathlib.Path(folder) / "log"
        self.began = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*DIES_WITH_US, *map(str, command)], stdout=log, stderr=log)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def check(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the engine ended with {self.process.returncode}:\n{self.log.read_text(errors='replace')[-3000:]}")


class Raw:
    """librdkafka without any work on the records: the ceiling. Copies, whatever the workload."""

    keeps_rows = False

    def __init__(self, how):
        self.how = how
        self.name = {"consume": "raw consume", "copy": "raw copy", "transactions": "raw copy, transactions"}[how]

    def handles(self, workload):
        return workload != "keys"

    def run(self, task):
        sink = [] if self.how == "consume" else [task.sink]
        _, seconds, cpu, rss = run([PROGRAMS / "raw_copy", self.how, task.broker.address, task.source, *sink])
        return Cost(seconds, cpu, cpu, rss)


class Turgo:
    """The program with its defaults, or with these settings."""

    keeps_rows = True

    def __init__(self, name, **settings):
        self.name = name
        self.settings = {key.replace("_", "."): value for key, value in settings.items()}

    def handles(self, workload):
        return True

    @staticmethod
    def job(task):
        """The workload's statements with the run's topics; its other sources lie beside the source."""
        own = HERE / f"workloads/{task.workload}.sql"
        path = own if own.exists() else HERE / f"nexmark/queries/{task.workload}.sql"
        names = {"nexmark-bid": task.source, "bench-lines": task.source, "bench-keyed": task.source, "bench-counts": task.sink,
                 "bench-words": f"{task.sink}-words", task.workload.replace("_", "-"): task.sink}
        beside = task.source.removesuffix("bid")
        names |= {f"nexmark-{kind}": beside + kind for kind in ("auction", "person")}
        return re.sub(r"(KAFKA_TOPIC = )'([^']*)'", lambda found: f"{found[1]}'{names.get(found[2], found[2])}'", path.read_text())

    def command(self, task, text=None, **more):
        job = pathlib.Path(task.folder) / "job.sql"
        job.write_text(text or self.job(task))
        settings = {"bootstrap.servers": task.broker.address, "application.id": task.application, "state.dir": task.folder,
                    "auto.offset.reset": "earliest", **self.settings, **{name.replace("_", "."): value for name, value in more.items()}}
        given = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
        return [PROGRAMS / "turgo", "run", job, *given]

    def run(self, task, **more):
        _, seconds, cpu, rss = run([*self.command(task, **more), "--until-caught-up"])
        return Cost(seconds, cpu, cpu, rss)
