"""Charts as SVG, by hand: bars, and histograms of latency."""
import html

COLORS = {"raw": "#9aa5b1", "Turgo": "#0f8b8d", "Kafka": "#d17b0f", "Flink": "#b0413e", "Pathway": "#7b5ea7"}
BAR, GAP, LABEL, WIDTH = 22, 8, 230, 720
PANEL = 120


def color_of(name):
    return next((color for prefix, color in COLORS.items() if name.startswith(prefix)), "#444444")


def head(width, height, title):
    return [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'font-family="sans-serif" font-size="13">', f'<rect width="{width}" height="{height}" fill="white"/>',
            f'<text x="8" y="20" font-weight="bold">{html.escape(title)}</text>']


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'


def bars(title, values):
    """A chart of (name, value) with the value behind each bar."""
    most = max(value for _, value in values) or 1
    parts = head(WIDTH, 44 + len(values) * (BAR + GAP), title)
    for i, (name, value) in enumerate(values):
        y = 34 + i * (BAR + GAP)
        length = max(1, (WIDTH - LABEL - 80) * value / most)
        parts += [text(LABEL - 8, y + 15, name, "end"),
                  f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{color_of(name)}"/>',
                  text(LABEL + length + 6, y + 15, f"{value:.2f}")]
    return "\n".join([*parts, "</svg>\n"])


def groups(title, rows):
    """Rows of (name, [(engine, value)]): bars of each row in its own scale, the value behind each."""
    count = sum(len(values) for _, values in rows)
    parts = head(WIDTH, 40 + len(rows) * 30 + count * 24, title)
    y = 34
    for name, values in rows:
        most = max(value for _, value in values) or 1
        parts.append(f'<text x="8" y="{y + 14}" font-weight="bold">{html.escape(name)}</text>')
        y += 22
        for engine, value in values:
            length = max(1, (WIDTH - LABEL - 80) * value / most)
            parts += [text(LABEL - 8, y + 14, engine, "end"),
                      f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="20" fill="{color_of(engine)}"/>',
                      text(LABEL + length + 6, y + 14, f"{value:.2f}")]
            y += 24
        y += 8
    return "\n".join([*parts, "</svg>\n"])


def histogram(title, series):
    """A panel per (name, {milliseconds: records}, marks {name: milliseconds}): share of the records per step of time."""
    top = max(max(marks.values()) for _, _, marks in series) * 1.1
    step = max(1, int(top / 90))
    wide = WIDTH - LABEL - 40
    parts = head(WIDTH, 50 + len(series) * (PANEL + 26), title)
    for i, (name, buckets, marks) in enumerate(series):
        base = 40 + i * (PANEL + 26) + PANEL
        sums = {}
        for milliseconds, records in buckets.items():
            place = int(milliseconds) // step
            if place * step <= top:
                sums[place] = sums.get(place, 0) + records
        most = max(sums.values())
        parts += [text(LABEL - 8, base - PANEL / 2, name, "end"),
                  *(text(LABEL - 8, base - PANEL / 2 + 17 * (n + 1), f"{mark} {value:.1f} ms", "end") for n, (mark, value) in enumerate(marks.items())),
                  f'<line x1="{LABEL}" y1="{base}" x2="{LABEL + wide}" y2="{base}" stroke="#444444"/>',
                  text(LABEL, base + 15, "0"), text(LABEL + wide, base + 15, f"{top:.0f} ms", "end")]
        for place, records in sorted(sums.items()):
            high = (PANEL - 10) * records / most
            parts.append(f'<rect x="{LABEL + place * step / top * wide:.1f}" y="{base - high:.1f}" width="{max(1, step / top * wide - 0.5):.1f}" '
                         f'height="{high:.1f}" fill="{color_of(name)}"/>')
    return "\n".join([*parts, "</svg>\n"])
