"""kill -9 at random moments and at every named point of a commit: nothing lost, nothing twice, state equal to changelog.

usage: kill_test.py [random KILLS | points REPEAT | terminate]
"""
import random
import signal
import subprocess
import sys
import time

from harness import Broker, Chaos, stop, wait_for

POINTS = ["begin", "before-flush", "after-flush", "after-send-offsets", "before-commit", "after-commit", "before-apply", "after-apply"]


def finish(chaos, kills):
    chaos.close_producer()
    summary = chaos.job.catch_up()
    wrong = chaos.check() + chaos.check_offsets()
    # One more round on the state that survived: counts must go on where they were.
    chaos.open_producer()
    chaos.feed(chaos.KEYS * 2)
    chaos.close_producer()
    chaos.job.catch_up()
    wrong += chaos.check()
    print(f"{kills} kills, {chaos.produced} events, {len(wrong)} violations")
    if wrong:
        print("\n".join(wrong[:10]), chaos.job.tail(), summary, sep="\n")
        return 1
    chaos.job.clean()
    return 0


def random_kills(kills):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    dice = random.Random(seed)
    chaos = Chaos(Broker(), "kill")
    chaos.open_producer()
    for _ in range(kills):
        process = chaos.job.start()
        end = time.monotonic() + dice.uniform(0.2, 2.0)
        while time.monotonic() < end:
            chaos.feed(40)
            time.sleep(0.02)
            if process.poll() is not None:
                raise AssertionError(f"the program ended by itself:\n{chaos.job.tail()}")
        stop(process, signal.SIGKILL)
    return finish(chaos, kills)


def point_kills(repeat):
    chaos = Chaos(Broker(), "point")
    chaos.open_producer()
    kills = 0
    for passage in range(1, repeat + 1):
        for point in POINTS:
            process = chaos.job.start({"TURGO_FAILPOINT": f"{point}:{passage * 2}"})
            deadline = time.monotonic() + 30
            while process.poll() is None:
                if time.monotonic() > deadline:
                    stop(process, signal.SIGKILL)
                    raise AssertionError(f"point {point} was not reached:\n{chaos.job.tail()}")
                chaos.feed(40)
                time.sleep(0.05)
            if process.returncode != -signal.SIGKILL:
                raise AssertionError(f"point {point}: exit {process.returncode}\n{chaos.job.tail()}")
            kills += 1
    return finish(chaos, kills)


def terminate():
    """SIGTERM commits and ends with exit 0 within 10 s; the next start needs no restore."""
    chaos = Chaos(Broker(), "term")
    chaos.open_producer()
    for _ in range(3):
        process = chaos.job.start()
        for _ in range(40):
            chaos.feed(20)
            time.sleep(0.05)
        started = time.monotonic()
        code = stop(process, signal.SIGTERM, timeout=15)
        took = time.monotonic() - started
        print(f"exit {code} after {took:.2f} s")
        if code != 0 or took > 10:
            print(chaos.job.tail())
            return 1
    code = finish(chaos, 0)
    return code


def main():
    mode = sys.argv[1] if len(sys.argv) > 1 else "random"
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    if mode == "random":
        return random_kills(number)
    if mode == "points":
        return point_kills(number)
    return terminate()


if __name__ == "__main__":
    sys.exit(main())
