"""What the program is to reach, beside what it did: against the raw client of the same guarantee, and against the other engines.

Ratios of one run on one machine: no figure here is a time that another machine must keep.
"""
# Workload: what it may take, of C (consume only) and P (the raw copy of the same guarantee).
AGAINST_RAW = {
    "q1": ("P / 0.85", lambda c, p: p / 0.85),
    "q2": ("C + 0.15", lambda c, p: c + 0.15),
    "q21": ("P + 0.30", lambda c, p: p + 0.30),
    "q22": ("P + 0.30", lambda c, p: p + 0.30),
    "q17": ("C + 0.30", lambda c, p: c + 0.30),
    "q5_inner": ("C + 0.40", lambda c, p: c + 0.40),
    "q11": ("C + 0.45", lambda c, p: c + 0.45),
}
# Workload: how many times less than Kafka Streams, whole run and steady; than the others, whole.
AGAINST_STREAMS = {"q1": (12, 6), "q2": (12, 6), "q21": (12, 6), "q22": (12, 6), "q17": (20, 12), "q5_inner": (60, None), "q11": (60, None),
                   "words": (7, None)}
AGAINST_PATHWAY = {"words": 9}
GUARANTEES = (("turgo-alo", "raw-copy", "streams"), ("turgo", "raw-transactions", "streams-eos"))
# Measure: engine, figure, unit, bound.
LIFE = (
    ("start", "turgo-alo", "p50", "start to first row, at least once, s", 0.1),
    ("start", "turgo", "p50", "start to first row, exactly once, s", 0.7),
    ("restart", "turgo", "p50", "restart after kill -9, exactly once, s", 1.5),
    ("idle", "turgo", "rss_mb", "idle, one query, RSS MB", 20),
    ("idle", "turgo-100", "rss_mb", "100 idle queries, RSS MB", 300),
    ("idle", "turgo-100", "core_percent", "100 idle queries, % of a core", 6),
    ("restore_10m", "turgo", "cpu", "restore of 10 M keys, core-s", 6),
    ("latency_1000", "turgo", "p50", "1,000 records/s, exactly once, p50 ms", 70),
    ("latency_1000", "turgo", "p99", "1,000 records/s, exactly once, p99 ms", 140),
)
EXACTLY_ONCE_PERCENT = 10


def verdict(reached, bound):
    return "reached" if reached <= bound else "missed"


def peers_of(engines, records, cost, steady, streams):
    """The others' figures in words."""
    words = []
    for name, run in engines.items():
        if name == streams or run["engine"].startswith(("Flink", "Pathway")):
            jvm = f" / {steady(run, records):.1f} steady" if not run["engine"].startswith("Pathway") else ""
            words.append(f"{run['engine'].split(',')[0]} {cost(run, records):.1f}{jvm}")
    return ", ".join(words) or "-"


def raw_rows(name, result, cost, steady):
    engines, records = result["engines"], result["records"]
    for ours, raw, streams in GUARANTEES:
        if not {ours, raw, "raw-consume"} <= engines.keys() or name not in AGAINST_RAW:
            continue
        what, bound_of = AGAINST_RAW[name]
        consume, ceiling, reached = (cost(engines[each], records) for each in ("raw-consume", raw, ours))
        bound = bound_of(consume, ceiling)
        yield [f"{result['title']}, {engines[ours]['engine'].split(', ')[1]}", f"{what} = {bound:.2f}", f"{reached:.2f}",
               peers_of(engines, records, cost, steady, streams), f"C {consume:.2f}, P {ceiling:.2f}", verdict(reached, bound)]


def ratio_row(result, what, reached, bound):
    return [f"{result['title']}: {what}", f">= {bound}", f"{reached:.1f}", "-", "-", verdict(bound, reached)]


def ratio_rows(name, result, cost, steady):
    engines, records = result["engines"], result["records"]
    for ours, _, streams in GUARANTEES:
        if name in AGAINST_STREAMS and {ours, streams} <= engines.keys():
            own, guarantee = cost(engines[ours], records), engines[ours]["engine"].split(", ")[1]
            whole, calm = AGAINST_STREAMS[name]
            yield ratio_row(result, f"times less than Kafka Streams, {guarantee}, whole run", cost(engines[streams], records) / own, whole)
            if calm:
                yield ratio_row(result, f"times less than Kafka Streams, {guarantee}, steady", steady(engines[streams], records) / own, calm)
    if name in AGAINST_PATHWAY and {"turgo-alo", "pathway"} <= engines.keys():
        yield ratio_row(result, "times less than Pathway", cost(engines["pathway"], records) / cost(engines["turgo-alo"], records),
                        AGAINST_PATHWAY[name])


def each_rows(name, result, cost):
    """Aggregates that write every change, beside Kafka Streams, whose cache leaves most of them out."""
    engines, records = result["engines"], result["records"]
    if name == "q17" and {"turgo-each", "streams"} <= engines.keys():
        yield ratio_row(result, "every change, times less than Kafka Streams", cost(engines["streams"], records) / cost(engines["turgo-each"], records), 7)


def guarantee_row(name, result, cost):
    engines, records = result["engines"], result["records"]
    if {"turgo", "turgo-alo"} <= engines.keys():
        more = (cost(engines["turgo"], records) / cost(engines["turgo-alo"], records) - 1) * 100
        yield [f"{result['title']}: exactly once above at least once, % CPU", f"{EXACTLY_ONCE_PERCENT}", f"{more:.1f}", "-", "-",
               verdict(more, EXACTLY_ONCE_PERCENT)]


def life_rows(found):
    for measure, engine, figure, what, bound in LIFE:
        engines = found.get(measure, {}).get("engines", {})
        if engine not in engines:
            continue
        scale = 1000 if measure.startswith("latency") else 1
        others = [f"{run['engine']} {run[figure] / scale:.2f}" for name, run in engines.items() if not name.startswith("turgo") and figure in run]
        reached = engines[engine][figure] / scale
        yield [what, f"<= {bound}", f"{reached:.2f}", ", ".join(others) or "-", "-", verdict(reached, bound)]


def table(found, cost, steady, render):
    """All targets of which there are figures; `cost` and `steady` of a run per million records, `render` makes a table of rows."""
    rows = []
    for name, result in found.items():
        if result["kind"] == "workload":
            rows += [*raw_rows(name, result, cost, steady), *ratio_rows(name, result, cost, steady), *each_rows(name, result, cost),
                     *guarantee_row(name, result, cost)]
    rows += life_rows(found)
    return render(["what", "target", "reached", "others", "ceiling", ""], rows)


def headline(found, cost):
    """What tells most: per workload the program, the other engines, and the client alone."""
    rows = []
    for name, result in found.items():
        if result["kind"] == "workload" and len(result["engines"]) > 3:
            shown = [each for each in result["engines"] if each in ("turgo", "turgo-alo", "streams", "streams-eos", "flink", "pathway", "raw-copy")]
            rows.append((result["title"], [(result["engines"][each]["engine"], cost(result["engines"][each], result["records"])) for each in shown]))
    return rows
