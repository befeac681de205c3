"""Messages of Confluent's Python serializers are read by the program, and the other way round, with a newer schema in between.

usage: serializers_test.py [AVRO | PROTOBUF | JSON_SR | HEADERS ...]
"""
import base64
import datetime
import decimal
import json
import sys

from harness import Broker, Job, expect, run_test
from registries import FakeRegistry, Registry, Topics, ask, stop_registries, use_serializers

use_serializers()

from confluent_kafka.schema_registry import SchemaRegistryClient, header_schema_id_serializer  # noqa: E402
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer  # noqa: E402
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer  # noqa: E402
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer  # noqa: E402
from confluent_kafka.serialization import MessageField, SerializationContext  # noqa: E402
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory  # noqa: E402

UTC = datetime.timezone.utc


def avro_schema(newer):
    fields = [
        {"name": "id", "type": "int" if not newer else "long"},
        {"name": "name", "type": ["null", "string"], "default": None},
        {"name": "price", "type": "float" if not newer else "double"},
        {"name": "ok", "type": "boolean"},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "created", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["NEW", "OLD"]}},
        {"name": "digest", "type": {"type": "fixed", "name": "Digest", "size": 4}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "counts", "type": {"type": "map", "values": "long"}},
        {"name": "home", "type": {"type": "record", "name": "Home", "fields": [{"name": "city", "type": "string"},
                                                                               {"name": "zip", "type": ["null", "int"]}]}},
    ]
    if newer:
        fields.insert(1, {"name": "note", "type": "string", "default": "none"})
    return json.dumps({"type": "record", "name": "Order", "namespace": "shop", "fields": fields})


def avro_orders(first, newer):
    for number in range(first, first + 5):
        order = {
            "id": number + (1 << 40 if newer else 0), "name": None if number % 3 == 0 else f"n{number} é", "price": number / 4,
            "ok": number % 2 == 0, "amount": decimal.Decimal(number * 7 - 20).scaleb(-2),
            "created": datetime.datetime(2024, 2, 29, 23, 59, 59, 1000 * number, tzinfo=UTC),
            "day": datetime.date(1969, 12, 25) + datetime.timedelta(number), "kind": "OLD" if number % 2 else "NEW",
            "digest": bytes([number, 0, 255, 1]), "tags": ["x"] * (number % 3), "counts": {"a": number, "b": -(1 << 40)},
            "home": {"city": "Köln", "zip": None if number % 2 else 50667}}
        yield {**order, **({"note": f"note {number}"} if newer else {})}


def upper(value):
    """As the program names columns and fields; keys of maps stay."""
    if isinstance(value, dict):
        return {name.upper(): inner if name.upper() == "COUNTS" else upper(inner) for name, inner in value.items()}
    return [upper(inner) for inner in value] if isinstance(value, list) else value


class Messages:
    """Writes and reads a topic with Confluent's serializers."""

    def __init__(self, topics, topic):
        self.topics, self.topic = topics, topic

    def write(self, serializer, values):
        records = []
        for number, value in enumerate(values):
            headers = []
            bytes_ = serializer(value, SerializationContext(self.topic, MessageField.VALUE, headers))
            records.append((1000 + number, f"k{number}", bytes_, headers))
        self.topics.write(self.topic, records)

    def read(self, deserializer):
        return [deserializer(message.value(), SerializationContext(self.topic, MessageField.VALUE, message.headers() or []))
                for message in self.topics.messages(self.topic)]


def compare(what, expected, found):
    expect(len(expected) == len(found), f"{what}: {len(found)} records, expected {len(expected)}", *found[:3])
    for number, (a, b) in enumerate(zip(expected, found)):
        names = set(a) | set(b)
        wrong = [f"{name}: expected {a.get(name)!r}, found {b.get(name)!r}" for name in sorted(names) if a.get(name) != b.get(name)]
        expect(not wrong, f"{what}, record {number}:", *wrong)


# CREATE without columns takes them from the registry. Each run has the newest ones; the query goes on where it stood.
SQL = """
CREATE STREAM orders WITH (KAFKA_TOPIC = '{app}-orders', VALUE_FORMAT = '{format}');
CREATE STREAM copied WITH (KAFKA_TOPIC = '{app}-copied', VALUE_FORMAT = '{format}') AS SELECT * FROM orders EMIT CHANGES;
CREATE STREAM as_json WITH (KAFKA_TOPIC = '{app}-json', VALUE_FORMAT = 'JSON') AS SELECT * FROM orders EMIT CHANGES;
"""


class Exchange:
    """A topic of foreign messages, a job that copies it, and its result."""

    def __init__(self, format_name, broker, registry):
        self.registry = registry
        self.job = Job(broker, f"exchange-{format_name.lower().replace('_', '-')}", "", settings={"schema.registry.url": registry.url})
        app = self.job.application
        self.job.path.write_text(SQL.format(app=app, format=format_name))
        broker.create(f"{app}-orders", f"{app}-copied", f"{app}-json")
        topics = Topics(broker.address)
        self.orders, self.copied, self.json = (Messages(topics, f"{app}-{name}") for name in ("orders", "copied", "json"))
        self.client = SchemaRegistryClient({"url": registry.url})

    def catch_up(self):
        summary = self.job.catch_up()
        expect("decode-skipped=" not in summary, f"records were left out:\n{summary}\n{self.job.tail()}")


