"""The page of a load test: Locust's own report, with the verdict and what only this project measures on top."""

import html
import re
from collections.abc import Iterable
from typing import Any

from locust.html import get_html_report
from report import METRICS, seconds

# Locust's scripts draw into this element and leave alone what is beside it.
DRAWN = '<div id="root"></div>'
# They lead to files that a page in a bucket has not beside it.
ICONS = re.compile(r'<link rel="shortcut icon"[^>]*>')
PERCENTILES = ("p50", "p95", "p99", "mean", "max")

STYLE = """
.test{box-sizing:border-box;max-width:1200px;margin:32px auto 0;padding:0 24px}
.test{font:15px/1.5 Roboto,Helvetica,Arial,sans-serif;color:#1d2530}
.test h1,.test p{overflow-wrap:anywhere}
.test h1{font-size:24px;line-height:1.3;margin:0}
.test h2{font-size:17px;margin:24px 0 4px}
.test p{margin:4px 0}
.test .soft{color:#5c6878}
.test .verdict{display:inline-block;color:#fff;border-radius:6px;padding:2px 12px;margin:0 8px 0 0;font-size:17px;vertical-align:middle}
.test .passed{background:#0d7d4d}
.test .failed{background:#c02b2b}
.test .trouble{border-left:4px solid #c02b2b;background:#fbeeee;padding:8px 14px;margin:12px 0}
.test .held{color:#0d7d4d;font-weight:600}
.test .missed{color:#c02b2b;font-weight:600}
.test div{overflow-x:auto}
.test table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.test th{text-align:left;font-weight:500;color:#5c6878}
.test td,.test th{padding:5px 24px 5px 0;border-bottom:1px solid #dde3ea;vertical-align:top}
.test .beside{display:flex;flex-wrap:wrap;gap:0 64px}
.test .bar{display:inline-block;height:14px;background:#2c6ecb;border-radius:2px;vertical-align:middle}
.test .number{text-align:right;white-space:nowrap}
"""


def cell(tag: str, text: str, kind: str = "") -> str:
    return f'<{tag} class="{kind}">{html.escape(text)}</{tag}>'


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Columns are cells of HTML, and so is what is in the rows; a table without rows is none."""
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<h2>{title}</h2><div><table><tr>{''.join(columns)}</tr>{body}</table></div>" if body else ""


def thresholds(summary: dict[str, Any]) -> str:
    def row(threshold: dict[str, Any]) -> list[str]:
        kind = "held" if threshold["held"] else "missed"
        return [*(cell("td", threshold[name]) for name in ("name", "asked", "got")), cell("td", kind, kind)]

    rows = map(row, summary["thresholds"])
    return table("Thresholds", (cell("th", name) for name in ("", "asked", "measured", "")), rows)


def latency(summary: dict[str, Any]) -> str:
    if not summary["requests"]["answered"]:
        return ""
    rows = [
        [cell("td", title), *(cell("td", seconds(summary["seconds"][name][column]), "number") for column in PERCENTILES)]
        for name, title in METRICS.items()
    ]
    return table("Latency", (cell("th", ""), *(cell("th", column, "number") for column in PERCENTILES)), rows)


def bar(row: dict[str, Any], most: int) -> str:
    return f'<td><span class="bar" style="width:{250 * row["answers"] / most:.0f}px"></span></td>'


def distribution(summary: dict[str, Any]) -> str:
    """The whole answers as `hey` shows them."""
    shown = summary["distribution"]
    if shown is None:
        return ""
    ends = " · ".join(f"{name} {seconds(shown[name])}" for name in ("fastest", "mean", "slowest"))
    most = max(row["answers"] for row in shown["histogram"])
    histogram = [
        [cell("td", f"up to {seconds(row['upToSeconds'])}", "number"), cell("td", f"{row['answers']:,}", "number"), bar(row, most)]
        for row in shown["histogram"]
    ]
    shares = [
        [cell("td", f"{name[1:]} %", "number"), cell("td", f"in {seconds(value)}", "number")]
        for name, value in shown["percentiles"].items()
    ]
    return "".join([
        '<div class="beside"><section class="histogram">',
        table("Whole answers", (cell("th", "time", "number"), cell("th", "answers", "number"), cell("th", "")), histogram),
        f'<p class="soft">{ends} · {summary["perSecond"]["requests"]:,.2f} requests/s</p></section><section class="percentiles">',
        table("Latency distribution", (cell("th", "answers", "number"), cell("th", "time", "number")), shares), "</section></div>",
    ])


def errors(summary: dict[str, Any]) -> str:
    rows = [
        [cell("td", row["kind"]), cell("td", f"{row['count']:,}", "number"), cell("td", f"{row['firstAtSeconds']:.1f} s", "number"),
         cell("td", row["example"])]
        for row in summary["errors"]
    ]
    head = (cell("th", "kind"), cell("th", "requests", "number"), cell("th", "first after", "number"), cell("th", "example"))
    return table("Errors", head, rows)


def facts(summary: dict[str, Any]) -> str:
    requests, tokens, speed, workers = (summary[name] for name in ("requests", "tokens", "perSecond", "workers"))
    late = f", {requests['late']:,} not sent in time" if requests["late"] else ""
    busiest = f"; the busiest used {workers['busiestCpuPercent']:.0f} % of a CPU" if workers["busiestCpuPercent"] else ""
    rows = {
        "Load": summary["load"],
        "Prompts": summary["prompts"],
        "Requests": f"{requests['sent']:,} sent, {requests['answered']:,} answered ({speed['requests']:,.2f}/s),"
                    f" {requests['failed']:,} failed{late}",
        "Tokens": f"{tokens['in']:,} in ({speed['tokensIn']:,.1f}/s), {tokens['out']:,} out ({speed['tokensOut']:,.1f}/s)",
        "Workers": f"{workers['reported']} of {workers['asked']} reported to the end{busiest}",
        "Run": f"{summary['run']}, {summary['startedAt']}",
    }
    return table("The test", (), ([cell("th", name), cell("td", text)] for name, text in rows.items()))


def verdict(summary: dict[str, Any]) -> str:
    kind = "passed" if summary["passed"] else "failed"
    return "".join([
        f'<style>{STYLE}</style><main class="test">',
        f'<h1><span class="verdict {kind}">{kind.upper()}</span> {html.escape(summary["model"])}</h1>',
        f'<p class="soft">Load test {html.escape(summary["name"])}, {summary["elapsedSeconds"]:.0f} s</p>',
        *(f'<p class="trouble">{html.escape(trouble)}</p>' for trouble in summary["troubles"]),
        thresholds(summary), latency(summary), distribution(summary), errors(summary), facts(summary), "</main>",
    ])


def report_html(environment: Any, summary: dict[str, Any]) -> str:
    """One file that asks for nothing else."""
    before, drawn, after = ICONS.sub("", get_html_report(environment, show_download_link=False)).partition(DRAWN)
    return f"{before}{verdict(summary)}{drawn}{after}"
