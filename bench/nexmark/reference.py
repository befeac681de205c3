"""The queries of queries/ once more, in plain Python over the printed events: what must come out of them.

Shares nothing with the program but the events. Streams are compared as bags of rows, tables by the last row of each key.

usage: reference.py [EVENTS [QUERY...]]     TURGO_BENCH: the folder of the programs nexmark and bench_path (build/release)
"""
import collections
import decimal
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(os.environ.get("TURGO_BENCH", HERE.parent.parent / "build/release"))
RATE = 2_000  # events per second: windows close, and a batch of one partition spans less than any grace period
RATIO = decimal.Decimal("0.908")
Event = collections.namedtuple("Event", "topic key time value")


def events(count):
    lines = subprocess.run([PROGRAMS / "nexmark", "print", str(count), str(RATE)], check=True, capture_output=True, text=True).stdout
    for line in lines.splitlines():
        topic, key, time, value = line.split("\t")
        yield Event(topic, int(key), int(time), json.loads(value))


def bids(log):
    return [event for event in log if event.topic == "bid"]


def pick(value, *names, **more):
    return {name.upper(): value[name] for name in names} | {name.upper(): item for name, item in more.items()}


# ---- streams: a list of (key, row) ----

def q0(log):
    return [(b.key, pick(b.value, "auction", "bidder", "price", "dateTime", "extra")) for b in bids(log)]


def q1(log):
    return [(key, row | {"PRICE": RATIO * row["PRICE"]}) for key, row in q0(log)]


def q2(log):
    return [(b.key, pick(b.value, "auction", "price")) for b in bids(log) if b.value["auction"] % 123 == 0]


def q10(log):
    return [(key, row | {"DAY": row["DATETIME"][:10], "MINUTE": row["DATETIME"][11:16]}) for key, row in q0(log)]


def q14(log):
    rows = []
    for key, row in q1(log):
        hour = int(row["DATETIME"][11:13])
        kind = "dayTime" if 8 <= hour <= 18 else "nightTime" if hour <= 6 or hour >= 20 else "otherTime"
        if 1_000_000 < row["PRICE"] < 50_000_000:
            rows.append((key, row | {"BIDTIMETYPE": kind, "C_COUNTS": row["EXTRA"].count("c")}))
    return rows


def q21(log):
    fixed = {"apple": "0", "google": "1", "facebook": "2", "baidu": "3"}
    rows = []
    for b in bids(log):
        found = re.search("(&|^)channel_id=([^&]*)", b.value["url"])
        channel = fixed.get(b.value["channel"].lower()) or (found and found[2])
        if channel is not None:
            rows.append((b.key, pick(b.value, "auction", "bidder", "price", "channel", channel_id=channel)))
    return rows


def q22(log):
    rows = []
    for b in bids(log):
        folders = b.value["url"].split("/")[3:6]
        rows.append((b.key, pick(b.value, "auction", "bidder", "price", "channel", **dict(zip(("dir1", "dir2", "dir3"), folders)))))
    return rows


# ---- tables: key -> row ----

def groups(log, key):
    result = collections.defaultdict(list)
    for b in bids(log):
        result[key(b)].append(b)
    return result


def starts(time, size, advance):
    """The windows that hold a time, by their starts."""
    return [start for start in range(time - time % advance, time - size, -advance) if start >= 0]


def closed(log, task_of, size, grace):
    """Per task, windows that start at or before this have closed."""
    latest = collections.defaultdict(int)
    for b in bids(log):
        latest[task_of(b)] = max(latest[task_of(b)], b.time)
    return {task: time - grace - size for task, time in latest.items()}


def q5_inner(log, partition):
    counts = collections.Counter((b.key, start) for b in bids(log) for start in starts(b.time, 10_000, 2_000))
    last = closed(log, lambda b: partition(b.key), 10_000, 4_000)
    return {(key, start): {"AUCTION": key, "NUM": n} for (key, start), n in counts.items() if start <= last[partition(key)]}


def q5(log, partition):
    """The most bids of any auction; which one of several with as many is free."""
    most = collections.defaultdict(int)
    for (_, start), row in q5_inner(log, partition).items():
        most[start] = max(most[start], row["NUM"])
    return {start: {"MOST": [n]} for start, n in most.items()}


def q7(log):
    last = closed(log, lambda b: None, 10_000, 4_000)[None]
    highest = collections.defaultdict(int)
    for b in bids(log):
        start = b.time - b.time % 10_000
        highest[start] = max(highest[start], b.value["price"])
    return {("all", start): {"HIGHEST": [price]} for start, price in highest.items() if start <= last}