def exchange_avro(broker, registry):
    topics = Exchange("AVRO", broker, registry)
    old, new = list(avro_orders(1, False)), list(avro_orders(6, True))
    topics.orders.write(AvroSerializer(topics.client, avro_schema(False)), old)
    topics.catch_up()
    topics.orders.write(AvroSerializer(topics.client, avro_schema(True)), new)
    topics.catch_up()
    # The columns are those of the newer schema; a record of the older one has no note.
    topics.orders.write(AvroSerializer(topics.client, avro_schema(False)), old)
    topics.catch_up()
    deserializer = AvroDeserializer(topics.client)
    found = [from_map_entries(value) for value in topics.copied.read(deserializer)]
    compare("AVRO", [upper(order) for order in [*old, *new, *({**order, "note": None} for order in old)]], found)
    print("AVRO: 15 records there and back, with a newer schema between", flush=True)
    topics.job.clean()


def from_map_entries(value):
    """A MAP is written as ksqlDB does it: an array of entries."""
    value["COUNTS"] = {entry["key"]: entry["value"] for entry in value["COUNTS"]} if isinstance(value["COUNTS"], list) else value["COUNTS"]
    return value


PROTO = """syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
message Order {
  message Home {
    string city = 1;
    optional int32 zip = 2;
  }
  int32 id = 1;
  optional string name = 2;
  double price = 3;
  bool ok = 4;
  repeated string tags = 5;
  Home home = 6;
  map<string, int64> counts = 7;
  google.protobuf.Timestamp created = 8;
  bytes digest = 9;
  sint64 depth = 10;
  fixed32 code = 11;%s
}
"""


def message_class(files, name):
    """A message class from serialized descriptors, those it needs first."""
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.AddSerializedFile(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def order_file(newer):
    """PROTO as a descriptor, in Python's words: there is no protoc in these tests."""
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", package="shop", syntax="proto3",
                                              dependency=["google/protobuf/timestamp.proto"])
    order = file.message_type.add(name="Order")
    home = order.nested_type.add(name="Home")
    entry = order.nested_type.add(name="CountsEntry")
    entry.options.map_entry = True
    kinds = descriptor_pb2.FieldDescriptorProto

    def add(message, name, number, kind, label=1, type_name=None, optional=False):
        field = message.field.add(name=name, number=number, type=kind, label=label)
        if type_name:
            field.type_name = type_name
        if optional:
            field.proto3_optional = True
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{name}")

    add(home, "city", 1, kinds.TYPE_STRING)
    add(home, "zip", 2, kinds.TYPE_INT32, optional=True)
    add(entry, "key", 1, kinds.TYPE_STRING)
    add(entry, "value", 2, kinds.TYPE_INT64)
    for name, number, kind in (("id", 1, kinds.TYPE_INT32), ("price", 3, kinds.TYPE_DOUBLE), ("ok", 4, kinds.TYPE_BOOL),
                               ("digest", 9, kinds.TYPE_BYTES), ("depth", 10, kinds.TYPE_SINT64), ("code", 11, kinds.TYPE_FIXED32)):
        add(order, name, number, kind)
    add(order, "name", 2, kinds.TYPE_STRING, optional=True)
    add(order, "tags", 5, kinds.TYPE_STRING, label=3)
    add(order, "home", 6, kinds.TYPE_MESSAGE, type_name=".shop.Order.Home")
    add(order, "counts", 7, kinds.TYPE_MESSAGE, label=3, type_name=".shop.Order.CountsEntry")
    add(order, "created", 8, kinds.TYPE_MESSAGE, type_name=".google.protobuf.Timestamp")
    if newer:
        add(order, "note", 12, kinds.TYPE_STRING)
    return file.SerializeToString()


def protobuf_orders(first, newer):
    for number in range(first, first + 5):
        order = {"id": -number, "price": number / 8, "ok": number % 2 == 0, "tags": ["x", ""] * (number % 2), "counts": {"a": number},
                 "home": {"city": "Köln", **({"zip": number} if number % 2 else {})}, "digest": base64.b64encode(bytes([number, 255])).decode(),
                 "created": f"2024-02-29T23:59:{number:02}.001Z", "depth": str(-number << 33), "code": 4_000_000_000}
        yield {**order, **({"name": f"n{number}"} if number % 2 else {}), **({"note": f"note {number}"} if newer else {})}


def timestamp_file():
    from google.protobuf import timestamp_pb2
    return timestamp_pb2.DESCRIPTOR.serialized_pb


