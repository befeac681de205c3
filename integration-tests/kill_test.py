"""Processes that die, freeze and come back at any moment: nothing lost, nothing twice, state equal to changelog.

usage: kill_test.py random KILLS      kill -9 at random moments
       kill_test.py points REPEAT     kill -9 at every named point of the code (topology/failpoint.h)
       kill_test.py terminate         SIGTERM: exit 0 within 10 s, and the next start restores nothing
       kill_test.py freeze            SIGSTOP beyond the session timeout, alone and with a second process that takes over
       kill_test.py pair              two processes share the partitions; one is killed
       kill_test.py trio STEPS        three processes that join, leave and are killed at random
       kill_test.py rolling           two processes, restarted one after the other
       kill_test.py threads           several workers in one process, more and fewer of them from start to start
       kill_test.py broker            kill -9 of the broker under load
"""
import collections
import random
import re
import shutil
import signal
import sys
import tempfile
import time

from harness import Broker, Chaos, Failed, Job, end_runs, run_mode, stop, wait_for, with_whole_broker
from proxy import END_TXN, Fault, Proxy

COMMIT_POINTS = ["begin", "before-flush", "after-flush", "after-send-offsets", "before-commit", "after-commit", "before-apply",
                 "after-apply"]
START_POINTS = ["assigned", "restore", "restored"]
RESOLVE_POINTS = ["resolve", "verdict"]
STOP_POINTS = ["stop"]
REVOKE_POINTS = ["revoke", "revoked"]
# A dead or frozen member is noticed after 3 s, its open transaction ended after 4.
QUICK = {"consumer.session.timeout.ms": "3000", "consumer.heartbeat.interval.ms": "500", "transaction.timeout.ms": "4000"}


def finish(chaos, what, jobs=()):
    jobs = jobs or [chaos.job]
    chaos.close_producer()
    chaos.evict()
    wrong = chaos.check_state(*jobs)
    summary = chaos.job.catch_up(timeout=240)
    wrong += chaos.check() + chaos.check_offsets() + chaos.check_state(*jobs, complete=True)
    # One more round on the state that survived: counts must go on where they were, in old windows too.
    chaos.open_producer()
    chaos.feed(chaos.KEYS)
    chaos.feed_late(chaos.KEYS * 10)
    chaos.close_producer()
    jobs[-1].catch_up(timeout=240)
    wrong += chaos.check() + chaos.check_state(*jobs)
    print(f"{what}, {chaos.produced} events, {len(wrong)} violations", flush=True)
    if wrong:
        print("\n".join(wrong[:10]), chaos.job.tail(), summary, sep="\n")
        raise Failed(f"files: {chaos.job.folder}")
    chaos.job.clean()


def alive(process):
    if process.poll() is not None:
        job = next(job for job, run in Job.runs if run is process)
        raise Failed(f"the program ended by itself, exit {process.returncode}:\n{job.tail()}")


def feed_for(chaos, seconds, *processes):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        chaos.feed(40)
        time.sleep(0.02)
        for process in processes:
            alive(process)


def feed_until(chaos, condition, what):
    def feed():
        chaos.feed(20)
        time.sleep(0.05)
    wait_for(condition, what, meanwhile=feed)


def random_kills(kills):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    dice = random.Random(seed)
    chaos = Chaos(Broker(), "kill")
    chaos.open_producer()
    for _ in range(kills):
        process = chaos.job.start()
        feed_for(chaos, dice.uniform(0.2, 2.5), process)
        stop(process, signal.SIGKILL)
    finish(chaos, f"{kills} kills")


# ---- named points ----

def die_at(chaos, point, passage, trouble=None):
    """Runs until the process has killed itself at the point; `trouble` leads it there."""
    process = chaos.job.start({"TURGO_FAILPOINT": f"{point}:{passage}"})
    try:
        if trouble:
            trouble(process)
        feed_until(chaos, lambda: process.poll() is not None, f"point {point}, passage {passage}")
    finally:
        if process.poll() is None:
            stop(process, signal.SIGKILL)
    if process.returncode != -signal.SIGKILL:
        raise Failed(f"point {point}: exit {process.returncode}\n{chaos.job.tail()}")


def assignments(*jobs, workers=1):
    """Returns a function: has each worker of each query of all these jobs got partitions since now?"""
    before = {job: job.assigned() for job in jobs}
    places = [(query, str(worker)) for query in Chaos.QUERIES for worker in range(workers)]

    def all_assigned():
        return all(now[place] > before[job][place] for job in jobs for now in [job.assigned()] for place in places)
    return all_assigned


def terminate_when_running(chaos):
    again = assignments(chaos.job)

    def trouble(process):
        feed_until(chaos, lambda: again() or process.poll() is not None, "queries that run")
        process.send_signal(signal.SIGTERM)
    return trouble


