"""A schema registry that is away, answers nonsense, forgets, asks who is there: no record is lost, none is set aside, and the query
goes on by itself.

usage: registry_test.py [CASE ...]
"""
import json
import struct
import subprocess
import sys

from harness import Broker, Job, expect, run_test, stop, wait_for
from registries import Front, Registry, Topics, stop_registries, use_serializers, wait_until_asked

use_serializers()

SCHEMA = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": None}]}


def newer(number=0):
    return json.dumps({**SCHEMA, "fields": [*SCHEMA["fields"], {"name": "amount", "type": "int", "default": number}]})


SQL = """
CREATE {kind} orders (k VARCHAR {key}, id BIGINT, note VARCHAR) WITH (KAFKA_TOPIC = '{app}-orders', VALUE_FORMAT = 'AVRO');
"""
COPY = "CREATE STREAM copied WITH (KAFKA_TOPIC = '{app}-copied', VALUE_FORMAT = '{format}') AS SELECT k, id, note FROM orders EMIT CHANGES;\n"


def zigzag(number):
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def record(schema_id, number, amount=None):
    """The id of a schema, and a value by SCHEMA or newer()."""
    note = f"n{number}".encode()
    value = zigzag(number) + b"\x02" + zigzag(len(note)) + note + (zigzag(amount) if amount is not None else b"")
    return struct.pack(">bI", 0, schema_id), value


class Orders:
    """A topic of records by a schema, a job that reads it, through a server in front of the registry."""

    def __init__(self, broker, registry, name, sql=COPY, kind="STREAM", front=None, settings=None, format_name="JSON"):
        self.topics, self.registry = Topics(broker.address), registry
        self.front = front or Front(registry.url)
        settings = {"schema.registry.url": self.front.url, "schema.registry.request.timeout.ms": "2000", **(settings or {})}
        self.job = Job(broker, f"registry-{name}", "", settings=settings)
        self.app = self.job.application
        self.topic, self.copied = f"{self.app}-orders", f"{self.app}-copied"
        self.job.path.write_text((SQL + sql).format(app=self.app, format=format_name, kind=kind,
                                                    key="KEY" if kind == "STREAM" else "PRIMARY KEY"))
        broker.create(self.topic, self.copied)
        self.schema_id = registry.register(f"{self.topic}-value", json.dumps(SCHEMA))

    def write(self, *numbers, schema_id=None, amount=None, in_header=False):
        rows = ((n, *record(schema_id or self.schema_id, n, amount)) for n in numbers)
        self.topics.write(self.topic, [(1000 + n, f"k{n}", value if in_header else prefix + value,
                                        [("__value_schema_id", prefix)] if in_header else []) for n, prefix, value in rows])

    def values(self):
        return [message.value() for message in self.topics.messages(self.copied)]

    def numbers(self):
        return [json.loads(value)["ID"] for value in self.values()]

    def wait_for(self, *numbers):
        wait_for(lambda: len(self.numbers()) >= len(numbers), f"{len(numbers)} records in {self.copied}")
        expect(self.numbers() == list(numbers), f"the records are {self.numbers()}, expected {list(numbers)}")

    def end(self, process):
        code = stop(process)
        expect(code == 0, f"exit {code}", self.job.tail())
        self.job.clean()
        self.front.close()


def away(broker):
    """Each way of being away, met at a record by a schema that is not known yet: what comes before it goes out, nothing behind it, and
    all of it once the registry is back."""
    registry = Registry()
    orders = Orders(broker, registry, "away")
    process = orders.job.start()
    wait_for(lambda: orders.job.assigned(), "the job to run")
    number = 0
    for mood in ("hang up", 500, 503, 401, "garbage", "html", "silence"):
        schema_id = registry.register(f"{orders.topic}-value", newer(number))
        orders.front.mood = mood
        orders.write(number)
        orders.write(number + 1, schema_id=schema_id, amount=7)
        orders.write(number + 2)
        wait_until_asked(orders.front, f"/schemas/ids/{schema_id}", more_than=1)  # again and again
        orders.wait_for(*range(number + 1))
        expect(process.poll() is None, f"{mood}: the program has ended", orders.job.tail())
        orders.front.mood = "pass"
        number += 3
        orders.wait_for(*range(number))
        print(f"{mood}: waited, and went on", flush=True)
    orders.end(process)
    registry.stop()


