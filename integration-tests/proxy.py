"""A TCP proxy that reads Kafka's requests well enough to make chosen ones late: what a slow or cut network does to a transaction.

It listens where the broker's listener PROXIED sends its clients (port + 3) and forwards to that listener (port + 2). A request
of the wire is a length (int32), api key (int16), version (int16), correlation id (int32), client id (nullable string), and, from
the flexible versions on, tagged fields.

by hand: proxy.py PORT [API_KEY DELAY_MS]     broker's first port; holds every tenth request of that key, prints what happens
"""
import asyncio
import random
import struct
import sys
import threading

PRODUCE, ADD_PARTITIONS, ADD_OFFSETS, END_TXN, TXN_OFFSET_COMMIT = 0, 24, 25, 26, 28
NAMES = {PRODUCE: "Produce", ADD_PARTITIONS: "AddPartitionsToTxn", ADD_OFFSETS: "AddOffsetsToTxn", END_TXN: "EndTxn",
         TXN_OFFSET_COMMIT: "TxnOffsetCommit"}
FLEXIBLE_FROM = {ADD_PARTITIONS: 3, ADD_OFFSETS: 3, END_TXN: 3, TXN_OFFSET_COMMIT: 3}
LATEST_DELIVERY_S = 1.5


class Fault:
    """What happens to the next request of one api key.

    how   "late": the client's connection is cut, the request reaches the broker `delay_s` later, its answer is swallowed.
          "begun": the same, but not before the producer's next transaction adds a partition; `delay_s` counts from there.
          "overtaken": the same, but right before a later transaction of the producer ends.
          "slow": nothing is cut, the answer comes `delay_s` late.   "lost": the request is delivered, its answer cuts the connection.
    """

    def __init__(self, api_key, how, delay_s):
        self.api_key, self.how, self.delay_s = api_key, how, delay_s
        self.taken = threading.Event()
        self.done = threading.Event()
        self.error = None  # Kafka's error code in the answer to the held request


class Held:
    """A request that waits for its moment."""

    def __init__(self, transactional_id):
        self.transactional_id = transactional_id
        self.begun = asyncio.Event()
        self.due = asyncio.Event()
        self.delivered = asyncio.Event()
        self.ends_seen = 0


def transactional_id(frame):
    """Of the requests 24, 25, 26 and 28, whose bodies all begin with it."""
    api_key, version, _ = struct.unpack_from(">hhi", frame, 4)
    at = 12
    client_length = struct.unpack_from(">h", frame, at)[0]
    at += 2 + max(client_length, 0)
    if version < FLEXIBLE_FROM[api_key]:
        length = struct.unpack_from(">h", frame, at)[0]
        return bytes(frame[at + 2:at + 2 + length])
    at += 1  # no tagged fields
    return bytes(frame[at + 1:at + frame[at]])  # compact string of less than 127 bytes: length + 1 in one byte


def error_of(api_key, version, frame):
    """The error code in an answer to EndTxn, or of the first partition in one to TxnOffsetCommit."""
    flexible = version >= FLEXIBLE_FROM[api_key]
    at = 8 + flexible + 4  # length, correlation id, tagged fields, throttle time
    if api_key == TXN_OFFSET_COMMIT and flexible:
        at += 1  # number of topics
        at += frame[at]  # compact string: its length + 1 includes the length byte
        at += 1 + 4
    elif api_key == TXN_OFFSET_COMMIT:
        at += 4
        at += 2 + struct.unpack_from(">h", frame, at)[0]
        at += 4 + 4
    return struct.unpack_from(">h", frame, at)[0]


async def read_frame(reader):
    head = await reader.readexactly(4)
    return head + await reader.readexactly(struct.unpack(">i", head)[0])


