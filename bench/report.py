"""The report of the benchmarks from the results that are there: targets, a table and a bar chart per workload, life cycle, latency."""
import json

import charts
import targets


def cost(run, records):
    """Core-seconds per million; the least of the rounds: what disturbs a run only ever adds."""
    return min(each["cpu"] - run["start"] for each in run["costs"]) / records * 1e6


def steady(run, records):
    return min(each["steady"] for each in run["costs"]) / records * 1e6


def is_jvm(run):
    return run["engine"].startswith(("Kafka", "Flink"))


def table(head, rows):
    """The first column is text, the others are figures."""
    return "\n".join([f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}", *(f"| {' | '.join(row)} |" for row in rows)])


def workload_table(result):
    records, runs = result["records"], result["engines"].values()
    own = min((cost(run, records) for run in runs if run["engine"].startswith("Turgo")), default=None)
    rows = []
    for run in runs:
        each = cost(run, records)
        digest = next(iter(run["digests"]), None)
        rows.append([run["engine"], f"{each:.3f}" + (f" ({steady(run, records):.2f} steady)" if is_jvm(run) else ""),
                     f"{each / own:.2f}" if own else "-", f"{run['start']:.3f}", f"{max(records / c['seconds'] for c in run['costs']):,.0f}",
                     f"{max(c['rss_mb'] for c in run['costs']):.0f}", f"{min(c['broker'] for c in run['costs']) / records * 1e6:.2f}",
                     f"{int(digest[2]):,}" if digest else "-", f"{int(digest[3]) / 1e6:.1f}" if digest else "-"])
    return table(["engine", "core-s per M records", "over Turgo's least", "start, core-s", "records/s", "peak RSS MB", "broker core-s per M",
                  "records out", "MB out"], rows)


def write_workload(folder, name, result):
    title, records = f"{result['title']} ({name})", result["records"]
    values = [(run["engine"], cost(run, records)) for run in result["engines"].values()]
    (folder / f"{name}.svg").write_text(charts.bars(f"{title}: core-seconds per million records", values))
    left_out = [f"\nLeft out: {why}" for why in result["left_out"]]
    return [f"## {title}\n", f"{records:,} records.\n", workload_table(result), *left_out, f"\n![{title}]({name}.svg)\n"]


LIFE = {
    "start": "From the start of the process to its first committed row, seconds: a map, topics there, group new",
    "restart": "From the start of the process after `kill -9` to its first committed row, seconds: an aggregate, state kept",
    "idle": "A process with nothing to do",
    "restore": "Restore from the changelog, above a start with local state",
}


def write_life(folder, name, result):
    runs = list(result["engines"].values())
    if result["kind"] in ("start", "restart"):
        head, rows = ["engine", "p50", "least", "most", "runs"], [[r["engine"], f"{r['p50']:.3f}", f"{r['min']:.3f}", f"{r['max']:.3f}", str(r["runs"])]
                                                                 for r in runs]
        values = [(r["engine"], r["p50"]) for r in runs]
    elif result["kind"] == "idle":
        head, rows = ["engine", "queries", "RSS MB", "% of a core"], [[r["engine"], str(r["queries"]), f"{r['rss_mb']:.1f}", f"{r['core_percent']:.2f}"]
                                                                     for r in runs]
        values = [(f"{r['engine']}, {r['queries']}", r["rss_mb"]) for r in runs]
    else:
        head, rows = ["engine", "keys", "core-s", "peak RSS MB"], [[r["engine"], f"{r['keys']:,}", f"{r['cpu']:.2f}", f"{r['rss_mb']:.0f}"] for r in runs]
        values = [(r["engine"], r["cpu"]) for r in runs]
    (folder / f"{name}.svg").write_text(charts.bars(f"{LIFE[result['kind']]}", values))
    return [f"## {LIFE[result['kind']]}\n", table(head, rows), f"\n![{name}]({name}.svg)\n"]


def write_latency(folder, name, result):
    runs = list(result["engines"].values())
    title = f"End to end at {runs[0]['rate']:,} records/s"
    series = [(r["engine"], r["buckets"], {"p50": r["p50"] / 1000, "p99": r["p99"] / 1000}) for r in runs]
    (folder / f"{name}.svg").write_text(charts.histogram(f"{title}: from due to committed and consumed", series))
    rows = [[r["engine"], *(f"{r[q] / 1000:.1f}" for q in ("p50", "p99", "p999", "max")), f"{r['core_percent']:.1f}"] for r in runs]
    return [f"## {title}\n", "Milliseconds; a map, one thread; % of a core since the process's start.\n",
            table(["engine", "p50", "p99", "p99.9", "most", "% of a core"], rows), f"\n![{title}]({name}.svg)\n"]


def write(folder, results, order, name="report.md"):
    """Writes the report and its pictures into `folder` from the files of `results`, in this order."""
    found = {name: json.loads((results / f"{name}.json").read_text()) for name in order if (results / f"{name}.json").exists()}
    folder.mkdir(parents=True, exist_ok=True)
    writers = {"workload": write_workload, "latency": write_latency}
    about = next(iter(found.values()))["about"]
    differ = sorted({what for each in found.values() for what in about if each["about"][what] != about[what]} - {"at"})
    parts = ["# Benchmarks\n", *(f"- {what}: {value}" for what, value in about.items()),
             *([f"- not the same for all parts: {', '.join(differ)}"] if differ else []),
             "\nCore-seconds per million input records, all threads, start-up taken off; the least of the rounds. The outputs of all engines "
             "with rows were found equal.\n", "## Targets\n", targets.table(found, cost, steady, table)]
    headline = targets.headline(found, cost)
    if headline:
        (folder / "headline.svg").write_text(charts.groups("Core-seconds per million records: less is better", headline))
        parts.append("\n![headline](headline.svg)\n")
    for each, result in found.items():
        parts += writers.get(result["kind"], write_life)(folder, each, result)
    (folder / name).write_text("\n".join(parts))
