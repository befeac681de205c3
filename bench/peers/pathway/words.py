"""Word count in Pathway: what a user writes, one worker. Reads what the topic has and ends.

usage: words.py SERVERS SOURCE SINK
"""
import json
import resource
import sys
import time

import pathway as pw


class Lines(pw.Schema):
    line: str


def main(servers, source, sink):
    settings = {"bootstrap.servers": servers, "group.id": sink, "auto.offset.reset": "earliest", "session.timeout.ms": "6000"}
    lines = pw.io.kafka.read(settings, topic=source, format="json", schema=Lines, mode="static")
    words = lines.select(word=pw.apply_with_type(str.split, list[str], pw.this.line)).flatten(pw.this.word)
    counts = words.groupby(pw.this.word).reduce(pw.this.word, N=pw.reducers.count())
    pw.io.kafka.write(counts, settings, sink, format="json", key=pw.this.word)
    began = time.monotonic()
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)
    seconds = time.monotonic() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime}))


if __name__ == "__main__":
    main(*sys.argv[1:])