def expected_protobuf(order):
    """Of our sink, as JSON has it: proto3 fields without a value are zeros there, so that they are left out here."""
    value = {**order, "created": order["created"], "counts": {key: str(n) for key, n in order["counts"].items()}, "code": str(order["code"])}
    return {name: inner for name, inner in upper(value).items() if inner not in (False, 0, [], "")}


def exchange_protobuf(broker, registry):
    topics = Exchange("PROTOBUF", broker, registry)
    subject = f"{topics.orders.topic}-value"
    old, new = list(protobuf_orders(1, False)), list(protobuf_orders(6, True))
    settings = {"auto.register.schemas": False, "use.latest.version": True}

    def write(newer, orders):
        order = message_class([timestamp_file(), order_file(newer)], "shop.Order")
        registry.register(subject, PROTO % ("\n  string note = 12;" if newer else ""), "PROTOBUF")
        client = SchemaRegistryClient({"url": registry.url})
        topics.orders.write(ProtobufSerializer(order, client, settings), [json_format.ParseDict(o, order()) for o in orders])

    write(False, old)
    topics.catch_up()
    write(True, new)
    topics.catch_up()
    # The text of our schema, read by the registry's parser, is the class by which our records are read here.
    path = f"/subjects/{topics.copied.topic}-value/versions/latest?format=serialized"
    text = registry.ask("GET", path)["schema"]
    copied = message_class([timestamp_file(), base64.b64decode(text)], "ConnectDefault1")
    found = [json_format.MessageToDict(m) for m in topics.copied.read(ProtobufDeserializer(copied, {}, topics.client))]
    found = [{name: {e["key"]: e["value"] for e in inner} if name == "COUNTS" and isinstance(inner, list) else inner
              for name, inner in value.items()} for value in found]
    compare("PROTOBUF", [expected_protobuf(order) for order in [*old, *new]], found)
    print("PROTOBUF: 10 records there and back, with a newer schema between", flush=True)
    topics.job.clean()


def json_schema(newer):
    properties = {"id": {"type": "integer"}, "name": {"type": ["null", "string"]}, "price": {"type": "number"}, "ok": {"type": "boolean"},
                  "tags": {"type": "array", "items": {"type": "string"}},
                  "home": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"oneOf": [{"type": "null"}, {"type": "integer"}]}}}}
    if newer:
        properties["note"] = {"type": "string"}
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object", "properties": properties})


def json_orders(first, newer):
    for number in range(first, first + 5):
        order = {"id": number << 35, "name": None if number % 2 else f"n{number}", "price": number / 4, "ok": number % 2 == 0,
                 "tags": ["x"] * (number % 3), "home": {"city": "Köln", "zip": None if number % 2 else number}}
        yield {**order, **({"note": f"note {number}"} if newer else {})}


def exchange_json(broker, registry):
    topics = Exchange("JSON_SR", broker, registry)
    for messages in (topics.orders, topics.copied):  # what an object without the word for it allows, a new property may forbid
        registry.ask("PUT", f"/config/{messages.topic}-value", {"compatibility": "NONE"})
    old, new = list(json_orders(1, False)), list(json_orders(6, True))
    topics.orders.write(JSONSerializer(json_schema(False), topics.client), old)
    topics.catch_up()
    topics.orders.write(JSONSerializer(json_schema(True), topics.client), new)
    topics.catch_up()
    found = topics.copied.read(JSONDeserializer(None, schema_registry_client=topics.client))  # checks by our schema, too
    compare("JSON_SR", [upper(order) for order in [*old, *new]], found)
    print("JSON_SR: 10 records there and back, with a newer schema between", flush=True)
    topics.job.clean()


def exchange_headers(broker, _):
    """The schema's GUID is in a header, and the record is bare."""
    registry = FakeRegistry()
    topics = Exchange("AVRO", broker, registry)
    # This registry tells the GUID of a schema that is looked up, not of one that is registered.
    settings = {"schema.id.serializer": header_schema_id_serializer, "auto.register.schemas": False}
    for newer in (False, True):
        ask(registry.url, "POST", f"/subjects/{topics.orders.topic}-value/versions", {"schema": avro_schema(newer)})
    old, new = list(avro_orders(1, False)), list(avro_orders(6, True))
    topics.orders.write(AvroSerializer(topics.client, avro_schema(False), conf=settings), old)
    topics.orders.write(AvroSerializer(topics.client, avro_schema(True), conf=settings), new)
    topics.catch_up()
    found = [from_map_entries(value) for value in topics.copied.read(AvroDeserializer(topics.client))]
    compare("headers", [upper(order) for order in [*({**order, "note": None} for order in old), *new]], found)
    print("HEADERS: 10 records by GUIDs in headers", flush=True)
    topics.job.clean()


EXCHANGES = {"AVRO": exchange_avro, "PROTOBUF": exchange_protobuf, "JSON_SR": exchange_json, "HEADERS": exchange_headers}


def main():
    broker = Broker()
    registry = Registry()
    try:
        for name in sys.argv[1:] or EXCHANGES:
            EXCHANGES[name](broker, registry)
    finally:
        stop_registries()


if __name__ == "__main__":
    sys.exit(run_test(main))