def q11(log):
    """Within a session no gap is longer than ten seconds."""
    result = {}
    for bidder, of_bidder in groups(log, lambda b: b.value["bidder"]).items():
        times = sorted(b.time for b in of_bidder)
        first = 0
        for i, time in enumerate(times):
            if i + 1 == len(times) or times[i + 1] - time > 10_000:
                result[bidder, times[first], time] = {"BID_COUNT": i + 1 - first}
                first = i + 1
    return result


def q12(log):
    counts = collections.Counter((b.value["bidder"], b.time - b.time % 10_000) for b in bids(log))
    return {key: {"BID_COUNT": n} for key, n in counts.items()}


def q17(log):
    result = {}
    for key, of_auction in groups(log, lambda b: b.key).items():
        prices = [b.value["price"] for b in of_auction]
        result[key] = {"TOTAL_BIDS": len(prices), "RANK1_BIDS": sum(p < 10_000 for p in prices),
                       "RANK2_BIDS": sum(10_000 <= p < 1_000_000 for p in prices), "RANK3_BIDS": sum(p >= 1_000_000 for p in prices),
                       "MIN_PRICE": min(prices), "MAX_PRICE": max(prices), "AVG_PRICE": sum(prices) / len(prices),
                       "SUM_PRICE": sum(prices)}
    return result


def q18(log):
    return {key: pick(of_both[-1].value, "price", "channel", "url", "dateTime")
            for key, of_both in groups(log, lambda b: (b.value["bidder"], b.value["auction"])).items()}


def q19(log):
    return {key: {"HIGHEST": sorted((b.value["price"] for b in of_auction), reverse=True)[:10]}
            for key, of_auction in groups(log, lambda b: b.key).items()}


# ---- joins ----

def in_order(log, *topics):
    """As a task takes them: by time, then by topic."""
    return sorted((event for event in log if event.topic in topics), key=lambda event: (event.time, event.topic))


def bids_of_auctions(log):
    """Bids with their auction, if it is known at the bid's time."""
    auctions = {}
    for event in in_order(log, "auction", "bid"):
        if event.topic == "auction":
            auctions[event.key] = event.value
        elif event.key in auctions:
            yield event, auctions[event.key]


def bids_in_time(log):
    return [(bid, a) for bid, a in bids_of_auctions(log) if a["dateTime"] <= bid.value["dateTime"] <= a["expires"]]


def latest(log, topic):
    return {event.key: event.value for event in log if event.topic == topic}


def q3(log):
    persons, rows = latest(log, "person"), {}
    for key, a in latest(log, "auction").items():
        p = persons.get(a["seller"])
        if p is not None and a["category"] == 10 and p["state"] in ("OR", "ID", "CA"):
            rows[key] = pick(p, "name", "city", "state")
    return rows


def q4(log):
    highest = collections.defaultdict(dict)
    for bid, a in bids_in_time(log):
        highest[a["category"]][bid.key] = max(highest[a["category"]].get(bid.key, 0), bid.value["price"])
    return {category: {"MEAN": sum(prices.values()) / len(prices)} for category, prices in highest.items()}


def q9(log):
    rows = {}
    for bid, a in bids_in_time(log):
        price = max(rows[bid.key]["HIGHEST"][0] if bid.key in rows else 0, bid.value["price"])
        rows[bid.key] = pick(a, "itemName", "seller", highest=[price])
    return rows


def q20(log):
    rows = []
    for bid, a in bids_of_auctions(log):
        if a["category"] == 10:
            row = pick(bid.value, "auction", "bidder", "price", "channel", "url") | pick(
                a, "itemName", "description", "initialBid", "reserve", "expires", "seller", "category")
            row |= {"BID_DATETIME": bid.value["dateTime"], "BID_EXTRA": bid.value["extra"]}
            rows.append((bid.key, row | {"AUCTION_DATETIME": a["dateTime"], "AUCTION_EXTRA": a["extra"]}))
    return rows


def q23(log):
    persons, auctions = latest(log, "person"), latest(log, "auction")
    return [(b.key, pick(b.value, "bidder", "price", "dateTime") | pick(auctions[b.key], "itemName", "category")
             | pick(persons[b.value["bidder"]], "name"))
            for b in bids(log) if b.key in auctions and b.value["bidder"] in persons]