def let_twin_join(chaos, twins):
    again = assignments(chaos.job)

    def trouble(process):
        feed_until(chaos, lambda: again() or process.poll() is not None, "queries that run")
        twin = chaos.job.twin()
        twins.append(twin)
        twin.process = twin.start()
    return trouble


def point_kills(repeat):
    broker = Broker()
    proxy = Proxy(broker.port)
    chaos = Chaos(broker, "point", servers=proxy.address, settings=QUICK)
    chaos.open_producer()
    kills, twins = 0, []
    for passage in range(1, repeat + 1):
        for point in COMMIT_POINTS:
            die_at(chaos, point, passage * 2)
            kills += 1
        for point in START_POINTS:
            die_at(chaos, point, passage)
            kills += 1
        for point in RESOLVE_POINTS:
            for _ in range(passage):
                proxy.arm(Fault(END_TXN, "late", 0.3))
            die_at(chaos, point, passage)
            proxy.disarm()
            kills += 1
        for point in STOP_POINTS:
            die_at(chaos, point, passage, terminate_when_running(chaos))
            kills += 1
        for point in REVOKE_POINTS:
            die_at(chaos, point, passage, let_twin_join(chaos, twins))
            stop(twins[-1].process, signal.SIGKILL)
            kills += 1
    proxy.stop()
    chaos.job.settings["bootstrap.servers"] = broker.address
    finish(chaos, f"{kills} kills at {len(COMMIT_POINTS + START_POINTS + RESOLVE_POINTS + STOP_POINTS + REVOKE_POINTS)} points")


# ---- signals, freezing, sharing ----

def terminate(_):
    chaos = Chaos(Broker(), "term")
    chaos.open_producer()
    for round_number in range(3):
        before = chaos.job.log.stat().st_size if chaos.job.log.exists() else 0
        process = chaos.job.start()
        feed_for(chaos, 3, process)
        started = time.monotonic()
        code = stop(process, signal.SIGTERM, timeout=20)
        took = time.monotonic() - started
        restored = sum(map(int, re.findall(r"restored=(\d+)", chaos.job.log.read_text(errors="replace")[before:])))
        wrong = chaos.check_state(complete=True)
        print(f"exit {code} after {took:.2f} s, {restored} records restored", flush=True)
        if code != 0 or took > 10 or restored or wrong:
            raise Failed("\n".join([f"round {round_number}", *wrong, chaos.job.tail()]))
    finish(chaos, "3 terminations")


def freeze(_):
    chaos = Chaos(Broker(), "freeze", settings=QUICK)
    chaos.open_producer()
    first = chaos.job.start()
    for _ in range(2):  # alone: its transactions are aborted by the broker, its membership is gone
        feed_for(chaos, 2, first)
        first.send_signal(signal.SIGSTOP)
        feed_for(chaos, 6)
        first.send_signal(signal.SIGCONT)
        feed_for(chaos, 2, first)
    twin = chaos.job.twin()
    joined = assignments(twin)
    second = twin.start()
    feed_until(chaos, joined, "the second process to get partitions")
    for _ in range(2):  # the other takes over, the zombie must not disturb it
        feed_for(chaos, 2, first, second)
        taken_over = assignments(twin)
        first.send_signal(signal.SIGSTOP)
        feed_until(chaos, taken_over, "the second process to take over")
        feed_for(chaos, 3, second)
        first.send_signal(signal.SIGCONT)
        feed_for(chaos, 4, first, second)
    wait_for(lambda: "lost" in chaos.job.log.read_text() or "resolved" in chaos.job.log.read_text(), "the zombie to notice")
    if stop(first) or stop(second):
        raise Failed(f"exit {first.returncode} and {second.returncode}\n{chaos.job.tail()}")
    finish(chaos, "4 freezes", [chaos.job, twin])


def pair(_):
    chaos = Chaos(Broker(), "pair", settings=QUICK)
    twin = chaos.job.twin()
    chaos.open_producer()
    first = chaos.job.start()
    feed_for(chaos, 2, first)
    for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        shared = assignments(chaos.job, twin)
        second = twin.start()
        feed_until(chaos, shared, "both processes to have partitions")
        feed_for(chaos, 2, first, second)
        taken_over = assignments(chaos.job)
        stop(second, how)
        feed_until(chaos, taken_over, "the first process to take over")
        feed_for(chaos, 2, first)
    stop(first, signal.SIGKILL)
    both = re.findall("partitions=(2)", twin.log.read_text())
    if not both:
        raise Failed(f"the second process never had half of the partitions:\n{twin.tail()}")
    finish(chaos, "2 kills and a termination of one of two", [chaos.job, twin])


