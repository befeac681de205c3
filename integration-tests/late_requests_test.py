"""Requests of a transaction that reach the broker late, 50 EndTxn and 50 TxnOffsetCommit, while the job works: nothing may be lost,
doubled or torn. The same faults on a program that does not ask whether all its requests were answered must do damage: if they
do not, this test proves nothing, and fails.

usage: late_requests_test.py [FAULTS_PER_REQUEST [SEED]]        TURGO_PROGRAM, TURGO_PROGRAM_NOTAINT: the two programs
"""
import collections
import os
import pathlib
import random
import re
import signal
import sys
import time

from harness import ROOT, Broker, Chaos, Failed, expect, program, run_test, stop
from proxy import END_TXN, NAMES, TXN_OFFSET_COMMIT, Fault, Proxy

ROUNDS_WITHOUT_CHECK = 6
KILL_EVERY = 8  # a program that dies right after a late request starts from what that one left
ERRORS = {None: "no answer", 0: "accepted", 47: "refused, old epoch", 48: "refused, wrong state", 49: "refused, old producer id",
          90: "refused, fenced", 22: "refused, old generation", 25: "refused, unknown member"}


class Storm:
    """A job under load whose broker is reached through the proxy."""

    def __init__(self, broker, proxy, name, executable, seed):
        self.dice = random.Random(seed)
        self.proxy = proxy
        self.chaos = Chaos(broker, name, executable=executable, servers=proxy.address)
        self.chaos.open_producer()
        self.process = self.chaos.job.start()
        self.outcomes = collections.Counter()
        self.restarts = 0

    def feed(self):
        self.chaos.feed(30)
        time.sleep(0.02)
        if self.process.poll() is not None:
            self.restarts += 1  # the program without the check may well end by itself
            self.process = self.chaos.job.start()

    def feed_until(self, condition, what, seconds=150):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise Failed(f"waited {seconds} s in vain for: {what}\n{self.chaos.job.tail()}")
            self.feed()

    def faults(self, per_request):
        plan = [END_TXN] * per_request + [TXN_OFFSET_COMMIT] * per_request
        self.dice.shuffle(plan)
        for number, api_key in enumerate(plan):
            targeted = "begun" if api_key == END_TXN else "overtaken"
            how = self.dice.choice(["late", targeted, targeted])
            delay = self.dice.uniform(0.05, 1.5) if how == "late" else self.dice.uniform(0, 0.08)
            fault = self.proxy.arm(Fault(api_key, how, delay))
            self.feed_until(fault.taken.is_set, f"a {NAMES[api_key]} to hold")
            if self.dice.random() < 0.7:  # else the next fault comes while this one is still on its way
                self.feed_until(fault.done.is_set, "the held request's answer")
            if how == "overtaken" and number % KILL_EVERY == 0:
                self.feed_until(fault.done.is_set, "the held request's answer")
                stop(self.process, signal.SIGKILL)
                self.process = self.chaos.job.start()
            end = time.monotonic() + self.dice.uniform(0.1, 0.4)
            self.feed_until(lambda end=end: time.monotonic() > end, "the next fault")
            yield fault

    def run(self, per_request):
        faults = list(self.faults(per_request))
        for fault in faults:
            self.feed_until(fault.done.is_set, "the held request's answer")
            self.outcomes[NAMES[fault.api_key], ERRORS.get(fault.error, f"error {fault.error}")] += 1
        self.proxy.disarm()
        stop(self.process, signal.SIGKILL)
        self.chaos.close_producer()

    def violations(self):
        """After the last records are processed, without the proxy."""
        self.chaos.job.settings["bootstrap.servers"] = self.chaos.broker.address
        self.chaos.job.catch_up(timeout=240)
        return self.chaos.check() + self.chaos.check_offsets()

    def report(self, wrong):
        log = self.chaos.job.log.read_text(errors="replace")
        resolved = collections.Counter(re.findall(r'transaction resolved.*outcome=(\w+)', log))
        for (name, outcome), count in sorted(self.outcomes.items()):
            print(f"  {name:16}{outcome:24}{count:4}")
        print(f"  {self.chaos.produced} events, {resolved['committed']} transactions resolved as committed, "
              f"{resolved['aborted']} as aborted, {self.restarts} ends by itself, {len(wrong)} violations", flush=True)
        for line in wrong[:3]:
            print(f"    {line[:300]}")


def storm(broker, proxy, name, executable, per_request, seed):
    started = time.monotonic()
    print(f"{name}: {per_request} held EndTxn, {per_request} held TxnOffsetCommit, seed {seed}", flush=True)
    run = Storm(broker, proxy, name, executable, seed)
    try:
        run.run(per_request)
        wrong = run.violations()
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()
    run.report(wrong)
    print(f"  {time.monotonic() - started:.0f} s")
    if wrong:
        print(f"  files: {run.chaos.job.folder}")
    else:
        run.chaos.job.clean()
    return run, wrong


def without_check(broker, proxy, per_request, seed):
    """The program without the check must be caught: a few faults are enough, in most rounds."""
    executable = pathlib.Path(os.environ.get("TURGO_PROGRAM_NOTAINT", ROOT / "build/notaint/turgo"))
    for round_number in range(ROUNDS_WITHOUT_CHECK):
        run, wrong = storm(broker, proxy, "unchecked", executable, per_request, seed + round_number)
        if wrong:
            run.chaos.job.clean()
            return True
    return False


def main():
    per_request = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
    broker = Broker()
    proxy = Proxy(broker.port)
    try:
        run, wrong = storm(broker, proxy, "checked", program(), per_request, seed)
        expect(not run.restarts, "the program ended by itself")
        expect(not wrong, "violations:", *wrong[:10])
        expect(without_check(broker, proxy, max(5, per_request // 5), seed),
               f"{ROUNDS_WITHOUT_CHECK} rounds did no damage to the program without the check: the faults are too weak")
    finally:
        proxy.stop()


if __name__ == "__main__":
    sys.exit(run_test(main))