def q7_join(log):
    """All bids with the highest price of their ten seconds."""
    highest = {start: row["HIGHEST"][0] for (_, start), row in q7(log).items()}
    return [(b.value["price"], pick(b.value, "auction", "bidder", "dateTime")) for b in bids(log)
            if highest.get(b.time - b.time % 10_000) == b.value["price"]]


def q8(log):
    persons = {event.key: event for event in log if event.topic == "person"}
    counts = collections.Counter()
    for event in log:
        p = persons.get(event.value["seller"]) if event.topic == "auction" else None
        if p is not None and p.time // 10_000 == event.time // 10_000:
            counts[p.key, p.time - p.time % 10_000] += 1
    return {(key, start): {"AUCTIONS": n, "NAME": persons[key].value["name"]} for (key, start), n in counts.items()}


# ---- what the program wrote ----

def number(data):
    return int.from_bytes(data, "big", signed=True)


def key_of(query, data):
    if query == "q18":
        key = json.loads(data)
        return key["BIDDER"], key["AUCTION"]
    if query == "q7":
        return data[:-8].decode(), number(data[-8:])
    if query == "q11":  # key, end, start
        return number(data[:8]), number(data[16:]), number(data[8:16])
    return number(data) if len(data) == 8 else (number(data[:8]), number(data[8:]))


def row_of(query, value):
    row = json.loads(value, parse_float=decimal.Decimal if query in ("q1", "q14") else float)
    for name in ("HIGHEST", "MOST"):
        if name in row:
            row[name] = [item["sort_col"] for item in row[name]]
    return row


def written(query, count):
    command = [PROGRAMS / "bench_path", HERE / f"queries/{query}.sql", str(count), str(RATE), "--print"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = []
    for line in lines:
        topic, _, key, value = line.split("\t")
        if topic == query.replace("_", "-"):
            rows.append((key_of(query, bytes.fromhex(key)), None if value == "-" else row_of(query, bytes.fromhex(value))))
    return rows


def text(row):
    return json.dumps(row, sort_keys=True, default=lambda number: format(number.normalize(), "f"))


def murmur2(data):
    """Of Kafka's Java client: a key's partition."""
    h, mask = 0x9747b28c ^ len(data), 0xffffffff
    for i in range(0, len(data) // 4 * 4, 4):
        k = int.from_bytes(data[i:i + 4], "little") * 0x5bd1e995 & mask
        h = h * 0x5bd1e995 & mask ^ (k ^ k >> 24) * 0x5bd1e995 & mask
    for i, byte in enumerate(data[len(data) // 4 * 4:]):
        h ^= byte << 8 * i
    if len(data) % 4:
        h = h * 0x5bd1e995 & mask
    h = (h ^ h >> 13) * 0x5bd1e995 & mask
    return (h ^ h >> 15) & 0x7fffffff


def partition_of(key):
    return murmur2(key.to_bytes(8, "big")) % 4


def expected(query, log):
    compute = globals()[query]
    return compute(log, partition_of) if query in ("q5", "q5_inner") else compute(log)


def check(query, log, count):
    """The number of rows compared; raises at the first difference."""
    wanted, rows = expected(query, log), written(query, count)
    if isinstance(wanted, list):
        wanted, actual = collections.Counter((k, text(row)) for k, row in wanted), collections.Counter((k, text(row)) for k, row in rows)
        missing, surplus = list((wanted - actual).items()), list((actual - wanted).items())
    else:
        last = {key: row for key, row in rows}
        actual = {key: text(row) for key, row in last.items() if row is not None}
        wanted = {key: text(row) for key, row in wanted.items()}
        missing = [item for item in wanted.items() if actual.get(item[0]) != item[1]]
        surplus = [item for item in actual.items() if wanted.get(item[0]) != item[1]]
    if missing or surplus:
        raise SystemExit(f"{query}: {len(missing)} rows missing, as {missing[:2]}; {len(surplus)} surplus, as {surplus[:2]}")
    if not wanted:
        raise SystemExit(f"{query}: no rows to compare: {count} events are too few")
    return sum(wanted.values()) if isinstance(wanted, collections.Counter) else len(wanted)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    queries = sys.argv[2:] or sorted(path.stem for path in (HERE / "queries").glob("*.sql"))
    log = list(events(count))
    for query in queries:
        if query not in globals():
            raise SystemExit(f"{query}: no reference for it")
        print(f"{query}: {check(query, log, count)} rows equal", flush=True)


if __name__ == "__main__":
    main()
