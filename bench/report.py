"""The report of a run of the benchmarks: a table per workload, and a bar chart of each as SVG."""
import html

COLORS = {"raw": "#9aa5b1", "Turgo": "#0f8b8d", "other": "#d17b0f"}
BAR, GAP, LABEL, WIDTH = 22, 8, 230, 720


def cost_per_million(run):
    """Least of the rounds: what disturbs a run only ever adds."""
    return min(cost.cpu - run.start for cost in run.costs) / run.records * 1e6


def steady_per_million(run):
    return min(cost.steady for cost in run.costs) / run.records * 1e6


def color_of(name):
    return next((color for prefix, color in COLORS.items() if name.startswith(prefix)), COLORS["other"])


def table(runs):
    own = min((cost_per_million(run) for run in runs if run.engine.startswith("Turgo")), default=None)
    lines = ["| engine | core-s per M records | over Turgo's least | start, core-s | records/s | peak RSS MB | rows |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for run in runs:
        cost = cost_per_million(run)
        steady = f" ({steady_per_million(run):.2f} steady)" if run.engine.startswith("Kafka") else ""
        ratio = f"{cost / own:.2f}" if own else "-"
        speed = max(run.records / cost.seconds for cost in run.costs)
        rows = run.digest.split()[0] if run.digest else "-"
        lines.append(f"| {run.engine} | {cost:.3f}{steady} | {ratio} | {run.start:.3f} | {speed:,.0f} | {max(c.rss_mb for c in run.costs):.0f} | {rows} |")
    return "\n".join(lines)


def bars(title, values):
    """A chart of (name, value) with the value behind each bar."""
    height = 40 + len(values) * (BAR + GAP)
    most = max(value for _, value in values)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="13">',
             f'<text x="0" y="18" font-weight="bold">{html.escape(title)}</text>']
    for i, (name, value) in enumerate(values):
        y = 34 + i * (BAR + GAP)
        length = max(1, (WIDTH - LABEL - 80) * value / most)
        parts.append(f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{html.escape(name)}</text>'
                     f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{color_of(name)}"/>'
                     f'<text x="{LABEL + length + 6:.1f}" y="{y + 15}">{value:.2f}</text>')
    return "\n".join(parts + ["</svg>\n"])


def write(folder, runs, titles, about):
    parts = ["# Benchmarks\n"] + [f"- {name}: {value}" for name, value in about.items()]
    parts.append("\nCore-seconds per million input records, all threads, start-up taken off; the least of the rounds. The outputs of all engines "
                 "with rows were found equal.\n")
    for workload in dict.fromkeys(run.workload for run in runs):
        of_workload = [run for run in runs if run.workload == workload]
        chart = bars(f"{titles[workload]}: core-seconds per million records", [(run.engine, cost_per_million(run)) for run in of_workload])
        (folder / f"{workload}.svg").write_text(chart)
        parts += [f"## {titles[workload]} ({workload})\n", table(of_workload), f"\n![{workload}]({workload}.svg)\n"]
    (folder / "report.md").write_text("\n".join(parts))