def trio(steps):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}", flush=True)
    dice = random.Random(seed)
    chaos = Chaos(Broker(), "trio", settings=QUICK)
    jobs = [chaos.job, chaos.job.twin(), chaos.job.twin()]
    chaos.open_producer()
    shared = assignments(*jobs)
    processes = {job: job.start() for job in jobs}
    feed_until(chaos, shared, "all three processes to have partitions")
    fates = collections.Counter()
    for _ in range(steps):
        feed_for(chaos, dice.uniform(0.2, 2.5), *processes.values())
        job = dice.choice(jobs)
        fate = dice.choice(["kill", "kill", "leave"]) if job in processes else "join"
        fates[fate] += 1
        if fate == "join":
            processes[job] = job.start()
        elif stop(processes.pop(job), signal.SIGKILL if fate == "kill" else signal.SIGTERM) and fate == "leave":
            raise Failed(f"a process that was asked to end failed:\n{job.tail()}")
    # Whoever is left, or comes back now, has to take over all of it.
    if jobs[1] not in processes:
        processes[jobs[1]] = jobs[1].start()
    feed_for(chaos, 2, *processes.values())
    for process in processes.values():
        stop(process, signal.SIGKILL)
    finish(chaos, ", ".join(f"{count} times {fate}" for fate, count in sorted(fates.items())) + " of three", jobs)


def rolling(_):
    """A static member that is back before its session ends gets its partitions again: nobody else moves, nothing is restored."""
    chaos = Chaos(Broker(), "rolling", settings={"consumer.session.timeout.ms": "40000"})
    twin = chaos.job.twin()
    chaos.open_producer()
    has_all = assignments(chaos.job)
    running_jobs = {chaos.job: chaos.job.start()}
    feed_until(chaos, has_all, "the first process to have all partitions")
    shared = assignments(chaos.job, twin)
    running_jobs[twin] = twin.start()
    feed_until(chaos, shared, "both processes to have partitions")
    feed_for(chaos, 3, *running_jobs.values())
    marks = {}  # where the log of a process that was started again begins
    for job in (chaos.job, twin, chaos.job, twin):
        others = {other: other.assigned() for other in running_jobs if other is not job}
        back = assignments(job)
        code = stop(running_jobs[job])
        if code:
            raise Failed(f"exit {code}\n{job.tail()}")
        marks.setdefault(job, len(job.log.read_text()))
        running_jobs[job] = job.start()
        feed_until(chaos, back, "the process to be back")
        feed_for(chaos, 1, *running_jobs.values())
        moved = [other.tail() for other, times in others.items() if other.assigned() != times]
        if moved:
            raise Failed(f"the other process's partitions moved:\n{moved[0]}")
    for process in running_jobs.values():
        stop(process)
    restored = sum(int(n) for job, mark in marks.items() for n in re.findall(r"restored=(\d+)", job.log.read_text()[mark:]))
    if restored:
        raise Failed(f"{restored} records restored\n{chaos.job.tail()}")
    finish(chaos, "4 restarts in turn", [chaos.job, twin])


def threads(_):
    chaos = Chaos(Broker(), "threads", settings=QUICK)
    chaos.open_producer()
    for count, how in ((3, signal.SIGKILL), (2, signal.SIGTERM), (5, signal.SIGKILL), (1, signal.SIGTERM), (3, signal.SIGTERM)):
        chaos.job.settings["num.stream.threads"] = str(count)
        shared = assignments(chaos.job, workers=count)
        process = chaos.job.start()
        feed_until(chaos, shared, f"{count} workers with partitions")
        feed_for(chaos, 2, process)
        stop(process, how)
    if not re.findall("worker=2 partitions=1", chaos.job.log.read_text()):
        raise Failed(f"the third worker never had its share:\n{chaos.job.tail()}")
    finish(chaos, "5 starts with 1 to 5 workers")


def kill_broker(_):
    with_whole_broker(broker_is_killed)


def broker_is_killed():
    """False: the broker has forgotten transactions, nothing was checked."""
    folder = tempfile.mkdtemp(prefix="turgo-kafka-")
    broker = Broker(folder)
    try:
        # A transaction must not time out while the broker is away.
        chaos = Chaos(broker, "broker", settings={"transaction.timeout.ms": "120000"})
        chaos.open_producer()
        process = chaos.job.start()
        feed_for(chaos, 3, process)
        broker.kill()
        time.sleep(2)  # not fed: the test's own producer would block
        alive(process)
        broker.start()
        feed_for(chaos, 1, process)
        if broker.forgot_transactions():
            return False
        feed_for(chaos, 4, process)
        code = stop(process, signal.SIGTERM)
        if code:
            raise Failed(f"exit {code}\n{chaos.job.tail()}")
        finish(chaos, "1 kill of the broker")
    except Exception:
        if not broker.forgot_transactions():
            raise
        return False
    finally:
        end_runs()
        broker.stop()
    shutil.rmtree(folder)
    return True


MODES = {"random": random_kills, "trio": trio, "points": point_kills, "terminate": terminate, "freeze": freeze, "pair": pair, "threads": threads,
         "rolling": rolling, "broker": kill_broker}


if __name__ == "__main__":
    sys.exit(run_mode(MODES, "random", {"random": 30, "points": 1, "trio": 20}))