def restart(broker):
    """A registry that has forgotten all but the newest schemas. What the program knows it goes on with; when it starts anew it asks, is
    told that there is none, and the records that it then cannot read are set aside. With its ids back all is as before."""
    registry = Registry()
    orders = Orders(broker, registry, "restart", format_name="AVRO")
    orders.write(1)
    process = orders.job.start()
    wait_for(lambda: len(orders.values()) == 1, "the first record")
    held = registry.copy()
    registry.stop()
    orders.write(2)  # its schema is known to the program
    wait_for(lambda: len(orders.values()) == 2, "a record by a known schema while the registry is away")
    code = stop(process)
    expect(code == 0, f"exit {code}", orders.job.tail())
    registry.start()
    registry.bring_in(held)
    expect(registry.latest(f"{orders.topic}-value")["id"] == orders.schema_id, "the test did not bring its id back")
    orders.write(3)
    orders.job.catch_up()
    values = orders.values()
    expect(len(values) == 3 and len({value[:5] for value in values}) == 1, "the sink's records have other ids", *values)
    orders.job.clean()
    orders.front.close()
    registry.stop()
    print("restart: goes on without it, and with its ids imported again", flush=True)


JOIN = """
CREATE STREAM events (k VARCHAR KEY, n BIGINT) WITH (KAFKA_TOPIC = '{app}-events', VALUE_FORMAT = 'JSON');
CREATE STREAM joined WITH (KAFKA_TOPIC = '{app}-copied', VALUE_FORMAT = 'JSON') AS
    SELECT events.k AS k, n AS id, orders.note AS note FROM events LEFT JOIN orders ON events.k = orders.k EMIT CHANGES;
"""


def kept_rows(broker):
    """Rows of a table keep the bytes and the id of their records. At a start with the registry away they cannot be read: the query
    waits with them, and no row counts as damaged."""
    registry = Registry()
    orders = Orders(broker, registry, "kept", JOIN, kind="TABLE")
    events = f"{orders.app}-events"
    broker.create(events)
    orders.write(1)
    orders.write(2, in_header=True)  # one whose schema is named beside it
    orders.topics.write(events, [(5000, "k1", b'{"N":1}', [])])
    orders.job.catch_up()
    orders.wait_for(1)
    registry.register(f"{orders.topic}-value", newer())  # the newest one is asked for when statements are checked
    asked = orders.front.asked(f"/schemas/ids/{orders.schema_id}")
    assigned = sum(orders.job.assigned().values())
    # The statements are checked with the registry there; then it goes before the row is needed.
    process = orders.job.start()
    wait_for(lambda: sum(orders.job.assigned().values()) > assigned, "the job to run")
    orders.front.mood = 503
    orders.topics.write(events, [(6000, "k2", b'{"N":2}', []), (6001, "nobody", b'{"N":3}', [])])
    wait_until_asked(orders.front, f"/schemas/ids/{orders.schema_id}", more_than=asked + 1)
    expect(orders.numbers() == [1], f"the records are {orders.numbers()}, expected the first alone")
    expect(process.poll() is None, "the program has ended", orders.job.tail())
    orders.front.mood = "pass"
    orders.wait_for(1, 2, 3)
    notes = [json.loads(value)["NOTE"] for value in orders.values()]
    expect(notes == ["n1", "n2", None], f"the rows are {notes}")
    expect("query failed" not in orders.job.log.read_text(), "a query failed", orders.job.tail())
    orders.end(process)
    registry.stop()
    print("kept rows: waited for their schema, and were read", flush=True)


def passwords(broker):
    """Basic authentication: without, with a wrong and with the right password; no word of it in messages."""
    registry = Registry(auth="basic")
    job = Job(broker, "registry-auth", "")
    sql = f"CREATE STREAM a (id BIGINT) WITH (KAFKA_TOPIC = '{job.application}-a', VALUE_FORMAT = 'AVRO', PARTITIONS = 1);\n"
    job.path.write_text(sql)
    job.settings["schema.registry.url"] = registry.url
    for user, exit_code in ((None, 4), ("wonder:mirror", 4), ("wonder:land", 0)):
        if user:
            job.settings["basic.auth.user.info"] = user
        done = subprocess.run(job.command("--until-caught-up"), capture_output=True, text=True, timeout=60)
        expect((done.returncode == 0) == (exit_code == 0), f"{user}: exit {done.returncode}", done.stdout, done.stderr)
        expect(exit_code == 0 or "refuses us (status 401)" in done.stderr, f"{user}: it does not say why", done.stderr)
        expect("mirror" not in done.stderr + done.stdout, "the password is in a message", done.stderr)
    job.clean()
    registry.stop()
    print("basic authentication: refused, refused, taken", flush=True)


