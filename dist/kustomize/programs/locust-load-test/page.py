"""The page of a load test: one file that asks for nothing else. Part of locust_load_test.py."""

import html
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from locust_report import METRICS, seconds

STYLE = """
:root{--ink:#17202c;--soft:#5c6878;--line:#dde3ea;--page:#f5f7f9;--card:#fff;--good:#0d7d4d;--bad:#c02b2b;--one:#2563c9;--two:#8a94a3}
@media(prefers-color-scheme:dark){:root{--ink:#e7ecf2;--soft:#98a4b3;--line:#2c3641;--page:#12171d;--card:#1a2129;
--good:#3fbf83;--bad:#f07171;--one:#6ea3ff;--two:#7f8a99}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif;padding:32px 16px}
main{max-width:960px;margin:auto}
h1{font-size:24px;margin:0;line-height:1.25;overflow-wrap:anywhere}
h2{font-size:15px;margin:0 0 12px}
p{margin:6px 0}
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.verdict{display:inline-block;color:#fff;border-radius:6px;padding:2px 12px;font-weight:650;letter-spacing:.03em;margin-bottom:10px}
.verdict.passed{background:#0d7d4d}
.verdict.failed{background:#c02b2b}
.trouble{border-left:4px solid var(--bad);padding:8px 14px;background:var(--card);margin:12px 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:22px 0}
.card,section{background:var(--card);border:1px solid var(--line);border-radius:10px}
.card{padding:11px 15px;font-size:13px}
.card b{display:block;font-size:25px;line-height:1.35;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
section{padding:18px 20px;margin:0 0 16px;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:500;color:var(--soft);text-align:left;font-size:13px}
td,th{padding:6px 14px 6px 0;border-bottom:1px solid var(--line)}
tbody tr:last-child td{border:0}
@media(min-width:640px){td:first-child{white-space:nowrap}}
.number{text-align:right;white-space:nowrap}
.held{color:var(--good);font-weight:600}
.missed{color:var(--bad);font-weight:600}
svg{display:block;width:100%;height:auto;margin-bottom:14px}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
svg .title{font-size:13px;fill:var(--ink)}
"""
WIDTH, HEIGHT, LEFT, TOP = 900.0, 104.0, 52.0, 24.0
BOTTOM = TOP + HEIGHT
STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