class Proxy:
    """Runs on a thread of its own; arm() and the faults' events are for the test's thread."""

    def __init__(self, port):
        self.listen, self.forward = port + 3, port + 2
        self.armed = []
        self.held = []
        self.counts = {key: 0 for key in NAMES}
        self.lock = threading.Lock()
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.ready.wait(10)
        if self.failure:
            raise self.failure

    @property
    def address(self):
        return f"127.0.0.1:{self.listen}"

    def run(self):
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", self.listen, limit=1 << 24))
        except OSError as error:
            self.failure = error
            self.ready.set()
            return
        self.ready.set()
        self.loop.run_forever()

    def stop(self):
        def cancel():
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_soon(self.loop.stop)
        self.loop.call_soon_threadsafe(cancel)
        self.thread.join(10)

    def arm(self, fault):
        with self.lock:
            self.armed.append(fault)
        return fault

    def disarm(self):
        with self.lock:
            self.armed.clear()

    def take(self, api_key):
        with self.lock:
            for fault in self.armed:
                if fault.api_key == api_key:
                    self.armed.remove(fault)
                    fault.taken.set()
                    return fault
        return None

    async def serve(self, client_reader, client_writer):
        connection = Connection(self, client_reader, client_writer)
        try:
            await connection.run()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            connection.close()

    async def notice(self, api_key, frame):
        """Tells the held requests of the same producer what passes; a "later end" waits until they are delivered."""
        if not self.held or api_key not in (ADD_PARTITIONS, END_TXN):
            return
        identity = transactional_id(frame)
        for held in [held for held in self.held if held.transactional_id == identity]:
            if api_key == ADD_PARTITIONS:
                held.begun.set()
            elif held.ends_seen > 0:
                held.due.set()
                await asyncio.wait_for(held.delivered.wait(), LATEST_DELIVERY_S)
            held.ends_seen += api_key == END_TXN


class Connection:
    """One client connection and its twin to the broker."""

    def __init__(self, proxy, client_reader, client_writer):
        self.proxy, self.client_reader, self.client_writer = proxy, client_reader, client_writer
        self.broker_writer = None
        self.answers = {}  # correlation id -> future, for the answers that do not simply pass
        self.replies = None
        self.cut = False

    async def run(self):
        broker_reader, self.broker_writer = await asyncio.open_connection("127.0.0.1", self.proxy.forward, limit=1 << 24)
        self.replies = asyncio.ensure_future(self.pass_replies(broker_reader))
        while True:
            frame = await read_frame(self.client_reader)
            api_key, version, correlation = struct.unpack_from(">hhi", frame, 4)
            if api_key in self.proxy.counts:
                self.proxy.counts[api_key] += 1
            fault = self.proxy.take(api_key)
            if fault is None:
                await self.proxy.notice(api_key, frame)
                self.broker_writer.write(frame)
                await self.broker_writer.drain()
            elif await self.harm(fault, frame, version, correlation):
                return

    def close(self):
        self.client_writer.transport.abort()
        if self.broker_writer is not None:
            self.broker_writer.transport.abort()
        if self.replies is not None:
            self.replies.cancel()

    async def pass_replies(self, broker_reader):
        try:
            while True:
                frame = await read_frame(broker_reader)
                waiting = self.answers.pop(struct.unpack_from(">i", frame, 4)[0], None)
                if waiting is not None:
                    waiting.set_result(frame)
                elif not self.cut:
                    self.client_writer.write(frame)
                    await self.client_writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            for waiting in self.answers.values():
                waiting.cancel()
            self.client_writer.transport.abort()

    async def harm(self, fault, frame, version, correlation):
        """True if the connection is over."""
        answer = self.answers[correlation] = asyncio.get_running_loop().create_future()
        try:
            if fault.how in ("late", "begun", "overtaken"):
                await self.deliver_late(fault, frame, answer)
                return True
            self.broker_writer.write(frame)
            reply = await answer
            fault.error = error_of(fault.api_key, version, reply)
            if fault.how == "lost":
                return True
            await asyncio.sleep(fault.delay_s)
            self.client_writer.write(reply)
            return False
        finally:
            if answer.done() and not answer.cancelled():
                fault.error = error_of(fault.api_key, version, answer.result())
            fault.done.set()

    async def deliver_late(self, fault, frame, answer):
        held = Held(transactional_id(frame))
        self.proxy.held.append(held)
        self.cut = True
        self.client_writer.transport.abort()
        moment = {"late": None, "begun": held.begun, "overtaken": held.due}[fault.how]
        try:
            if moment is not None:
                try:
                    await asyncio.wait_for(moment.wait(), LATEST_DELIVERY_S)
                except asyncio.TimeoutError:
                    pass
            if fault.how != "overtaken":
                await asyncio.sleep(fault.delay_s)
            self.broker_writer.write(frame)
            await asyncio.wait_for(answer, 10)
        finally:
            held.delivered.set()
            self.proxy.held.remove(held)


def main():
    proxy = Proxy(int(sys.argv[1]))
    print(f"clients come to {proxy.address}")
    while True:
        if len(sys.argv) < 4:
            proxy.thread.join()
        fault = proxy.arm(Fault(int(sys.argv[2]), "late", int(sys.argv[3]) / 1000 * random.uniform(0.5, 1.5)))
        fault.done.wait()
        print(f"{NAMES.get(fault.api_key)} delivered late, answer {fault.error}", flush=True)


if __name__ == "__main__":
    main()