def refusal(broker):
    """A sink's schema that its subject does not take: the statement fails in the registry's words."""
    registry = Registry()
    orders = Orders(broker, registry, "refusal", format_name="AVRO")
    registry.register(f"{orders.copied}-value", json.dumps(
        {"type": "record", "name": "KsqlDataSourceSchema", "namespace": "io.confluent.ksql.avro_schemas",
         "fields": [{"name": "ID", "type": "string"}]}))
    done = subprocess.run(orders.job.command("--until-caught-up"), capture_output=True, text=True, timeout=60)
    expect(done.returncode != 0, "it ran", done.stdout)
    for text in (f"{orders.copied}-value", "the schema registry says: ", "incompatible"):
        expect(text in done.stderr, f"no '{text}' in:", done.stderr)
    orders.job.clean()
    orders.front.close()
    registry.stop()
    print("a schema that is not compatible: refused in the registry's words", flush=True)


def several(broker):
    """Two addresses: the first does not answer, later the second one does not."""
    registry = Registry()
    first, second = Front(registry.url), Front(registry.url)
    first.mood = 500
    orders = Orders(broker, registry, "several", front=first, settings={"schema.registry.url": f"{first.url},{second.url}"})
    orders.write(1)
    process = orders.job.start()
    orders.wait_for(1)
    schema_id = registry.register(f"{orders.topic}-value", newer())
    first.mood, second.mood = "pass", "hang up"
    orders.write(2, schema_id=schema_id, amount=7)
    orders.wait_for(1, 2)
    expect(second.asked(f"/schemas/ids/{schema_id}") > 0 and first.asked(f"/schemas/ids/{schema_id}") > 0, "not both were asked")
    second.close()
    orders.end(process)
    registry.stop()
    print("several addresses: the other one takes over, twice", flush=True)


def certificates(folder):
    """A certificate of `localhost` and one of a client, both signed by an authority of the test's."""
    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
        expect(done.returncode == 0, f"openssl {arguments[0]} fails", done.stderr)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=turgo")):
        openssl("req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        (folder / f"{name}.ext").write_text("subjectAltName=DNS:localhost\n" if name == "server" else "")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-out", f"{name}.pem", "-extfile", f"{name}.ext")


def tls(broker):
    """HTTPS: with an authority that is not known, without a certificate of our own, and with all; a bearer token goes along."""
    registry = Registry()
    job = Job(broker, "registry-tls", "")
    certificates(job.folder)
    front = Front(registry.url, (job.folder / "server.pem", job.folder / "server.key"), job.folder / "ca.pem")
    job.path.write_text(f"CREATE STREAM a (id BIGINT) WITH (KAFKA_TOPIC = '{job.application}-a', VALUE_FORMAT = 'AVRO', PARTITIONS = 1);\n")
    job.settings |= {"schema.registry.url": front.url, "schema.registry.retry.timeout.ms": "1000", "bearer.auth.token": "open-sesame"}
    authority = {"schema.registry.ssl.ca.location": str(job.folder / "ca.pem")}
    client = {"schema.registry.ssl.certificate.location": str(job.folder / "client.pem"),
              "schema.registry.ssl.key.location": str(job.folder / "client.key")}
    for what, settings, good in (("no authority", {}, False), ("no certificate", authority, False), ("all", {**authority, **client}, True)):
        job.settings |= settings
        done = subprocess.run(job.command("--until-caught-up"), capture_output=True, text=True, timeout=60)
        expect((done.returncode == 0) == good, f"{what}: exit {done.returncode}", done.stderr)
        expect("open-sesame" not in done.stderr, "the token is in a message", done.stderr)
        expect(good or not front.requests, f"{what}: a request went through")
    expect(all(headers.get("Authorization") == "Bearer open-sesame" for _, _, headers in front.requests), "requests without the token",
           front.requests)
    front.close()
    job.clean()
    registry.stop()
    print("TLS: an authority, a certificate of our own, a token", flush=True)


CASES = {"away": away, "restart": restart, "kept_rows": kept_rows, "passwords": passwords, "refusal": refusal, "several": several,
         "tls": tls}


def main():
    broker = Broker()
    try:
        for name in sys.argv[1:] or CASES:
            CASES[name](broker)
    finally:
        stop_registries()


if __name__ == "__main__":
    sys.exit(run_test(main))
