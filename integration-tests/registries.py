"""What the tests with a schema registry share: a real registry as a process of their own, one that gives GUIDs, and a server in front
of a registry that answers for it as badly as it is told to.

tools/setup test builds the registries and fetches the serializers; a test that misses them ends with exit 77, which ctest counts
as skipped.
"""
import http.client
import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from harness import HERE, ROOT

DEPS = pathlib.Path(os.environ.get("TG_DEPS_DIR", ROOT / "build/deps"))
MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}", flush=True)
    sys.exit(SKIPPED)


def use_serializers():
    """Makes Confluent's Python serializers importable."""
    sys.path.insert(0, str(DEPS / "python"))
    try:
        import confluent_kafka.schema_registry  # noqa: F401
    except ImportError as error:
        skip(f"no serializers for this Python ({error}): run tools/setup test")


class Topics:
    """Confluent's client, which needs no new process to write or to look."""

    def __init__(self, address):
        import confluent_kafka
        self.kafka, self.address = confluent_kafka, address
        self.producer = confluent_kafka.Producer({"bootstrap.servers": address})

    def write(self, topic, records):
        """Records: (timestamp, key, value, headers)."""
        for timestamp, key, value, headers in records:
            self.producer.produce(topic, value, key, partition=0, timestamp=timestamp, headers=headers)
        if self.producer.flush(60) != 0:
            raise RuntimeError(f"the test's own records for {topic} are not delivered")

    def messages(self, topic):
        """All that is committed in partition 0."""
        consumer = self.kafka.Consumer({"bootstrap.servers": self.address, "group.id": "none", "enable.auto.commit": False,
                                        "isolation.level": "read_committed", "enable.partition.eof": True})
        consumer.assign([self.kafka.TopicPartition(topic, 0, 0)])
        found, deadline = [], time.monotonic() + 60
        while time.monotonic() < deadline:
            message = consumer.poll(1)
            if message is not None and message.error() is not None:
                if message.error().code() == self.kafka.KafkaError._PARTITION_EOF:
                    break
                raise RuntimeError(f"{topic}: {message.error()}")
            if message is not None:
                found.append(message)
        consumer.close()
        return found


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Registry:
    """A real one with a port of its own. What it holds is gone when it stops."""

    running, folders = [], []

    def __init__(self, auth=None):
        self.folder = tempfile.mkdtemp(prefix="turgo-registry-")
        Registry.folders.append(self.folder)
        self.environment = {**os.environ, "REGISTRY_DIR": self.folder, "REGISTRY_PORT": str(free_port()), "REGISTRY_AUTH": auth or ""}
        self.start()

    def start(self):
        done = self.script("start")
        if done.returncode == SKIPPED:
            skip(done.stderr.strip())
        if done.returncode != 0 and "address already in use" in done.stderr:
            self.environment["REGISTRY_PORT"] = str(free_port())  # somebody was quicker
            done = self.script("start")
        if done.returncode != 0:
            raise RuntimeError(f"no registry: {done.stderr}")
        self.url = done.stdout.strip()
        Registry.running.append(self)

    def stop(self):
        self.script("stop")
        if self in Registry.running:
            Registry.running.remove(self)

    def script(self, command):
        return subprocess.run([HERE / "registry", command], env=self.environment, capture_output=True, text=True)

    def ask(self, method, path, body=None):
        return ask(self.url, method, path, body)

    def register(self, subject, schema, kind="AVRO"):
        return self.ask("POST", f"/subjects/{subject}/versions", {"schema": schema, "schemaType": kind})["id"]

    def latest(self, subject):
        return self.ask("GET", f"/subjects/{subject}/versions/latest")

    def copy(self):
        """All that it holds, to be put into one that has forgotten."""
        subjects = self.ask("GET", "/subjects") or []
        return [self.ask("GET", f"/subjects/{subject}/versions/{version}")
                for subject in subjects for version in self.ask("GET", f"/subjects/{subject}/versions")]

    def bring_in(self, schemas):
        """Puts schemas back with the ids that they had."""
        self.ask("PUT", "/mode?force=true", {"mode": "IMPORT"})
        for schema in sorted(schemas, key=lambda schema: schema["id"]):
            body = {key: schema[key] for key in ("schema", "schemaType", "references", "id", "version") if schema.get(key)}
            self.ask("POST", f"/subjects/{schema['subject']}/versions", body)
        self.ask("PUT", "/mode?force=true", {"mode": "READWRITE"})


class FakeRegistry:
    """One that gives GUIDs."""

    def __init__(self):
        binary = DEPS / "registries/fake-registry"
        if not binary.exists():
            skip("no registry that gives GUIDs: run tools/setup test")
        self.process = subprocess.Popen([binary], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        Registry.running.append(self)

    def stop(self):
        self.process.kill()
        self.process.wait()
        Registry.running.remove(self)


def stop_registries():
    for registry in list(Registry.running):
        registry.stop()
    for folder in Registry.folders:
        shutil.rmtree(folder, ignore_errors=True)


def ask(url, method, path, body=None):
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=30)
    connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": MEDIA_TYPE})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]}")
    return json.loads(text) if text else None


class Front:
    """A server in front of a registry. `mood`: pass, or what it answers instead: a status, `garbage`, `html`, `silence`, `hang up`.
    `requests`: (method, path, headers) of all that came."""

    def __init__(self, url="", certificate=None, client_ca=None):
        self.mood, self.requests, self.target, self.over = "pass", [], url, threading.Event()
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                front.handle(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that goes away is what some tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            if client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(client_ca)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.url = f"https://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handle(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.requests.append((request.command, request.path, dict(request.headers)))
        mood = self.mood
        if mood == "silence":
            self.over.wait(120)
            return
        if mood == "hang up":
            return
        if mood == "garbage":
            self.answer(request, 200, b"\x00\xff{[")
        elif mood == "html":
            self.answer(request, 404, b"<html>no such page</html>")
        elif isinstance(mood, int):
            self.answer(request, mood, b"")
        else:
            self.forward(request, body)

    def forward(self, request, body):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.target).netloc, timeout=30)
        headers = {name: value for name, value in request.headers.items() if name.lower() in ("content-type", "accept", "authorization")}
        try:
            connection.request(request.command, request.path, body or None, headers)
            answer = connection.getresponse()
            self.answer(request, answer.status, answer.read())
        except OSError:
            self.answer(request, 502, b"")

    @staticmethod
    def answer(request, status, body):
        request.send_response(status)
        request.send_header("Content-Type", MEDIA_TYPE)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def asked(self, text):
        """How often a path with this text was asked for."""
        return sum(text in path for _, path, _ in self.requests)

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


def wait_until_asked(front, text, more_than=0, seconds=60):
    """Until a path with this text was asked for more often than that."""
    deadline = time.monotonic() + seconds
    while front.asked(text) <= more_than:
        if time.monotonic() > deadline:
            raise AssertionError(f"nobody asked for {text} in {seconds} s: {[path for _, path, _ in front.requests]}")
        time.sleep(0.02)