def round_up(value: float) -> float:
    """To a number that an axis may end with."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in STEPS if power * step >= value)


@dataclass(frozen=True)
class Chart:
    title: str
    values: list[float | None]
    """None where nothing was measured."""
    every: float
    """Seconds from one value to the next."""
    colour: str = "var(--one)"
    counts: bool = False
    """Of whole things, which have no halves."""
    bars: bool = False
    promise: float | None = None
    promised: str = ""

    def svg(self, *, with_time: bool) -> str:
        largest = max([0.0, *(value for value in self.values if value is not None)])
        # A promise far above what was measured would press the curve into the ground.
        promise = self.promise if self.promise is not None and self.promise <= 4 * largest else None
        most = round_up(max(1.0 if self.counts else 0.0, largest, promise or 0.0))
        label = html.escape(f"{self.title}: {largest:g} at most", quote=True)
        parts = [f'<text class="title" x="{LEFT:g}" y="14">{html.escape(self.title)}</text>', *self.grid(most), *self.shape(most)]
        if promise is not None:
            y = BOTTOM - HEIGHT * promise / most
            parts.append(f'<line x1="{LEFT:g}" x2="{WIDTH:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--bad)" stroke-dasharray="5 4"/>')
            text = html.escape(self.promised)
            parts.append(f'<text x="{WIDTH:g}" y="{y - 5:.1f}" text-anchor="end" style="fill:var(--bad)">{text}</text>')
        if with_time:
            parts += self.time()
        height = BOTTOM + (26 if with_time else 6)
        return f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{label}">{"".join(parts)}</svg>'

    def grid(self, most: float) -> list[str]:
        parts = []
        for share in (0.0, 0.5, 1.0):
            y, value = BOTTOM - HEIGHT * share, most * share
            parts.append(f'<line x1="{LEFT:g}" x2="{WIDTH:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
            if not self.counts or value == int(value):
                parts.append(f'<text x="{LEFT - 8:g}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        return parts

    def shape(self, most: float) -> list[str]:
        step = (WIDTH - LEFT) / max(1, len(self.values))
        heights = [None if value is None else HEIGHT * value / most for value in self.values]
        if self.bars:
            return [
                f'<rect x="{LEFT + (index + 0.1) * step:.1f}" y="{BOTTOM - height:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}"'
                f' fill="{self.colour}"/>'
                for index, height in enumerate(heights) if height
            ]
        parts = []
        for measured, group in itertools.groupby(enumerate(heights), key=lambda item: item[1] is not None):
            if measured:
                points = [(LEFT + (index + 0.5) * step, BOTTOM - (height or 0.0)) for index, height in group]
                line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
                ends = f"{points[-1][0]:.1f},{BOTTOM:g} {points[0][0]:.1f},{BOTTOM:g}"
                parts.append(f'<polygon points="{line} {ends}" fill="{self.colour}" opacity=".13"/>')
                parts.append(f'<polyline points="{line}" fill="none" stroke="{self.colour}" stroke-width="2" stroke-linejoin="round"/>')
        return parts

    def time(self) -> list[str]:
        length = self.every * len(self.values)
        return [
            f'<text x="{LEFT + (WIDTH - LEFT) * share:.1f}" y="{BOTTOM + 18:.1f}" text-anchor="{anchor}">{length * share:.0f} s</text>'
            for share, anchor in ((0.0, "start"), (0.25, "middle"), (0.5, "middle"), (0.75, "middle"), (1.0, "end"))
        ]


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], numbers: frozenset[int] = frozenset()) -> str:
    """Cells are HTML already."""
    def cells(tag: str, texts: Iterable[str]) -> str:
        marks = ((' class="number"' if index in numbers else "", text) for index, text in enumerate(texts))
        return "<tr>" + "".join(f"<{tag}{mark}>{text}</{tag}>" for mark, text in marks) + "</tr>"

    names = list(columns)
    head = f"<thead>{cells('th', names)}</thead>" if names else ""
    body = "".join(cells("td", row) for row in rows)
    return f"<table>{head}<tbody>{body}</tbody></table>"


def cards(summary: dict[str, Any]) -> str:
    requests, tokens, speed, times = (summary[name] for name in ("requests", "tokens", "perSecond", "seconds"))
    finished = requests["answered"] + requests["failed"]
    shown = [
        (METRICS[name], seconds(times[name]["p95"]), f"p95; p50 {seconds(times[name]['p50'])}") if requests["answered"]
        else (METRICS[name], "-", "nothing measured")
        for name in ("first", "between", "whole")
    ]
    shown += [
        ("Tokens/s out", f"{speed['tokensOut']:,.1f}", f"{tokens['out']:,} in all"),
        ("Requests/s", f"{speed['requests']:,.2f}", f"{requests['answered']:,} answered"),
        ("Failed", f"{requests['failed'] / finished:.1%}" if finished else "-", f"{requests['failed']:,} of {finished:,}"),
    ]
    boxes = (f'<div class="card"><span>{name}</span><b>{value}</b><span class="soft">{more}</span></div>' for name, value, more in shown)
    return f'<div class="cards">{"".join(boxes)}</div>'


def thresholds(summary: dict[str, Any]) -> str:
    def mark(held: bool) -> str:
        return f'<span class="{"held" if held else "missed"}">{"held" if held else "missed"}</span>'

    rows = [[*(html.escape(row[name]) for name in ("name", "asked", "got")), mark(row["held"])] for row in summary["thresholds"]]
    return table(["", "asked", "measured", ""], rows) if rows else ""


def over_time(summary: dict[str, Any]) -> str:
    over = summary["overTime"]
    every, most = over["everySeconds"], summary["limits"].get("ttftP95Seconds")
    charts = [
        Chart("Tokens a second out", over["tokensPerSecond"], every),
        Chart("First token, p95, in seconds", over["firstP95"], every, promise=most, promised=f"at most {seconds(most)}" if most else ""),
        Chart("Requests open at a time", over["open"], every, colour="var(--two)", counts=True),
    ]
    if any(over["failed"]):
        charts.append(Chart("Failed requests", over["failed"], every, colour="var(--bad)", counts=True, bars=True))
    return "".join(chart.svg(with_time=chart is charts[-1]) for chart in charts)


def latency(summary: dict[str, Any]) -> str:
    columns = ("p50", "p95", "p99", "mean", "max")
    rows = [[title, *(seconds(summary["seconds"][name][column]) for column in columns)] for name, title in METRICS.items()]
    return table(["", *columns], rows, frozenset(range(1, len(columns) + 1)))


def errors(summary: dict[str, Any]) -> str:
    rows = [
        [html.escape(row["kind"]), f"{row['count']:,}", f"{row['firstAtSeconds']:.1f} s", f"<code>{html.escape(row['example'])}</code>"]
        for row in summary["errors"]
    ]
    return table(["kind", "requests", "first after", "example"], rows, frozenset({1, 2})) if rows else ""


def facts(summary: dict[str, Any]) -> str:
    requests, tokens, speed, workers = (summary[name] for name in ("requests", "tokens", "perSecond", "workers"))
    late = f", {requests['late']:,} not sent in time" if requests["late"] else ""
    busiest = f"; the busiest used {workers['busiestCpuPercent']:.0f} % of a CPU" if workers["busiestCpuPercent"] else ""
    rows = {
        "Load": html.escape(summary["load"]),
        "Prompts": html.escape(summary["prompts"]),
        "Requests": f"{requests['sent']:,} sent, {requests['answered']:,} answered, {requests['failed']:,} failed{late}",
        "Tokens": f"{tokens['in']:,} in ({speed['tokensIn']:,.1f}/s), {tokens['out']:,} out ({speed['tokensOut']:,.1f}/s)",
        "Workers": f"{workers['reported']} of {workers['asked']} reported to the end{busiest}",
        "Server": f"<code>{html.escape(summary['target'])}</code>",
        "Run": f"<code>{html.escape(summary['run'])}</code>, {html.escape(summary['startedAt'])}",
    }
    return table([], ([f'<span class="soft">{name}</span>', text] for name, text in rows.items()))


def page(summary: dict[str, Any]) -> str:
    verdict = "passed" if summary["passed"] else "failed"
    sections = {
        "Thresholds": thresholds(summary), "Over time": over_time(summary), "Latency": latency(summary), "Errors": errors(summary),
        "The test": facts(summary),
    }
    name, load = html.escape(summary["name"]), html.escape(summary["load"])
    return "\n".join([
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{name}: {verdict}</title><style>{STYLE}</style></head><body><main>",
        f'<div class="verdict {verdict}">{verdict.upper()}</div><h1>{html.escape(summary["model"])}</h1>',
        f'<p class="soft">Load test {name}: {load}, {summary["elapsedSeconds"]:.0f} s</p>',
        *(f'<div class="trouble">{html.escape(trouble)}</div>' for trouble in summary["troubles"]),
        cards(summary),
        *(f"<section><h2>{title}</h2>{body}</section>" for title, body in sections.items() if body),
        "</main></body></html>",
        "",
    ])
